# Frames that reach a backup: dropped, or taken if all_slaves_active says so.
lab 2
taken() { awk '/^Ip: [0-9]/ { print $4 }' /proc/net/snmp; }  # InReceives
flooded() {
  section "all_slaves_active $1"
  bond mode active-backup miimon 100 all_slaves_active "$1"
  address
  settle 0.8
  local before
  before=$(taken)
  # A broadcast is flooded to both ports: the bond takes it once or twice.
  quietly ip netns exec peer ping -n -q -b -c 10 -i 0.05 -W 1 192.0.2.255
  settle 0.3
  note "taken $(($(taken) - before))"
  see_link bond0
}
flooded 0
unbond
flooded 1
ip link set bond0 type bond all_slaves_active 0
see_link bond0
reaches
unbond
