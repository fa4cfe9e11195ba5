# What stands on bond0: VLANs, macvlan, ipvlan, a bridge; each reaches the peer, also after a failover.
# slow
lab 2
quietly ip -n peer link add link net0 name net0.5 type vlan id 5
quietly ip -n peer addr add 198.51.100.2/24 dev net0.5
quietly ip -n peer link set net0.5 up
on_top() {
  reaches "$1"
  pull 0
  becomes_active eth1 0 1000
  reaches "$1"
  plug 0
  settle 1.2
  pull 1
  becomes_active eth0 0 1000
  reaches "$1"
  plug 1
  settle 1.2
}
section "VLAN"
bond mode active-backup miimon 100
ip link add link bond0 name bond0.5 type vlan id 5
ip addr add 198.51.100.1/24 dev bond0.5
ip link set bond0.5 up
on_top 198.51.100.2
ip link del bond0.5
for kind in macvlan ipvlan; do
  section "$kind"
  ip link add link bond0 name top0 type $kind
  if [ $kind = macvlan ]; then ip addr add 192.0.2.7/24 dev top0; else ip addr add 192.0.2.9/24 dev top0; fi
  ip link set top0 up
  on_top 192.0.2.2
  ip link del top0
done
section "bridge"
ip link add br7 type bridge
ip link set bond0 master br7
ip addr add 192.0.2.8/24 dev br7
ip link set br7 up
on_top 192.0.2.2
ip link del br7
section "MTU 9000"
quietly ip -n peer link set net0 mtu 9000
for port in port0 port1 trunk br0; do quietly ip -n switch link set $port mtu 9000; done
ip link set bond0 mtu 9000
see_link bond0 eth0 eth1
address
step ping of 8000 bytes
command ping -n -q -c 2 -M do -s 8000 -W 2 192.0.2.2 >/dev/null
note "exit $?"
unbond
see_link eth0 eth1
