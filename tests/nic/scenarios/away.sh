# A bond whose slaves are away, in a namespace of its own: frames, what cards are told, a cable that is pulled, MTU, and
# how each card comes back.
# slow
. "$TOP/tests/nic/guest/away.sh"
lab 2
peer_vlan 100 198.51.100.2
group=01:00:5e:00:53:53
used_before
away_bond mode active-backup miimon 100
address
are_slaves eth0 eth1
becomes_active eth0
answers 10 192.0.2.2
reached 192.0.2.1
see_card eth0 eth1
section "promiscuity, VLAN, macvlan, group"
ip link set bond0 promisc on
promiscuous eth0
ip link set bond0 promisc off
promiscuous eth0 eth1
vlan_above
macvlan_above
ip maddr add $group dev bond0
answers 10 198.51.100.2
answers 10 192.0.2.2 mac0
knows_unicast 00:00:5e:00:53:71 eth0
hears_group $group eth0
promiscuous eth0
section "a cable"
loses_at_most 500 3 pull 0
becomes_active eth1
answers 10 198.51.100.2
answers 10 192.0.2.2 mac0
plug 0
linked eth0
settle 0.4
activate eth0
becomes_active eth0
answers 10 198.51.100.2
section "MTU"
for mtu in 1400 1500; do
  ip link set bond0 mtu $mtu
  linked eth0 eth1
  settle 0.4
  see_card eth0 eth1
done
activate eth0
becomes_active eth0
answers 10 192.0.2.2
section "one is released, and taken again"
release eth0
are_back eth0
as_it_was eth0
takes_vlan eth0 100
becomes_active eth1
answers 10 198.51.100.2
enslave eth0
are_slaves eth0 eth1
pull 1
becomes_active eth0
answers 10 198.51.100.2
plug 1
section "the bond is deleted"
ip link del bond0
no_bond
are_back eth0 eth1
as_it_was eth0 eth1
takes_vlan eth0 100
takes_vlan eth1 100
