# min_links and the carrier of bond0, as every mode has it.
lab 2
for mode in balance-rr active-backup 802.3ad; do
  section "$mode"
  bond mode $mode miimon 100 min_links 2
  # Two ports that hear no partner are in two aggregators.
  if [ $mode = 802.3ad ]; then becomes_carrier 1 0 1500 or_not; else becomes_carrier 1 0 1500; fi
  see_link bond0
  pull 1
  settle 0.4
  carrier
  see_link bond0
  ip link set bond0 type bond min_links 1
  settle 0.3
  carrier
  ip link set bond0 type bond min_links 0
  pull 0
  settle 0.4
  carrier
  see_link bond0
  plug 0
  becomes_carrier 1 0 1000
  unbond
done

section "no slaves, then one"
ip link add bond0 type bond mode active-backup miimon 100
ip link set bond0 up
settle 0.2
carrier
see_link bond0
ip link set eth0 master bond0
becomes_carrier 1 0 1000
ip link set eth0 nomaster
settle 0.2
carrier
see_link bond0
