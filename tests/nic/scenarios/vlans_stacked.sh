# A VLAN in a VLAN, and 802.1ad, on bond0.
# slow
lab 2
peer_vlan 300 198.51.100.2
peer_vlan 7 203.0.113.2 802.1q net0.300
peer_vlan 400 198.18.4.2 802.1ad
bond mode active-backup miimon 100
becomes_active eth0
# inner_answers : by a tag in a tag, which only some of the emulated cards send.
inner_answers() {
  case $CARDS in
    e1000e | vmxnet3) ;;  # QEMU 7.2 takes the inner tag away on the way out
    *) answers 10 203.0.113.2 ;;
  esac
}
section "802.1Q in 802.1Q"
ip link add link bond0 name bond0.300 type vlan id 300
ip link set bond0.300 up
ip link add link bond0.300 name inner type vlan id 7
ip addr add 203.0.113.1/24 dev inner
ip link set inner up
inner_answers
section "802.1ad"
ip link add link bond0 name bond0.400 type vlan protocol 802.1ad id 400
ip addr add 198.18.4.1/24 dev bond0.400
ip link set bond0.400 up
answers 10 198.18.4.2 bond0.400
pull 0
becomes_active eth1
inner_answers
answers 10 198.18.4.2 bond0.400
ip link del bond0.300
ip link del bond0.400
unbond
