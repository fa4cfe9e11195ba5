# IGMP and MLD reports after a failover: how many of each, and how far apart, as resend_igmp says.
# slow
lab 2
ipv6_on
for times in 0 1 4; do
  section "resend_igmp $times"
  bond mode active-backup miimon 100 resend_igmp $times
  address
  quietly ip addr add 2001:db8::1/64 dev bond0 nodad
  quietly ip addr add 239.192.0.1/32 dev bond0 autojoin
  quietly ip addr add ff15::1/128 dev bond0 autojoin
  settle 4
  hears 4 0.2 pull 0
  unbond
done
