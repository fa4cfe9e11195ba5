# Neighbour solicitation targets in active-backup: the active slave's path is cut, a backup's, the target goes and comes
# back.
# slow
lab 2
ipv6_on
ip link add bond0 type bond mode active-backup arp_interval 100 ns_ip6_target 2001:db8::2 arp_validate all
for slave in eth0 eth1; do ip link set $slave master bond0; done
ip link set bond0 up
quietly ip addr add 2001:db8::1/64 dev bond0 nodad
settle 2
choose eth0
statuses 500
reaches 2001:db8::2
section "the active slave's path"
cut 0
becomes_active eth1 0 3000
statuses 500
reaches 2001:db8::2
mend 0
slave_becomes 0 up
statuses 500
section "the backup's path"
cut 0
slave_becomes 0 down 0 3000
statuses 500
mend 0
slave_becomes 0 up
section "the target"
target 2001:db8::2 gone
becomes_carrier 0 0 4000
target 2001:db8::2 back
becomes_carrier 1 0 6000
settle 1.5
reaches 2001:db8::2
section "with an IPv4 target beside it, and any of both enough"
ip link set bond0 type bond arp_ip_target 192.0.2.2
address
settle 1.5
target 2001:db8::2 gone
settle 1.5
carrier
reaches
unbond
