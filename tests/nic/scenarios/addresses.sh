# bond0 itself, IPv4 and IPv6, before and after a failover; and TCP.
lab 2
ipv6_on
bond mode active-backup miimon 100
ip addr add 192.0.2.1/24 dev bond0
ip addr add 2001:db8::1/64 dev bond0 nodad
becomes_active eth0
answers 10 192.0.2.2
answers 10 2001:db8::2
transfers 192.0.2.2
pull 0
becomes_active eth1
answers 10 192.0.2.2
answers 10 2001:db8::2
plug 0
linked eth0
settle 0.4
see_link bond0 eth0 eth1
unbond
see_link eth0 eth1
