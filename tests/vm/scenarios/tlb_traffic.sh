# balance-tlb, traffic to many clients: both slaves carry, a pulled cable's part goes by the other, and comes back.
# slow
. "$words/words/balance.sh"
lab 2
for dynamic in 1 0; do
  section "tlb_dynamic_lb $dynamic"
  bond mode balance-tlb miimon 100 tlb_dynamic_lb $dynamic
  address
  clients 24
  sends_to 24 24
  pull 1
  becomes_active eth0
  sends_to 24 4
  plug 1
  settle 0.5
  sends_to 24 24
  pull 0
  becomes_active eth1
  sends_to 24 4
  reaches
  unbond
done
