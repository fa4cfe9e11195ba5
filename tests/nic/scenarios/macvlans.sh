# What stands on bond0 with a MAC of its own: macvlan, a VLAN with another MAC; after a failover, and gone again.
# slow
lab 2
bond mode active-backup miimon 100
becomes_active eth0
section "a macvlan"
macvlan_above
answers 10 192.0.2.2 mac0
knows_unicast 00:00:5e:00:53:71 eth0
pull 0
becomes_active eth1
answers 10 192.0.2.2 mac0
knows_unicast 00:00:5e:00:53:71 eth1
plug 0
linked eth0
settle 0.4
ip link del mac0
settle 0.5
knows_unicast 00:00:5e:00:53:71 eth0 eth1
section "a VLAN with a MAC of its own"
peer_vlan 100 198.51.100.2
ip link add link bond0 name bond0.100 address 00:00:5e:00:53:72 type vlan id 100
ip addr add 198.51.100.1/24 dev bond0.100
ip link set bond0.100 up
answers 10 198.51.100.2
knows_unicast 00:00:5e:00:53:72 eth1
section "what was told is taken back when the bond goes"
unbond
settle 0.5
knows_unicast 00:00:5e:00:53:72 eth0 eth1
promiscuous eth0 eth1
