# The active card is pulled out of the machine under 1000 frames a second, with a VLAN and a macvlan in use, and put
# back: of a bond that has its slaves beside it, and of one whose slaves are away.
# slow
. "$TOP/tests/nic/guest/away.sh"
lab 2
peer_vlan 100 198.51.100.2
for bond in bond away_bond; do
  section $bond
  $bond mode active-backup miimon 100
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
  retake eth0
  are_slaves eth0 eth1
  settle 0.4
  see_card eth0 eth1
  section "and used"
  pull 1
  becomes_active eth0
  answers 10 198.51.100.2
  answers 10 192.0.2.2 mac0
  plug 1
  ip link del mac0
  ip link del bond0.100
  ip link del bond0
  no_bond
  are_back eth0 eth1
  see_card eth0 eth1
done
