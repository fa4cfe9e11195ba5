# Choosing the active slave by hand, and prio.
lab 3
bond mode active-backup miimon 100
becomes_active eth0
ip link set bond0 type bond active_slave eth2
becomes_active eth2 0 1000
see
ip link set bond0 type bond active_slave eth2
pull 2
becomes_active eth0 0 1000
section "not one without carrier, not one that is not a slave"
ip link set bond0 type bond active_slave eth2
stays_active eth0 300
ip link set bond0 type bond active_slave lo
ip link set bond0 type bond active_slave nothing
plug 2
stays_active eth0 400
section "none: the choice is the bond's again"
ip link set bond0 type bond active_slave eth1
becomes_active eth1 0 1000
ip link set bond0 type bond clear_active_slave
settle 0.3
see
unbond

section "prio"
bond mode active-backup miimon 100
ip link set eth2 type bond_slave prio 10
settle 0.2
see
ip link set eth1 type bond_slave prio 5
settle 0.2
see
pull 2
becomes_active eth1 0 1000
plug 2
becomes_active eth2 0 1000
ip link set eth2 type bond_slave prio -1
settle 0.2
see
ip link set bond0 type bond primary eth0
settle 0.2
see
unbond

section "prio under primary_reselect failure"
bond mode active-backup miimon 100 primary_reselect failure
ip link set eth2 type bond_slave prio 10
settle 0.2
see
pull 0
settle 0.4
see
plug 0
settle 0.4
see
