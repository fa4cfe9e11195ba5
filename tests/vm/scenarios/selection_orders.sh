# Who is active under each primary_reselect when links go and come back in other orders: the primary between others,
# last, with prio.
# slow
lab 3
for reselect in always better failure; do
  section "primary_reselect $reselect"
  bond mode active-backup miimon 100 primary eth1 primary_reselect $reselect
  becomes_active eth1
  section "a backup goes first, then the primary; the primary is back first"
  pull 2
  stays_active eth1 300
  pull 1
  becomes_active eth0 0 1000
  plug 1
  settle 0.5
  see
  plug 2
  settle 0.5
  see
  section "all go, the primary first; the others come back before it"
  pull 1
  settle 0.4
  pull 0
  settle 0.4
  pull 2
  becomes_active None 0 1000
  carrier
  plug 2
  becomes_active eth2 0 1000
  plug 0
  stays_active eth2 400
  plug 1
  settle 0.5
  see
  section "the one that took over goes too"
  pull 2
  settle 0.4
  see
  plug 2
  settle 0.4
  see
  section "the primary flaps while it is not the active one"
  ip link set bond0 type bond active_slave eth2
  settle 0.3
  see
  pull 1
  settle 0.4
  plug 1
  settle 0.5
  see
  unbond
  section "no primary, but prio"
  bond mode active-backup miimon 100 primary_reselect $reselect
  ip link set eth2 type bond_slave prio 4
  ip link set eth0 type bond_slave prio 9
  settle 0.3
  see
  pull 0
  settle 0.4
  see
  plug 0
  settle 0.4
  see
  unbond
done
