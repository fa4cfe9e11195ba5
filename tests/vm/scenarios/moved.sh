# Slaves that are moved: to another bond, to a bridge, to another namespace, and back.
lab 3
section "to another bond"
bond mode active-backup miimon 100
ip link add bond1 type bond mode balance-rr miimon 100
ip link set eth0 master bond1
settle 0.3
see bond0
see bond1
ip link del bond1
see_link eth0
section "to a bridge"
ip link add br7 type bridge
ip link set eth1 master br7
settle 0.3
see bond0
ip link del br7
section "to another namespace"
ip link set eth2 netns peer
settle 0.3
see bond0
carrier
step the MAC it has there
note "$(command ip -n peer -j link show eth2 | sed 's/.*"address":"\([^"]*\)".*/\1/')"
ip link del bond0
