# Group membership is told again on the new active slave, resend_igmp times 200 ms apart.
# slow
lab 2
for times in 1 0 3; do
  section "resend_igmp $times"
  bond mode active-backup miimon 100 resend_igmp $times
  address
  quietly ip addr add 239.192.0.1/32 dev bond0 autojoin
  settle 3
  watch_wire
  pull 0
  becomes_active eth1 0 1000
  settle 2
  see_wire
  unbond
done
