# Gratuitous ARPs and unsolicited NAs on the wire under more options, by hand, and in modes that send none.
# slow
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
failover_with num_grat_arp 0
failover_with num_unsol_na 3
failover_with num_grat_arp 3 peer_notify_delay 500
failover_with num_grat_arp 2 fail_over_mac active

section "by hand"
bond mode active-backup miimon 100 num_grat_arp 2
address
settle 1
watch_wire
ip link set bond0 type bond active_slave eth1
settle 1
see_wire
unbond

section "modes that announce nothing at a failover"
for mode in balance-rr balance-xor broadcast; do
  bond mode $mode miimon 100
  address
  settle 0.5
  watch_wire
  pull 0
  settle 1
  see_wire
  unbond
done
