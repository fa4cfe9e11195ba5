# The primary slave under each primary_reselect.
lab 3
for reselect in always better failure; do
  section "primary_reselect $reselect"
  bond mode active-backup miimon 100 primary eth1 primary_reselect $reselect
  becomes_active eth1
  pull 1
  becomes_active eth0 0 1000
  plug 1
  settle 0.5
  see
  section "it is said again while another is active"
  ip link set bond0 type bond primary eth2
  settle 0.3
  see
  pull 0 1
  settle 0.4
  see
  plug 0 1
  settle 0.4
  see
  section "all go, the primary comes back last"
  pull 0 1 2
  becomes_active None 0 1000
  plug 0
  becomes_active eth0 0 1000
  plug 1 2
  settle 0.5
  see
  unbond
done

section "a primary that is not there yet"
ip link add bond0 type bond mode active-backup miimon 100 primary eth2
ip link set eth0 master bond0
ip link set bond0 up
becomes_active eth0
ip link set eth2 master bond0
becomes_active eth2
ip link set eth2 nomaster
becomes_active eth0
see
