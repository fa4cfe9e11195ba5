# Who is active in balance-tlb and balance-alb: primary, reselect, delays.
lab 2
for mode in balance-tlb balance-alb; do
  section "$mode"
  bond mode $mode miimon 100 primary eth1
  becomes_active eth1
  pull 1
  becomes_active eth0
  plug 1
  becomes_active eth1
  see
  unbond
  section "$mode, primary_reselect failure, updelay"
  bond mode $mode miimon 100 primary eth1 primary_reselect failure updelay 500
  settle 1
  pull 1
  becomes_active eth0
  plug 1
  stays_active eth0 1500
  see
  pull 0
  becomes_active eth1
  pull 1
  becomes_active None
  carrier
  plug 0
  becomes_active eth0
  unbond
done
