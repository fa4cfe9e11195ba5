# What enslaving and releasing does to bond0 and to the slaves: MAC, MTU, flags, addresses.
lab 3
section "bond0 takes the first one's MAC"
ip link add bond0 type bond mode active-backup miimon 100
ip link set eth0 master bond0
see_link bond0 eth0
ip link set eth1 master bond0
see_link bond0 eth1
ip link set bond0 up
settle 0.4
see_link bond0 eth0 eth1
section "MTU and MAC of bond0 are its slaves'"
ip link set bond0 mtu 1400
settle 0.2
see_link bond0 eth0 eth1
ip link set bond0 address 00:00:5e:00:53:77
settle 0.2
see_link bond0 eth0 eth1
ip link set eth2 mtu 1450
ip link set eth2 master bond0
settle 0.2
see_link eth2
section "promiscuous, all-multicast"
ip link set bond0 promisc on
ip link set bond0 allmulticast on
settle 0.2
see_link bond0 eth0 eth1
ip link set bond0 promisc off
ip link set bond0 allmulticast off
settle 0.2
see_link bond0 eth0 eth1
section "a slave is given back as it was"
ip link set eth2 nomaster
settle 0.2
see_link eth2
ip link set eth0 nomaster
settle 0.2
see_link bond0 eth0
see
ip link set eth0 master bond0
settle 0.4
see
section "bond0 goes down and up"
ip link set bond0 down
settle 0.3
see_link bond0 eth0 eth1
see
ip link set bond0 up
settle 0.5
see_link bond0 eth0 eth1
see
section "the last one leaves"
ip link set eth0 nomaster
ip link set eth1 nomaster
settle 0.2
see_link bond0 eth0 eth1
ip link del bond0
see_link eth0 eth1

section "bond0 was made with a MAC and an MTU of its own"
ip link add bond0 address 00:00:5e:00:53:66 mtu 1300 type bond mode balance-rr miimon 100
ip link set eth0 master bond0
see_link bond0 eth0
ip link del bond0
see_link eth0

section "a slave with an address, a slave that is up"
ip addr add 198.51.100.1/24 dev eth0
ip link add bond0 type bond mode active-backup miimon 100
ip link set eth0 master bond0
see_addresses eth0
ip link set eth1 up
ip link set eth1 master bond0
see
