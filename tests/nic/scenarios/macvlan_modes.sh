# macvlan on bond0 in every mode; VRRP's, an address put on bond0 by hand, and one asked for by a packet socket.
# slow
lab 2
bond mode active-backup miimon 100
becomes_active eth0
for mode in private vepa bridge passthru; do
  section "$mode"
  ip link add link bond0 name mac0 address 00:00:5e:00:53:73 type macvlan mode $mode
  ip addr add 192.0.2.7/24 dev mac0
  ip link set mac0 up
  answers 10 192.0.2.2 mac0
  ip link del mac0
done
section "VRRP"
ip link add link bond0 name vrrp.51 address 00:00:5e:00:01:33 type macvlan mode private
ip addr add 192.0.2.51/32 dev vrrp.51
ip link set vrrp.51 up
settle 0.4
in_packets 0x88b5 00:00:5e:00:01:33 vrrp.51
ip link del vrrp.51
section "by hand"
recorded bridge fdb add 00:00:5e:00:53:74 dev bond0 self permanent
settle 0.4
in_packets 0x88b5 00:00:5e:00:53:74 bond0
knows_unicast 00:00:5e:00:53:74 eth0
recorded bridge fdb del 00:00:5e:00:53:74 dev bond0 self
settle 0.5
not_in_packets 0x88b5 00:00:5e:00:53:74 bond0
knows_unicast 00:00:5e:00:53:74 eth0 eth1
section "by a packet socket"
ask_for unicast 00:00:5e:00:53:75
settle 0.5
in_packets 0x88b5 00:00:5e:00:53:75 bond0
ask_no_more
settle 0.5
knows_unicast 00:00:5e:00:53:75 eth0 eth1
section "in another namespace"
quietly ip netns add guest
ip link add link bond0 name mac0 address 00:00:5e:00:53:76 netns guest type macvlan mode bridge
quietly ip -n guest addr add 192.0.2.8/24 dev mac0
quietly ip -n guest link set mac0 up
settle 0.5
step ping from it
command ip netns exec guest $PING 10 192.0.2.2 >>"$TRANSCRIPT" 2>&1
quietly ip netns del guest
unbond
