# The ARP monitor in balance-rr and balance-xor, where a slave is up as long as it sends and receives: paths cut and
# mended, the target gone.
# slow
lab 2
for mode in balance-rr balance-xor; do
  section "$mode"
  failures_before=()
  bond mode $mode arp_interval 100 arp_ip_target 192.0.2.2
  address
  slave_becomes 0 up
  slave_becomes 1 up
  settle 1.5
  statuses 500
  section "$mode: one path"
  cut 0
  slave_becomes 0 down 0 3000
  statuses 500
  carrier
  reaches
  mend 0
  slave_becomes 0 up
  section "$mode: both paths"
  cut 0 1
  becomes_carrier 0 0 4000
  statuses 500
  mend 1
  slave_becomes 1 up
  becomes_carrier 1 0 3000
  mend 0
  slave_becomes 0 up
  settle 0.5
  reaches
  section "$mode: a cable"
  pull 1
  slave_becomes 1 down 0 3000
  plug 1
  slave_becomes 1 up
  section "$mode: the uplink"
  uplink down
  settle 1.5
  uplink up
  slave_becomes 0 up
  slave_becomes 1 up
  settle 0.5
  reaches
  unbond
done
