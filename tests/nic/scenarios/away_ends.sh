# The namespace in which a bond keeps its slaves ends, and the one that the bond belongs to.
# slow
. "$TOP/tests/nic/guest/away.sh"
lab 2
peer_vlan 100 198.51.100.2
used_before
section "its name is deleted while the daemon runs"
away_bond mode active-backup miimon 100
address
becomes_active eth0
answers 10 192.0.2.2
loses_at_most 100 3 delete_name
are_slaves eth0 eth1
answers 10 192.0.2.2
section "and while there is none"
vlan_above
answers 10 198.51.100.2
daemon_dies
own_namespace_ends
daemon_returns
no_bond
are_back eth0 eth1
as_it_was eth0 eth1
takes_vlan eth0 100
section "the next bond of them"
away_bond mode active-backup miimon 100
quietly ip addr add 192.0.2.1/24 dev bond0
neighbour
becomes_active eth0
answers 10 192.0.2.2
ip link del bond0
no_bond
as_it_was eth0 eth1
