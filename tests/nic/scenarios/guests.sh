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
command ip netns exec guest ping -n -q -c 10 -i 0.05 -W 2 198.51.100.2 2>&1 | answered
section "a macvlan"
ip link add link bond0 name mac0 address 00:00:5e:00:53:76 netns guest type macvlan mode bridge
quietly ip -n guest addr add 192.0.2.8/24 dev mac0
quietly ip -n guest link set mac0 up
settle 1
step ping from it
command ip netns exec guest ping -n -q -c 10 -i 0.05 -W 2 192.0.2.2 2>&1 | answered
ip link set bond0 type bond active_slave eth1
settle 2
step ping to it
command ip netns exec peer ping -n -q -c 5 -i 0.1 -W 1 192.0.2.8 2>&1 | answered
quietly ip netns del guest
unbond
