# Active-backup: who carries, when the cables of two slaves go and come back in any order.
lab 2
ip link add bond0 type bond mode active-backup miimon 100
ip link set eth0 master bond0
ip link set eth1 master bond0
ip link set bond0 up
address
becomes_active eth0
reaches
see
see_link bond0 eth0 eth1

section the active one goes
pull 0
becomes_active eth1 0 1000
reaches
see
plug 0
stays_active eth1 600
see

section both go, the one that went first comes back first
pull 1
becomes_active eth0 0 1000
pull 0
becomes_active None 0 1000
becomes_carrier 0
see
plug 1
becomes_active eth1 0 1000
becomes_carrier 1
plug 0
stays_active eth1 600
reaches
see
see_link bond0 eth0 eth1
