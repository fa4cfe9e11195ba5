# Two targets, one of which goes, then the other: enough under arp_all_targets any, not under all.
# slow
lab 2
# The second address stays when the first goes.
command ip netns exec peer sysctl -qw net.ipv4.conf.all.promote_secondaries=1
quietly ip -n peer addr add 192.0.2.3/24 dev net0
for all in any all; do
  section "arp_all_targets $all"
  failures_before=()
  bond mode active-backup arp_interval 100 arp_ip_target 192.0.2.2,192.0.2.3 arp_validate all arp_all_targets $all
  address
  choose eth0
  statuses 500
  section "$all: the second target goes"
  target 192.0.2.3 gone
  settle 1
  carrier
  [ $all = all ] || statuses 500
  target 192.0.2.3 back
  becomes_carrier 1 0 6000
  settle 1.5
  section "$all: the first goes"
  target 192.0.2.2 gone
  settle 1
  carrier
  [ $all = all ] || statuses 500
  section "$all: both"
  target 192.0.2.3 gone
  becomes_carrier 0 0 4000
  target 192.0.2.2 back
  target 192.0.2.3 back
  becomes_carrier 1 0 6000
  settle 1.5
  reaches
  unbond
done
