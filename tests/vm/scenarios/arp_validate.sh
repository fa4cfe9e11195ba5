# Each arp_validate in active-backup: the active slave's path is cut, a backup's, the target goes and comes back.
# At 100 ms the driver finds paths lost that are not, now and then, where the guest is slow.
# slow
lab 2
for validate in none active backup all filter filter_active filter_backup; do
  section "arp_validate $validate"
  failures_before=()
  bond mode active-backup arp_interval 200 arp_ip_target 192.0.2.2 arp_validate $validate
  address
  choose eth0
  statuses 1000
  section "$validate: the active slave's path"
  cut 0
  becomes_active eth1 0 3000
  statuses 1000
  mend 0
  slave_becomes 0 up
  statuses 1000
  section "$validate: the backup's path"
  cut 0
  slave_becomes 0 down 0 3000
  statuses 1000
  mend 0
  slave_becomes 0 up
  section "$validate: the target"
  target 192.0.2.2 gone
  # Where not all is validated, each slave's questions keep the other one up, but for moments that come by chance.
  if [ $validate = all ]; then becomes_carrier 0 0 4000; else settle 4; fi
  target 192.0.2.2 back
  becomes_carrier 1 0 6000
  settle 1.5
  reaches
  unbond
done
