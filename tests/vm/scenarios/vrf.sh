# A bond in a VRF, whose targets are in the VRF: the ARP monitor proves the slaves, and finds a path that is lost.
lab 2
quietly modprobe vrf
quietly ip link add red type vrf table 10
quietly ip link set red up
ip link add bond0 type bond mode active-backup arp_interval 100 arp_ip_target 192.0.2.2 arp_validate all
for slave in eth0 eth1; do ip link set $slave master bond0; done
quietly ip link set bond0 master red
ip link set bond0 up
address
choose eth0
stays_active eth0 1500
carrier
cut 0
becomes_active eth1 0 2500
stays_active eth1 1000
mend 0
unbond
quietly ip link del red
