# The lab of a scenario:
#
#   namespace host                     switch                      peer
#   eth0 00:00:5e:00:53:01 ------ port0 \
#   eth1 00:00:5e:00:53:02 ------ port1 -- br0 -- trunk --- net0 00:00:5e:00:53:f0, 192.0.2.2
#   ...                            ...  /
#
# No IPv6 unless `ipv6_on` is said (2001:db8::2 is the peer then), and fixed neighbours with `address`, so that frames
# can be counted.

no_lab() {
  note "the lab could not be made"
  exit 9
}

# lab SLAVES : makes it. Scenarios start with this.
lab() {
  local space
  {
    echo "netns add switch"
    echo "netns add peer"
  } | command ip -batch - || no_lab
  for space in switch peer; do
    command ip netns exec $space sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
  done
  sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
  make_cables "$1" || no_lab
  {
    echo "link add br0 type bridge mcast_snooping 0"
    echo "link set br0 up"
    cable_ends "$1"
    echo "link add trunk type veth peer name net0 address 00:00:5e:00:53:f0 netns peer"
    echo "link set trunk master br0 up"
  } | command ip -n switch -batch - || no_lab
  {
    echo "link set lo up"
    echo "link set net0 up"
    echo "addr add 192.0.2.2/24 dev net0"
  } | command ip -n peer -batch - || no_lab
  command ip link set lo up
  LAB_SLAVES=$1
}

# Cables are veth pairs. ../../../nic/guest/cards.sh has these four words again, for cards.
make_cables() { :; }
cable_ends() {  # SLAVES : lines for ip in "switch": each ethN and portN, the latter on the bridge
  local n
  for ((n = 0; n < $1; n++)); do
    printf 'link add port%d type veth peer name eth%d address 00:00:5e:00:53:%02x netns host\n' "$n" "$n" $((n + 1))
    echo "link set port$n master br0 up"
  done
}
pull_cable() { quietly ip -n switch link set "port$1" down; }
plug_cable() { quietly ip -n switch link set "port$1" up; }

# pull N... / plug N... : takes the cable of ethN out of the switch, or puts it back.
pull() {
  step pull "$@"
  look_clock
  since=$clock
  for n in "$@"; do pull_cable "$n"; done
}
plug() {
  step plug "$@"
  look_clock
  since=$clock
  for n in "$@"; do plug_cable "$n"; done
}

# address : gives bond0 192.0.2.1/24 and both ends a fixed neighbour.
address() {
  step address
  quietly ip addr add 192.0.2.1/24 dev bond0
  quietly ip neigh replace 192.0.2.2 lladdr 00:00:5e:00:53:f0 dev bond0 nud permanent
  neighbour
}
# neighbour : tells the peer bond0's present MAC.
neighbour() {
  quietly ip -n peer neigh replace 192.0.2.1 lladdr "$(</sys/class/net/bond0/address)" dev net0 nud permanent
}

# ipv6_on : IPv6 for interfaces of "host" made from now on, and for the peer.
ipv6_on() {
  command ip netns exec peer sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0
  quietly ip -n peer addr add 2001:db8::2/64 dev net0 nodad
  # No duplicate address detection: an address that is still being tried is not announced.
  sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 net.ipv6.conf.all.accept_dad=0 \
    net.ipv6.conf.default.accept_dad=0
}

# daemon_dies : by kill -9; the driver lives on. daemon_returns : the next one, once it answers. In between only what
# needs no daemon: /sbin/ip, and what can be looked at.
daemon_dies() {
  step daemon_dies
  [ "$SIDE" != ebond ] || kill -9 "$(<"$SCRATCH/daemon")"
}
daemon_returns() {
  local turn
  step daemon_returns
  [ "$SIDE" = ebond ] || return 0
  : >"$SCRATCH/next_daemon"
  for ((turn = 0; turn < 100; turn++)); do
    if [ ! -e "$SCRATCH/next_daemon" ] && command ebond show >/dev/null 2>&1; then return; fi
    sleep 0.05
  done
  note "it does not come"
}

# settle SECONDS : waits. Nothing is judged by it.
settle() { sleep "$1"; }

# bond OPTION... : makes bond0 of all the lab's slaves, brings it up and gives it time to see their links.
bond() {
  local slave
  ip link add bond0 type bond "$@"
  for slave in $(slave_names); do ip link set "$slave" master bond0; done
  ip link set bond0 up
  settle 0.4
}

# unbond : takes it away, leaving the lab as it was made.
unbond() {
  local n
  ip link del bond0
  for ((n = 0; n < LAB_SLAVES; n++)); do
    quietly ip link set "eth$n" down
    plug_cable "$n"
  done
}
