# What containers have on bond0: a VLAN made in another namespace, and a macvlan there, which the switch must find again
# after a failover without a word from it.
# slow
lab 2
peer_vlan 100 198.51.100.2
bond mode active-backup miimon 100
becomes_active eth0
quietly ip netns add guest
section "a VLAN"
ip link add link bond0 name vlan0 netns guest type vlan id 100
quietly ip -n guest addr add 198.51.100.1/24 dev vlan0
quietly ip -n guest link set vlan0 up
settle 8
step ping from it
command ip netns exec guest $PING 10 198.51.100.2 >>"$TRANSCRIPT" 2>&1
section "a macvlan"
ip link add link bond0 name mac0 address 00:00:5e:00:53:76 netns guest type macvlan mode bridge
quietly ip -n guest addr add 192.0.2.8/24 dev mac0
quietly ip -n guest link set mac0 up
settle 1
step ping from it
command ip netns exec guest $PING 10 192.0.2.2 >>"$TRANSCRIPT" 2>&1
ip link set bond0 type bond active_slave eth1
settle 2
step ping to it
command ip netns exec peer $PING 5 192.0.2.8 >>"$TRANSCRIPT" 2>&1
quietly ip netns del guest
unbond
