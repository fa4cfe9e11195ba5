# queue_id: frames that a filter sends to a queue of bond0 leave by the slave that has its number.
# slow
# needs ip
lab 2
# On Linux 7 a netkit device has one queue only, so ebond's bond0 is a veth there.
bond() {
  local slave device=
  case $SIDE-$(uname -r) in ebond-7.*) device="bond0_device veth" ;; esac
  step bond "$@"
  # shellcheck disable=SC2086
  quietly ip link add bond0 type bond "$@" $device
  for slave in $(slave_names); do ip link set "$slave" master bond0; done
  ip link set bond0 up
  settle 0.4
}
asked() {
  section "$*"
  bond "$@"
  address
  settle 0.5
  ip link set eth0 type bond_slave queue_id 1
  ip link set eth1 type bond_slave queue_id 2
  see
  for queue in 1 2; do
    tc qdisc add dev bond0 handle 1 root multiq
    tc filter add dev bond0 protocol ip parent 1: prio 1 u32 match ip dst 192.0.2.2 action skbedit queue_mapping $queue
    pings 10
    tc qdisc del dev bond0 root
  done
  section "a queue that is nobody's"
  tc qdisc add dev bond0 clsact
  tc filter add dev bond0 egress protocol ip prio 1 u32 match ip dst 192.0.2.2 action skbedit queue_mapping 5
  reaches
  tc qdisc del dev bond0 clsact
  section "its slave is down"
  tc qdisc add dev bond0 handle 1 root multiq
  tc filter add dev bond0 protocol ip parent 1: prio 1 u32 match ip dst 192.0.2.2 action skbedit queue_mapping 2
  pull 1
  settle 0.6
  pings 10
  unbond
}
asked mode active-backup miimon 100 all_slaves_active 1
asked mode balance-rr miimon 100
section "a mode that pays no heed"
bond mode balance-xor miimon 100
address
settle 0.5
ip link set eth0 type bond_slave queue_id 1
ip link set eth1 type bond_slave queue_id 2
for queue in 1 2; do
  tc qdisc add dev bond0 handle 1 root multiq
  tc filter add dev bond0 protocol ip parent 1: prio 1 u32 match ip dst 192.0.2.2 action skbedit queue_mapping $queue
  pings 10
  tc qdisc del dev bond0 root
done
unbond

section "numbers that are refused"
bond mode active-backup miimon 100
ip link set eth0 type bond_slave queue_id 3
ip link set eth1 type bond_slave queue_id 3
ip link set eth1 type bond_slave queue_id 17
ip link set eth1 type bond_slave queue_id 16
ip link set eth0 type bond_slave queue_id 0
ip link set eth1 type bond_slave queue_id 3
see
unbond
