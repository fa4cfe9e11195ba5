# Slaves of unequal features, and IPv6: large segments cross a slave without TSO, without checksums, without
# scatter-gather.
# slow
lab 2
ipv6_on
unequal() {
  section "eth0 with $1 off"
  quietly ethtool -K eth0 "$1" off
  bond mode "$2" miimon 100
  address
  quietly ip addr add 2001:db8::1/64 dev bond0 nodad
  settle 1
  transfers 192.0.2.2
  transfers 2001:db8::2
  pull 1
  settle 0.6
  transfers 192.0.2.2
  pull 0
  plug 1
  settle 1.2
  transfers 2001:db8::2
  plug 0
  unbond
  quietly ethtool -K eth0 "$1" on
}
unequal tso active-backup
unequal tx active-backup
unequal sg balance-rr
