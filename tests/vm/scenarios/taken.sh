# Interfaces that cannot be enslaved: another device takes their frames, here or from another namespace.
lab 3
ip link add bond0 type bond mode active-backup miimon 100
quietly ip link add link eth0 name mac0 type macvlan
ip link set eth0 master bond0
quietly ip link set mac0 netns peer
ip link set eth0 master bond0
quietly ip -n peer link del mac0
ip link set eth0 master bond0
quietly ip link add link eth2 name ipv0 type ipvlan mode l2
ip link set eth2 master bond0
quietly ip link del ipv0
ip link set eth2 master bond0
see bond0
unbond
