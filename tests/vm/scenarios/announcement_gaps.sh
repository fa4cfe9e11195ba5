# Gratuitous ARPs and NAs on the wire: how many, and how far apart, as num_grat_arp and peer_notif_delay say.
# slow
lab 2
ipv6_on
failover_with() {
  section "$*"
  bond mode active-backup miimon 100 "${@:3}"
  address
  quietly ip addr add 2001:db8::1/64 dev bond0 nodad
  settle 1.5
  hears "$1" "$2" pull 0
  unbond
}
failover_with 4 0.5 num_grat_arp 1
failover_with 6 1 num_grat_arp 3 peer_notify_delay 1000
failover_with 8 0.5 num_grat_arp 5 peer_notify_delay 500
failover_with 4 1 num_grat_arp 3
failover_with 4 1 num_grat_arp 0 peer_notify_delay 500

section "by hand"
bond mode active-backup miimon 100 num_grat_arp 3 peer_notify_delay 1000
address
settle 1.5
hears 6 1 ip link set bond0 type bond active_slave eth1
unbond
