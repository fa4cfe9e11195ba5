# The active card is pulled out of the machine under 1000 frames a second, with a VLAN and a macvlan in use, and put
# back.
# slow
lab 2
peer_vlan 100 198.51.100.2
bond mode active-backup miimon 100
address
vlan_above
macvlan_above
becomes_active eth0
answers 10 198.51.100.2
answers 10 192.0.2.2 mac0
loses_at_most 2000 5 unplug 0
becomes_active eth1
answers 10 198.51.100.2
answers 10 192.0.2.2 mac0
section "put back"
replug 0
ip link set eth0 master bond0
linked eth0
settle 0.4
see_link eth0
section "and used"
pull 1
becomes_active eth0
answers 10 198.51.100.2
answers 10 192.0.2.2 mac0
plug 1
ip link del mac0
ip link del bond0.100
unbond
