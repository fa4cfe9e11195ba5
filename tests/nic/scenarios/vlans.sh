# VLANs on bond0: there before the slaves and made after, after a failover and back, gone again.
# slow
lab 2
peer_vlan 100 198.51.100.2
peer_vlan 200 203.0.113.2
section "made before the slaves come"
ip link add bond0 type bond mode active-backup miimon 100
ip link add link bond0 name bond0.100 type vlan id 100
ip addr add 198.51.100.1/24 dev bond0.100
for slave in eth0 eth1; do
  ip link set $slave master bond0
  linked $slave
done
ip link set bond0 up
ip link set bond0.100 up
becomes_active eth0
answers 10 198.51.100.2
section "made after"
ip link add link bond0 name bond0.200 type vlan id 200
ip addr add 203.0.113.1/24 dev bond0.200
ip link set bond0.200 up
answers 10 203.0.113.2
section "after a failover"
pull 0
becomes_active eth1
answers 10 198.51.100.2
answers 10 203.0.113.2
plug 0
linked eth0
settle 0.4
section "back"
ip link set bond0 type bond active_slave eth0
answers 10 198.51.100.2
promiscuous eth0 eth1
section "a slave that comes late"
ip link set eth0 nomaster
ip link set eth1 nomaster
ip link set eth0 master bond0
becomes_active eth0
answers 10 203.0.113.2
ip link del bond0.100
ip link del bond0.200
unbond
