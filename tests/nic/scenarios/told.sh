# What cards were told of outlives the daemon, and what goes while there is none is taken back by the next one.
# slow
lab 2
peer_vlan 100 198.51.100.2
group=01:00:5e:00:53:53
bond mode active-backup miimon 100
becomes_active eth0
vlan_above
macvlan_above
ip maddr add $group dev bond0
settle 0.6
knows_unicast 00:00:5e:00:53:71 eth0
hears_group $group eth0
section "the daemon is killed"
daemon_dies
answers 10 198.51.100.2
answers 10 192.0.2.2 mac0
section "a macvlan and a group go while there is none"
recorded /sbin/ip link del mac0
recorded /sbin/ip maddr del $group dev bond0
daemon_returns
settle 0.8
knows_unicast 00:00:5e:00:53:71 eth0 eth1
hears_group $group eth0 eth1
answers 10 198.51.100.2
section "killed at once after a macvlan came"
ip link add link bond0 name mac0 address 00:00:5e:00:53:71 type macvlan mode bridge
daemon_dies
daemon_returns
ip addr add 192.0.2.7/24 dev mac0
ip link set mac0 up
settle 0.8
answers 10 192.0.2.2 mac0
section "a failover by the next daemon"
pull 0
becomes_active eth1
answers 10 198.51.100.2
answers 10 192.0.2.2 mac0
plug 0
linked eth0
settle 0.4
section "nothing is left"
unbond
settle 0.4
knows_unicast 00:00:5e:00:53:71 eth0 eth1
hears_group $group eth0 eth1
promiscuous eth0 eth1
