# A VLAN in a VLAN, and 802.1ad, on bond0.
# slow
lab 2
peer_vlan 300 198.51.100.2
peer_vlan 7 203.0.113.2 802.1q net0.300
peer_vlan 400 198.18.4.2 802.1ad
bond mode active-backup miimon 100
becomes_active eth0
# sent WHAT COMMAND... : carries it out unless QEMU 7.2's card takes that tag away: e1000e an inner one, vmxnet3 all but
# a lone 802.1Q tag.
sent() {
  case $CARDS-$1 in
    e1000e-inner | vmxnet3-*) ;;
    *) "${@:2}" ;;
  esac
}
section "802.1Q in 802.1Q"
ip link add link bond0 name bond0.300 type vlan id 300
ip link set bond0.300 up
ip link add link bond0.300 name inner type vlan id 7
ip addr add 203.0.113.1/24 dev inner
ip link set inner up
sent inner answers 10 203.0.113.2
section "802.1ad"
ip link add link bond0 name bond0.400 type vlan protocol 802.1ad id 400
ip addr add 198.18.4.1/24 dev bond0.400
ip link set bond0.400 up
sent 802.1ad answers 10 198.18.4.2 bond0.400
pull 0
becomes_active eth1
sent inner answers 10 203.0.113.2
sent 802.1ad answers 10 198.18.4.2 bond0.400
ip link del bond0.300
ip link del bond0.400
unbond
