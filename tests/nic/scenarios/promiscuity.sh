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
python3 -c '
import socket, struct, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.setsockopt(263, 1, struct.pack("iHH8s", socket.if_nametoindex("bond0"), 1, 0, b""))
time.sleep(4)' &
settle 1
promiscuous eth0
wait $!
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
