# Which slave sends how many frames, and what bond0 counts, mode by mode.
lab 2
counted() {
  section "$*"
  bond mode "$@"
  address
  settle 0.8
  pings 12
  pull 0
  settle 0.6
  pings 6
  plug 0
  settle 0.6
  see
  unbond
}
counted balance-rr miimon 100
counted balance-rr miimon 100 packets_per_slave 3
counted active-backup miimon 100
counted balance-xor miimon 100
counted broadcast miimon 100
