# Gratuitous ARPs and unsolicited NAs on the wire: how many, and on which slave.
lab 2
ipv6_on
failover_with() {
  section "$*"
  bond mode active-backup miimon 100 "$@"
  address
  quietly ip addr add 2001:db8::1/64 dev bond0 nodad
  settle 1.5
  watch_wire
  pull 0
  becomes_active eth1 0 1000
  settle 2
  see_wire
  unbond
}
failover_with num_grat_arp 1
failover_with num_grat_arp 4
