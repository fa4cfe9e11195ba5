# The daemon of a bond whose slaves are away is killed, and what happens to the bond and its cards meanwhile is for the
# next one.
# slow
. "$TOP/tests/nic/guest/away.sh"
lab 2
peer_vlan 100 198.51.100.2
used_before
away_bond mode active-backup miimon 100
address
vlan_above
macvlan_above
becomes_active eth0
answers 10 198.51.100.2
answers 10 192.0.2.2 mac0
section "the daemon is killed"
daemon_dies
answers 10 198.51.100.2
answers 10 192.0.2.2 mac0
reached 192.0.2.1
recorded /sbin/ip link del mac0
daemon_returns
are_slaves eth0 eth1
settle 0.8
knows_unicast 00:00:5e:00:53:71 eth0 eth1
answers 10 198.51.100.2
section "a cable is pulled while there is none"
daemon_dies
pull 0
daemon_returns
becomes_active eth1 0 9000
answers 10 198.51.100.2
plug 0
linked eth0
settle 0.4
section "a card is pulled out while there is none"
daemon_dies
unplug 1
daemon_returns
becomes_active eth0 0 9000
answers 10 198.51.100.2
section "and put back while there is none"
daemon_dies
replug 1
daemon_returns
retake eth1
are_slaves eth0 eth1
activate eth1
becomes_active eth1
answers 10 198.51.100.2
section "the bond is deleted while there is none"
daemon_dies
recorded /sbin/ip link del bond0
daemon_returns
no_bond
are_back eth0 eth1
as_it_was eth0
