# Beside the bond: what a slave's own stack and other people's filters get of its frames.
# slow
lab 2
quietly ip -n peer link add link net0 name net0.23 type vlan id 23
quietly ip -n peer addr add 198.51.100.2/24 dev net0.23
quietly ip -n peer link set net0.23 up

# own_vlan SLAVE : a VLAN on that slave reaches the peer's.
own_vlan() {
  ip link add link "$1" name "$1.23" type vlan id 23
  ip addr add 198.51.100.1/24 dev "$1.23"
  ip link set "$1.23" up
  reaches 198.51.100.2
  reaches
  ip link del "$1.23"
}
# ear SLAVE ETHERTYPE : five frames to the bond's MAC; how many a socket on the slave hears.
ear() {
  step ear "$@"
  : >"$SCRATCH/heard"
  command python3 -IS "$TOP/tests/vm/guest/beside.py" hear "$1" "$2" 10 >"$SCRATCH/heard" 2>&1 &
  local ear=$!
  listening
  command ip netns exec peer python3 -IS "$TOP/tests/vm/guest/beside.py" send net0 00:00:5e:00:53:01 "$2" 5
  wait $ear
  grep -v '^#' "$SCRATCH/heard" >>"$TRANSCRIPT"
}

section "VLANs and sockets on slaves"
bond mode active-backup miimon 100
address
settle 0.5
reaches
own_vlan eth0
own_vlan eth1
for ethertype in 888e 88f7 88cc 8906 8892; do ear eth0 $ethertype; done
unbond

section "a filter that mirrors, before enslaving and after"
command ip link add tap up type veth peer name tap-end
command ip link set tap-end up
quietly tc qdisc add dev eth0 clsact
tc filter add dev eth0 ingress prio 1 matchall action mirred egress mirror dev tap
bond mode active-backup miimon 100
address
settle 0.5
reaches
note "mirrored $(($(</sys/class/net/tap/statistics/tx_packets) > 0))"
tc filter del dev eth0 ingress prio 1
quietly tc qdisc add dev eth1 clsact
tc filter add dev eth0 ingress prio 5 matchall action mirred egress mirror dev tap
settle 0.3
before=$(</sys/class/net/tap/statistics/tx_packets)
reaches
note "mirrored $(($(</sys/class/net/tap/statistics/tx_packets) > before))"
tc filter del dev eth0 ingress prio 5

section "a filter that drops"
tc filter add dev eth0 ingress prio 5 protocol ip flower ip_proto icmp action drop
settle 0.3
quietly ping -n -q -c 3 -i 0.1 -W 1 192.0.2.2
note "answered $?"
tc filter del dev eth0 ingress prio 5
reaches
unbond
command ip link del tap
