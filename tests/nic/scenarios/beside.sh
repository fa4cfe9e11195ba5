# Beside the bond, on its slaves: a VLAN, packet sockets for EAPOL and ARP, filters of the user's.
# slow
lab 2
peer_vlan 23 198.51.100.2
bond mode active-backup miimon 100
address
becomes_active eth0
section "a VLAN on a slave"
for slave in eth0 eth1; do
  ip link add link $slave name $slave.23 type vlan id 23
  ip addr add 198.51.100.1/24 dev $slave.23
  ip link set $slave.23 up
  answers 10 198.51.100.2
  ip link del $slave.23
done
section "packet sockets on a slave"
answers 5 192.0.2.2  # the switch learns again that the MAC is at eth0
in_packets 0x888e 00:00:5e:00:53:01 eth0
in_packets 0x0806 ff:ff:ff:ff:ff:ff eth0
in_packets 0x88cc 01:80:c2:00:00:0e eth0 switch port0
in_packets 0x88f7 00:00:5e:00:53:01 eth0
section "filters on a slave"
recorded tc qdisc replace dev eth0 clsact
recorded tc filter add dev eth0 ingress prio 5 protocol ip flower dst_ip 192.0.2.1 ip_proto icmp action drop
unanswered 5 192.0.2.2
recorded tc filter del dev eth0 ingress prio 5
answers 5 192.0.2.2
unbond
