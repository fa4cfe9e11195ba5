# Up to 32 slaves: taken in order, losing half of them at once, all of them, getting them back.
# slow
lab 32
for mode in balance-rr active-backup balance-xor; do
  section "$mode"
  bond mode $mode miimon 100
  address
  settle 1
  pings 64
  see
  pull {0..15}
  settle 0.6
  see
  reaches
  pull {16..31}
  settle 0.6
  carrier
  plug 31
  becomes_carrier 1 0 1000
  plug 30
  settle 1.2
  reaches
  plug {0..29}
  settle 1.2
  see
  unbond
done
