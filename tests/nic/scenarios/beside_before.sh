# A filter of the user's that is there when its interface is enslaved.
# slow
lab 2
recorded tc qdisc add dev eth0 clsact
recorded tc filter add dev eth0 ingress prio 1 protocol ip flower dst_ip 192.0.2.1 ip_proto icmp action drop
bond mode active-backup miimon 100
address
becomes_active eth0
unanswered 5 192.0.2.2
recorded tc filter del dev eth0 ingress prio 1
answers 5 192.0.2.2
unbond
recorded tc qdisc del dev eth0 clsact
