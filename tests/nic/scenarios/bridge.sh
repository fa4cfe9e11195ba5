# bond0 in a bridge, with a guest behind it; promiscuity comes and goes with it.
lab 2
bond mode active-backup miimon 100
becomes_active eth0
promiscuous eth0 eth1
ip link add br7 type bridge
ip link set bond0 master br7
ip addr add 192.0.2.8/24 dev br7
ip link set br7 up
quietly ip netns add guest
quietly ip link add tap0 type veth peer name net0 address 00:00:5e:00:53:91 netns guest
quietly ip link set tap0 master br7 up
quietly ip -n guest addr add 192.0.2.91/24 dev net0
quietly ip -n guest link set net0 up
settle 0.5
answers 10 192.0.2.2
guest_answers() {
  step guest_answers
  command ip netns exec guest ping -n -q -c 2 -W 2 192.0.2.2 >/dev/null 2>&1
  command ip netns exec guest $PING 10 192.0.2.2 >>"$TRANSCRIPT" 2>&1
}
guest_answers
promiscuous eth0
pull 0
becomes_active eth1
guest_answers
promiscuous eth1
plug 0
settle 0.5
ip link set bond0 nomaster
promiscuous eth0 eth1
ip link del br7
quietly ip netns del guest
unbond
promiscuous eth0 eth1
