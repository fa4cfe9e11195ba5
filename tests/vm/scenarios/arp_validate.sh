# Each arp_validate in active-backup: the active slave's path is cut, a backup's, the target goes and comes back.
# slow
lab 2
for validate in none active backup all filter filter_active filter_backup; do
  section "arp_validate $validate"
  failures_before=()
  bond mode active-backup arp_interval 100 arp_ip_target 192.0.2.2 arp_validate $validate
  address
  choose eth0
  statuses 500
  section "$validate: the active slave's path"
  cut 0
  becomes_active eth1 0 3000
  statuses 500
  mend 0
  slave_becomes 0 up
  statuses 500
  section "$validate: the backup's path"
  cut 0
  slave_becomes 0 down 0 3000
  statuses 500
  mend 0
  slave_becomes 0 up
  section "$validate: the target"
  target 192.0.2.2 gone
  becomes_carrier 0 0 4000 or_not  # where not all is validated, each slave's questions keep the other one up
  target 192.0.2.2 back
  becomes_carrier 1 0 6000
  settle 1.5
  reaches
  unbond
done
