# Promiscuity and all multicasts, asked for of bond0 in each way, reach the slaves and go again.
# slow
lab 2
bond mode active-backup miimon 100
becomes_active eth0
promiscuous eth0
section "a flag"
ip link set bond0 promisc on
promiscuous eth0
ip link set bond0 promisc off
promiscuous eth0 eth1
ip link set bond0 allmulticast on
promiscuous eth0
ip link set bond0 allmulticast off
promiscuous eth0 eth1
section "a packet socket"
ask_for promiscuity
promiscuous eth0
ask_no_more
promiscuous eth0 eth1
section "a macvlan comes first and goes last, a bridge between"
ip link add link bond0 name mac0 address 00:00:5e:00:53:71 type macvlan mode bridge
ip link set mac0 up
promiscuous eth0
ip link set bond0 promisc on
promiscuous eth0
ip link set bond0 promisc off
promiscuous eth0
ip link del mac0
promiscuous eth0 eth1
unbond
promiscuous eth0 eth1
