# What cards cannot do: an MTU that is too large, frames merged on reception; and names that interfaces have beside
# their own.
# slow
lab 2
quietly ip link property add dev eth1 altname enp0s31f6-the-second-port
section "names"
ip link add bond0 type bond mode active-backup miimon 100 primary enp0s31f6-the-second-port
ip link set eth0 master bond0
linked eth0
ip link set enp0s31f6-the-second-port master bond0
linked eth1
ip link set bond0 up
address
becomes_active eth1
ip link set bond0 type bond active_slave eth0
becomes_active eth0
ip link set bond0 type bond active_slave enp0s31f6-the-second-port
becomes_active eth1
answers 5 192.0.2.2
section "merging (LRO) is off"
for slave in eth0 eth1; do
  step lro of $slave
  command ethtool -k $slave | grep -c '^large-receive-offload: on' >>"$TRANSCRIPT"
done
section "MTU"
for mtu in 1400 4000 9000; do
  ip link set bond0 mtu $mtu
  linked eth0 eth1  # e1000e begins anew with its link
  settle 0.4
  see_link bond0 eth0 eth1
done
ip link set bond0 mtu 1500
linked eth0 eth1
settle 0.4
answers 5 192.0.2.2
unbond
see_link eth0 eth1
