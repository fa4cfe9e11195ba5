# updelay and downdelay: what they wait for, and when they do not. Long ones: an emulated machine is slow to act.
lab 2
bond mode active-backup miimon 100 updelay 2000 downdelay 2000 primary eth0
address
settle 2.5
see
section "downdelay"
pull 0
settle 0.3
see
becomes_active eth1 1950 4000
see
section "updelay"
plug 0
settle 0.3
see
becomes_active eth0 1950 4500
see
section "a link that comes back within downdelay has not failed"
pull 0
settle 0.3
plug 0
stays_active eth0 2400
see
section "a link that goes within updelay"
pull 1
settle 2.6
plug 1
settle 0.3
pull 1
settle 0.3
see
plug 1
settle 2.6
see
section "updelay is ignored when no slave is up"
pull 0 1
becomes_active None 1950 4000
settle 0.3
plug 1
becomes_active eth1 0 1500
see
settle 0.2
plug 0
settle 2.6
see
unbond

section "rounded to miimon"
ip link add bond0 type bond mode balance-rr miimon 100 updelay 250 downdelay 199
see
ip link set bond0 type bond updelay 349
see
ip link set bond0 type bond miimon 60
see
ip link del bond0
