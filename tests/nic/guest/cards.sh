# Words for a lab of emulated cards, in place of those for veth pairs in ../../vm/guest/words/lab.sh, and more.
#
#   host                            a hub of QEMU's                  switch
#   eth0, a card of $CARDS -------------- cable -------------- port0, virtio-net
#   eth1                   -------------- cable -------------- port1
#
# Each lane has two cables of its own, with the same MACs as every other's. A cable is pulled at both ends by the
# monitor's set_link; a card is unplugged with device_del.
FIRST_CABLE=$((2 * LANE))

# at_card ETH COMMAND... : where that card is. $AWAY: the namespace in which the bond keeps its slaves, if it does
# (away.sh).
AWAY=
at_card() {
  if [ -z "$AWAY" ] || [ -e "/sys/class/net/$1" ]; then
    command "${@:2}"
  else
    command ip netns exec "$AWAY" "${@:2}"
  fi
}

# ask_monitor COMMAND ARGUMENTS [EVENT] : has QEMU carry out a command, and waits for its answer and the event.
ask_monitor() {
  local answer wanted='"return"' event=${3:-}
  {
    flock 8
    printf '{"execute": "%s", "arguments": {%s}}\n' "$1" "$2" >&9
    while read -r -t 10 -u 9 answer; do
      case $answer in
        *'"error"'*) echo "# monitor: $1: $answer" >>"$TRANSCRIPT" && return 1 ;;
        *"$wanted"*)
          [ -n "$event" ] || return 0
          wanted="\"$event\""
          event=
          ;;
      esac
    done
    echo "# monitor: $1: no answer" >>"$TRANSCRIPT"
    return 1
  } 8>/dev/shm/monitor.lock 9<>/dev/ttyS1
}
set_link() { ask_monitor set_link "\"name\": \"$1$((FIRST_CABLE + $2))\", \"up\": $3"; }

# Where a card is on the PCI bus: near N, far N.
slot_of() {
  local first=16
  [ "$1" = near ] || first=24
  printf -v slot '0000:00:%02x.0' $((first + FIRST_CABLE + $2))
}
# at_home COMMAND... : in the guest's first namespaces, where cards come up and where they go when their namespace ends.
at_home() { command nsenter -t 1 -n -m "$@"; }
# bring CARD SPACE NAME : from there into one of the scenario's namespaces, whose names only the lane's own /run has.
bring() { command nsenter -t 1 -n /sbin/ip link set "$1" name "$3" netns "$2"; }
# find_card END N : sets $card to its name at home, waiting for it.
find_card() {
  local turn
  slot_of "$1" "$2"
  for ((turn = 0; turn < 200; turn++)); do
    card=$(at_home bash -c 'cd "/sys/bus/pci/devices/$0" 2>/dev/null || exit
      for card in net/* virtio*/net/*; do [ -d "$card" ] && echo "${card##*/}"; done' "$slot")
    [ -z "$card" ] || return 0
    moment
  done
  echo "# no card in PCI slot $slot" >>"$TRANSCRIPT"
  return 1
}
# fresh_card END N : its driver begins with it once more, so that nothing is left in it of a scenario before. An e1000e
# gets no MSI-X: by that, QEMU 7.2 never tells the guest that a link went. (The driver's own IntMode is for the first 32
# boards that it meets, and it meets a new one each time.)
fresh_card() {
  slot_of "$1" "$2"
  at_home bash -c 'cd "/sys/bus/pci/devices/$0" && driver=$(readlink -f driver) && echo "$0" >driver/unbind &&
    case $driver in */e1000e) echo 0 >msi_bus ;; esac && echo "$0" >"$driver/bind"' "$slot"
}
# fetch_card N : brings the card of cable N into "host" as ethN.
fetch_card() {
  find_card near "$1" || return 1
  # QEMU's forgets the MAC that it was given each time it is set up. Now: it may be a slave as soon as it is in "host".
  [ "$CARDS" != vmxnet3 ] || command nsenter -t 1 -n /sbin/ip link set "$card" promisc on
  bring "$card" host "eth$1"
}
plug_card() {  # N
  local number=$((FIRST_CABLE + $1)) slot mac
  printf -v slot '%#x' $((16 + number))
  printf -v mac '00:00:5e:00:53:%02x' $(($1 + 1))
  ask_monitor device_add "\"driver\": \"$CARD_DEVICE\", \"id\": \"near$number\", \"netdev\": \"hub-near$number\",
    \"addr\": \"$slot\", \"mac\": \"$mac\", \"romfile\": \"\""
}

make_cables() {
  local n
  for ((n = 0; n < $1; n++)); do
    slot_of near "$n"
    # A scenario may have broken off while it was out.
    [ -e "/sys/bus/pci/devices/$slot" ] || { plug_card "$n" && find_card near "$n"; } || return 1
    for end in near far; do
      set_link $end "$n" true && fresh_card $end "$n" || return 1
    done
  done
  for ((n = 0; n < $1; n++)); do
    find_card far "$n" && bring "$card" switch "port$n" && fetch_card "$n" || return 1
  done
}
cable_ends() {
  local n
  for ((n = 0; n < $1; n++)); do echo "link set port$n master br0 up"; done
}
pull_cable() {
  set_link near "$1" false
  set_link far "$1" false
}
plug_cable() {
  set_link far "$1" true
  set_link near "$1" true
}

# linked SLAVE... : waits until each has its link. A card takes up to 3 s to agree with its cable on a speed.
linked() {
  local slave turn up
  for slave in "$@"; do
    for ((turn = 0; turn < 500; turn++)); do
      up=
      if [ -z "$AWAY" ]; then
        read -r up 2>/dev/null <"/sys/class/net/$slave/carrier"
      else
        up=$(at_card "$slave" cat "/sys/class/net/$slave/carrier" 2>/dev/null)
      fi
      [ "$up" != 1 ] || break
      moment
    done
    [ "$up" = 1 ] || note "$slave has no link"
  done
}

# bond OPTION... : as with veths, but for the links, which come one after the other, lest the second be the first.
bond() {
  local slave
  ip link add bond0 type bond "$@"
  for slave in $(slave_names); do
    ip link set "$slave" master bond0
    linked "$slave"
  done
  ip link set bond0 up
  settle 0.4
}

# unplug N... : pulls the card itself out of the machine. replug N : puts it back, as ethN.
unplug() {
  local n
  step unplug "$@"
  look_clock
  since=$clock
  for n in "$@"; do
    ask_monitor device_del "\"id\": \"near$((FIRST_CABLE + n))\"" DEVICE_DELETED || note "it stays"
  done
}
replug() {
  step replug "$@"
  plug_card "$1" && find_card near "$1" && { [ "$CARDS" != e1000e ] || fresh_card near "$1"; } && fetch_card "$1" ||
    note "it does not come"
  look_clock
  since=$clock
}

# peer_vlan ID ADDRESS [PROTOCOL] [LOWER] : the peer in that VLAN, as LOWER.ID.
peer_vlan() {
  local lower=${4:-net0} prefix=24
  case $2 in *:*) prefix=64 ;; esac
  quietly ip -n peer link add link "$lower" name "$lower.$1" type vlan protocol "${3:-802.1q}" id "$1"
  quietly ip -n peer addr add "$2/$prefix" dev "$lower.$1"
  quietly ip -n peer link set "$lower.$1" up
}

# vlan_above : bond0.100, in the VLAN of `peer_vlan 100 198.51.100.2`. macvlan_above : mac0, in the peer's network.
vlan_above() {
  ip link add link bond0 name bond0.100 type vlan id 100
  ip addr add 198.51.100.1/24 dev bond0.100
  ip link set bond0.100 up
}
macvlan_above() {
  ip link add link bond0 name mac0 address 00:00:5e:00:53:71 type macvlan mode bridge
  ip addr add 192.0.2.7/24 dev mac0
  ip link set mac0 up
}

# answers COUNT ADDRESS [INTERFACE] : so many pings, 20 a second, by that interface; how many were answered: all, or the
# scenario fails. Those before the first two answers are not counted: neighbours are asked for, and cards told, meanwhile,
# for 5 s at most. unanswered : none is to be.
answers() {
  step answers "$@"
  send_pings "$@"
}
unanswered() {
  step unanswered "$@"
  send_pings "$@"
}
send_pings() {
  local device=${3:+-I $3}
  # shellcheck disable=SC2086
  command ping -n -q -c 2 -i 0.2 -w 5 $device "$2" >/dev/null 2>&1
  $PING "$@" >>"$TRANSCRIPT" 2>&1
}
PING="python3 -IS $TOP/tests/nic/guest/ping.py"  # COUNT ADDRESS [INTERFACE], in any namespace

# promiscuous INTERFACE... : whether each is after 0.6 s, whoever wanted it, and whether it takes all multicasts.
promiscuous() {
  local interface
  settle 0.6
  for interface in "$@"; do
    step promiscuous "$interface"
    case $(at_card "$interface" ip -d link show "$interface") in
      *"promiscuity 0"*) note "promiscuous: no" ;;
      *) note "promiscuous: yes" ;;
    esac
    note "all multicasts: $((($(at_card "$interface" cat "/sys/class/net/$interface/flags") & 0x200) != 0))"
  done
}

# knows_unicast MAC INTERFACE... : whether the interface was told to take frames to that MAC too.
knows_unicast() {
  local mac=$1 interface
  shift
  for interface in "$@"; do
    step knows_unicast "$mac" "$interface"
    note "$(at_card "$interface" bridge fdb show dev "$interface" 2>/dev/null | grep -c "^$mac ")"
  done
}

# hears_group MAC INTERFACE... : whether the interface was told to take frames to that group.
hears_group() {
  local mac=$1 interface
  shift
  for interface in "$@"; do
    step hears_group "$mac" "$interface"
    note "$(at_card "$interface" ip maddr show dev "$interface" | grep -c "^[[:space:]]*link *$mac")"
  done
}

# loses_at_most COUNT SECONDS COMMAND... : 1000 datagrams a second from the host to the peer for so long, the command
# being carried out in the midst of it; whether no more than so many were lost.
loses_at_most() {
  local most=$1 seconds=$2 ear lost
  shift 2
  : >"$SCRATCH/heard"
  command ip netns exec peer python3 -IS "$TOP/tests/nic/guest/stream.py" receive "$seconds" >"$SCRATCH/heard" 2>&1 &
  ear=$!
  listening
  python3 -IS "$TOP/tests/nic/guest/stream.py" send "$seconds" 1000 &
  until [[ $(<"$SCRATCH/heard") == *"# flowing"* || ! -d /proc/$ear ]]; do moment; done
  settle 0.5
  "$@"
  wait $ear
  step loses_at_most "$most" "$seconds" "$@"
  lost=$(sed -n 's/^lost //p' "$SCRATCH/heard")
  note "# lost ${lost:-all}"
  if [ "${lost:-1000000}" -le "$most" ]; then note "so it is"; else note "more were lost"; fi
}

# counts_lost EVENTS COMMAND... : 1000 datagrams a second from the host to the peer while the command is carried out,
# for measures: how many were lost in each gap. The command brings about so many events. counts_lost_to_host : of 1000
# a second from the peer.
counts_lost() { counts_lost_of host peer 192.0.2.2 "$@"; }
counts_lost_to_host() { counts_lost_of peer host 192.0.2.1 "$@"; }
counts_lost_of() {  # FROM TO ADDRESS ...
  local stream="python3 -IS $TOP/tests/nic/guest/stream.py" from=$1 to=$2 address=$3 events=$4 longest=600 ear sender
  shift 4
  : >"$SCRATCH/heard"
  # shellcheck disable=SC2086
  command ip netns exec "$to" $stream receive $longest "$address" >"$SCRATCH/heard" 2>&1 &
  ear=$!
  listening
  # shellcheck disable=SC2086
  command ip netns exec "$from" $stream send $longest 1000 "$address" &
  sender=$!
  until [[ $(<"$SCRATCH/heard") == *"# flowing"* || ! -d /proc/$ear ]]; do moment; done
  settle 0.5
  "$@"
  settle 0.5
  kill $sender
  wait $ear
  step counts_lost "$@"
  note "events $events"
  grep -v '^# ' "$SCRATCH/heard" >>"$TRANSCRIPT"
}

# in_packets ETHERTYPE MAC INTERFACE [SPACE SENDER] : whether a packet socket on that interface hears a frame of this
# type that the peer (or that interface of another namespace) sends to this MAC; if not, the scenario fails.
# not_in_packets : it is not to.
in_packets() {
  step in_packets "$@"
  hear_packet "$@"
}
not_in_packets() {
  step not_in_packets "$@"
  hear_packet "$@"
}
hear_packet() {
  local ear
  : >"$SCRATCH/heard"
  python3 -IS "$TOP/tests/nic/guest/frame.py" hear "$3" "$1" "$2" >"$SCRATCH/heard" 2>&1 &
  ear=$!
  listening
  command ip netns exec "${4:-peer}" python3 -IS "$TOP/tests/nic/guest/frame.py" send "${5:-net0}" "$1" "$2"
  wait $ear
  grep -v '^# ' "$SCRATCH/heard" >>"$TRANSCRIPT"
}

# ask_for promiscuity|unicast [MAC] : a packet socket asks bond0 to take more frames, until ask_no_more.
ask_for() {
  step ask_for "$@"
  : >"$SCRATCH/heard"
  python3 -IS "$TOP/tests/nic/guest/frame.py" ask_for bond0 "$@" >>"$SCRATCH/heard" 2>&1 &
  asker=$!
  listening
  case $(<"$SCRATCH/heard") in *"# listening"*) ;; *) note "it does not come" ;; esac
}
ask_no_more() {
  step ask_no_more
  kill "$asker"
  wait "$asker" 2>/dev/null
}
