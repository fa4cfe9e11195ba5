# Bonds of one name in two namespaces: each has its own slaves, options and fate.
lab 2
for n in 8 9; do quietly ip -n peer link add "eth$n" address "00:00:5e:00:53:8$n" type veth peer name "far$n"; done
for n in 8 9; do quietly ip -n peer link set "far$n" up; done
bond mode active-backup miimon 100
ip -n peer link add bond0 type bond mode balance-rr miimon 100
ip -n peer link set eth8 master bond0
ip -n peer link set eth9 master bond0
ip -n peer link set bond0 up
settle 0.4
see
see_in peer bond0
section "a link in one of them"
quietly ip -n peer link set far8 down
settle 0.4
see
see_in peer bond0
section "an option in one of them"
ip -n peer link set bond0 type bond resend_igmp 3
ip -n peer -j -d link show bond0
ip -j -d link show bond0
section "one is deleted"
ip -n peer link del bond0
settle 0.2
see
becomes_active eth0
pull 0
becomes_active eth1 0 1000
