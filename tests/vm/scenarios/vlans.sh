# VLANs: on bond0, with the slaves' VLAN offload on and off; slaves that are VLANs themselves; a VLAN that stands on a
# slave.
# slow
lab 2
quietly ip -n peer link add link net0 name net0.5 type vlan id 5
quietly ip -n peer addr add 198.51.100.2/24 dev net0.5
quietly ip -n peer link set net0.5 up
tagged() {
  section "$*: slaves' offload"
  for slave in eth0 eth1; do quietly ethtool -K $slave txvlan "$2" rxvlan "$2"; done
  bond mode "$1" miimon 100
  ip link add link bond0 name bond0.5 type vlan id 5
  ip addr add 198.51.100.1/24 dev bond0.5
  ip link set bond0.5 up
  settle 0.5
  reaches 198.51.100.2
  transfers 198.51.100.2
  pull 0
  settle 0.6
  reaches 198.51.100.2
  plug 0
  settle 0.8
  ip link del bond0.5
  unbond
}
tagged active-backup on
tagged active-backup off
tagged balance-xor off
for slave in eth0 eth1; do quietly ethtool -K $slave txvlan on rxvlan on; done

section "slaves that are VLANs"
quietly ip link set eth0 up  # VLANs that are there go up with it, and cannot be enslaved then
quietly ip link set eth1 up
ip link add link eth0 name eth0.5 type vlan id 5
ip link add link eth1 name eth1.5 type vlan id 5
ip link add bond0 type bond mode active-backup miimon 100
ip link set eth0.5 master bond0
ip link set eth1.5 master bond0
ip addr add 198.51.100.1/24 dev bond0
ip link set bond0 up
becomes_active eth0.5
reaches 198.51.100.2
pull 0
becomes_active eth1.5 0 1500
reaches 198.51.100.2
see
ip link del bond0
ip link del eth0.5
ip link del eth1.5
plug 0
quietly ip link set eth0 down
quietly ip link set eth1 down

section "a VLAN on a slave, beside the bond"
bond mode active-backup miimon 100
address
settle 0.4
ip link add link eth0 name eth0.5 type vlan id 5
ip addr add 198.51.100.1/24 dev eth0.5
ip link set eth0.5 up
reaches 198.51.100.2
reaches
ip link del eth0.5
unbond
