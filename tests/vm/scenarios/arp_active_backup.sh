# The ARP monitor in active-backup, every link up all the time: the active slave's path is cut, a backup's, both; the
# switch's uplink; the target goes and comes back; the bond goes down and up.
lab 3
ip link add bond0 type bond mode active-backup arp_interval 100 arp_ip_target 192.0.2.2 arp_validate all
for slave in eth0 eth1 eth2; do ip link set $slave master bond0; done
ip link set bond0 up
address
choose eth0
statuses 500
reaches

section "the active slave's path"
cut 0
becomes_active eth1 0 2500
statuses 500
reaches
mend 0
slave_becomes 0 up
stays_active eth1 300
statuses 500

section "a backup's path"
cut 2
slave_becomes 2 down 0 2500
stays_active eth1 300
statuses 500
mend 2
slave_becomes 2 up
statuses 500

section "all but one"
cut 1 2
becomes_active eth0 0 2500
statuses 500
mend 1 2
slave_becomes 1 up
slave_becomes 2 up
statuses 500

section "the uplink: no slave leads anywhere"
uplink down
becomes_active None 0 4000
becomes_carrier 0
uplink up
becomes_carrier 1 0 6000
settle 1.5
reaches

section "the target"
target 192.0.2.2 gone
becomes_active None 0 4000
target 192.0.2.2 back
becomes_carrier 1 0 6000
settle 1.5
reaches
