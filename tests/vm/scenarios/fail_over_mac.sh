# Which MAC bond0 and its slaves have under each fail_over_mac, and after a failover.
lab 2
for policy in none active follow; do
  section "fail_over_mac $policy"
  bond mode active-backup miimon 100 fail_over_mac $policy
  address
  see_link bond0 eth0 eth1
  pull 0
  becomes_active eth1 0 1000
  settle 0.2
  see_link bond0 eth0 eth1
  neighbour
  reaches
  plug 0
  settle 0.4
  ip link set bond0 type bond active_slave eth0
  settle 0.3
  see_link bond0 eth0 eth1
  section "bond0 is given another MAC"
  ip link set bond0 address 00:00:5e:00:53:77
  settle 0.2
  see_link bond0 eth0 eth1
  ip link set eth0 nomaster
  settle 0.2
  see_link bond0 eth0 eth1
  unbond
  see_link eth0 eth1
done
