# Words for a bond whose slaves are away, in a namespace of its own, and for one whose bond0 is in a container. The
# driver has neither: there the same bond has all in one place, and how it works is how ebond's is to work. What only
# ebond can do, the driver is taken to have done.
OWN=bond-bond0

on_ebond() { [ "$SIDE" = ebond ]; }

# within SECONDS CONDITION... : waits for that command to succeed; whether it did in so long.
within() {
  local deadline
  look_clock
  deadline=$((clock + 1000 * $1))
  shift
  until "$@"; do
    look_clock
    [ $clock -lt $deadline ] || return 1
    sleep 0.05
  done
}

# away_bond OPTION... : as bond.
away_bond() {
  local slave
  step away_bond "$@"
  if on_ebond; then
    quietly ebond add bond0 slaves away "$@" || note "it is not made"
    AWAY=$OWN
  else
    quietly ip link add bond0 type bond "$@"
  fi
  for slave in $(slave_names); do take_slave "$slave"; done
  quietly ip link set bond0 up
  settle 0.4
}
take_slave() {
  if on_ebond; then
    quietly ebond enslave bond0 "$1" || note "$1 is not taken"
  else
    quietly ip link set "$1" down
    quietly ip link set "$1" master bond0
  fi
  linked "$1"
}
# enslave ETH, release ETH, activate ETH : of bond0.
enslave() {
  step enslave "$1"
  take_slave "$1"
}
release() {
  step release "$1"
  if on_ebond; then quietly ebond release bond0 "$1"; else quietly ip link set "$1" nomaster; fi || note "it stays"
}
activate() {
  step activate "$1"
  if on_ebond; then
    quietly ebond set bond0 active_slave "$1"
  else
    quietly ip link set bond0 type bond active_slave "$1"
  fi || note "it is not"
}

# retake ETH : a card that was put back is a slave again: ebond's by itself, the driver's by hand.
retake() {
  step retake "$1"
  on_ebond || quietly ip link set "$1" master bond0
  linked "$1"
}

# are_slaves ETH... : whether bond0 has them within 10 s, and ebond's are away. are_back ETH... : whether they are where
# they came from, and nobody's.
are_slaves() {
  step are_slaves "$@"
  each is_slave "$@"
}
are_back() {
  step are_back "$@"
  each is_back "$@"
}
each() {
  local slave
  for slave in "${@:2}"; do
    if within 10 "$1" "$slave"; then note "$slave: yes"; else note "$slave: no"; fi
  done
}
is_slave() {
  if ! on_ebond; then
    command ip link show "$1" | grep -q "master bond0"
  else
    command ebond show --proc bond0 2>/dev/null | grep -q "^Slave Interface: $1\$" &&
      { [ -z "$AWAY" ] || { at_card "$1" test -e "/sys/class/net/$1" && [ ! -e "/sys/class/net/$1" ]; }; }
  fi
}
is_back() {
  [ -e "/sys/class/net/$1" ] && ! command ip link show "$1" | grep -q "master" &&
    { ! on_ebond || ! command ebond show --proc bond0 2>/dev/null | grep -q "^Slave Interface: $1\$"; }
}

# see_card ETH... : MTU, MAC, and whether it is up.
see_card() {
  local card
  for card in "$@"; do
    step see_card "$card"
    at_card "$card" cat "/sys/class/net/$card/mtu" "/sys/class/net/$card/address" >>"$TRANSCRIPT"
    note "up: $(($(at_card "$card" cat "/sys/class/net/$card/flags") & 1))"
  done
}

# used_before : eth0 has an MTU and an address of its own when it becomes a slave; both are remembered as they are.
used_before() {
  quietly ip link set eth0 mtu 1400 up
  quietly ip addr add 203.0.113.1/24 dev eth0
  linked eth0
  remember eth0 eth1
}

# remember ETH... : as what each must come back. as_it_was ETH... : whether it has. (The driver leaves its slaves down.)
remember() {
  local card
  step remember "$@"
  for card in "$@"; do look_of "$card" >"$SCRATCH/was.$card"; done
}
as_it_was() {
  local card
  for card in "$@"; do
    step as_it_was "$card"
    if within 10 looks_as_it_did "$card"; then
      note "yes"
    else
      look_of "$card" | diff "$SCRATCH/was.$card" - >>"$TRANSCRIPT"
    fi
  done
}
looks_as_it_did() { ! on_ebond || look_of "$1" | cmp -s - "$SCRATCH/was.$1"; }
look_of() {
  command ip -d link show dev "$1" 2>&1 | sed -E 's/(NO-CARRIER,|,LOWER_UP| state [A-Z]+| qdisc [a-z_]+)//g'
  command ip -4 address show dev "$1" 2>&1 | grep inet
  command ip route show table all dev "$1"
  command ip maddress show dev "$1" | tail -n +2
  command bridge fdb show dev "$1"
  command tc qdisc show dev "$1" ingress
  cat "/proc/sys/net/ipv6/conf/$1/disable_ipv6"
}
# takes_vlan ETH ID : whether the card can be given a VLAN device of that number; while bond0's VLAN is told to it by
# one, it cannot.
takes_vlan() {
  step takes_vlan "$@"
  if quietly ip link add link "$1" name its.own type vlan id "$2" 2>/dev/null && quietly ip link del its.own; then
    note "yes"
  else
    note "no"
  fi
}

# reached ADDRESS : as answers, ten pings of the peer's.
reached() {
  step answers 10 to the peer by "$1"
  command ip netns exec peer ping -n -q -c 2 -i 0.2 -w 5 "$1" >/dev/null 2>&1
  command ip netns exec peer $PING 10 "$1" >>"$TRANSCRIPT" 2>&1
}

# delete_name : of the namespace in which slaves are; the daemon, which runs, puts it back.
delete_name() {
  step delete_name
  on_ebond || return 0
  quietly ip netns del $OWN
  within 10 quietly ip netns exec $OWN true 2>/dev/null || note "it has no name"
}

# own_namespace_ends : while no daemon runs its name is deleted; the kernel sends cards to the guest's first namespace,
# and all else that is in it goes. What becomes of the driver's bond then is said by the scenario.
own_namespace_ends() {
  step own_namespace_ends
  if on_ebond; then
    quietly ip netns del $OWN
    within 15 test ! -e /sys/class/net/bond0 || note "it stays"
    AWAY=
  else
    quietly ip link del bond0
  fi
}
# no_bond : whether none is there any more, and nothing that it had but its slaves.
no_bond() {
  step no_bond
  if within 15 nothing_is_left; then
    note "none"
  else
    note "something is left: $(echo /run/netns/* /run/ebond/state/*)"
  fi
  AWAY=
}
nothing_is_left() {
  [ ! -e /sys/class/net/bond0 ] && { ! on_ebond || { [ ! -e /run/netns/$OWN ] && state_is_empty; }; }
}
state_is_empty() { [ -z "$(ls /run/ebond/state)" ] && ! command ebond show 2>&1 | grep -q bond0; }

# apart_bond CONTAINER OPTION... : bond0 and its address are in the container, with the driver beside its slaves.
# answers_in CONTAINER COUNT ADDRESS : as answers, from there. container_ends CONTAINER : with all that is in it.
apart_bond() {
  local container=$1 slave
  step apart_bond "$@"
  shift
  if on_ebond; then
    quietly ebond add bond0 netns "$container" "$@" || note "it is not made"
  else
    quietly ip link add bond0 type bond "$@"
    container=host
  fi
  for slave in $(slave_names); do take_slave "$slave"; done
  in_container "$container" ip addr add 192.0.2.1/24 dev bond0
  in_container "$container" ip link set bond0 up
  settle 0.4
}
in_container() {
  if [ "$1" != host ] && on_ebond; then command ip netns exec "$@"; else command "${@:2}"; fi
}
answers_in() {
  step answers "$2" "$3" in "$1"
  in_container "$1" ping -n -q -c 2 -i 0.2 -w 5 "$3" >/dev/null 2>&1
  in_container "$1" $PING "$2" "$3" >>"$TRANSCRIPT" 2>&1
}
container_ends() {
  step container_ends "$1"
  quietly ip netns del "$1"
  on_ebond || quietly ip link del bond0
}

# see_first N... : as what the card of each cable is seen in the guest's first namespace, once the kernel has sent it
# there.
see_first() {
  local n
  for n in "$@"; do
    step see_first "$n"
    if within 12 find_card near "$n"; then
      at_home cat "/sys/class/net/$card/address" "/sys/class/net/$card/mtu" >>"$TRANSCRIPT"
      note "up: $(($(at_home cat "/sys/class/net/$card/flags") & 1))"
    else
      note "it does not come"
    fi
  done
}
