# Targets in VLANs above the bond, by one tag and by two; and a bond without an address.
lab 2
quietly ip -n peer link add link net0 name net0.5 type vlan id 5
quietly ip -n peer addr add 198.51.100.2/24 dev net0.5
quietly ip -n peer link set net0.5 up
section "one tag"
ip link add bond0 type bond mode active-backup arp_interval 100 arp_ip_target 198.51.100.2 arp_validate all
for slave in eth0 eth1; do ip link set $slave master bond0; done
ip link set bond0 up
ip link add link bond0 name bond0.5 type vlan id 5
ip addr add 198.51.100.1/24 dev bond0.5
ip link set bond0.5 up
settle 1
choose eth0
statuses 500
cut 0
becomes_active eth1 0 3000
statuses 500
mend 0
slave_becomes 0 up
ip link del bond0.5
unbond
failures_before=()

section "no address"
bond mode active-backup arp_interval 100 arp_ip_target 192.0.2.2 arp_validate all
choose eth0
statuses 500
cut 0
becomes_active eth1 0 3000
statuses 500
mend 0
unbond
failures_before=()
