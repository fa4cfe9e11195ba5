# What a scenario can look at. Each is a step; what it saw follows it in the transcript, raw: ../../compare
# normalises and compares.

# Polling costs processor time that the guest has little of: all of it without starting a process.
exec {never}<> <(:)
moment() { read -rt 0.02 -u "$never"; }

if [ "$SIDE" = ebond ]; then
  proc_text=/run/ebond/netns/host/proc/bond0
else
  proc_text=/proc/net/bonding/bond0
fi

# look_active : sets $active to bond0's active slave.
look_active() {
  local line
  active=
  { mapfile -t proc_lines <"$proc_text"; } 2>/dev/null || return
  for line in "${proc_lines[@]}"; do
    case $line in "Currently Active Slave: "*) active=${line##*: } && return ;; esac
  done
}

# see [BOND] : the proc text.
see() {
  local bond=${1:-bond0}
  step see "$bond"
  if [ ! -e "/sys/class/net/$bond" ]; then
    note "no $bond"
    return
  fi
  if [ "$SIDE" = ebond ]; then
    command ebond show --proc "$bond" >>"$TRANSCRIPT" 2>&1
  else
    cat "/proc/net/bonding/$bond" >>"$TRANSCRIPT" 2>&1
  fi
}

# see_in NAMESPACE BOND : the proc text of a bond there.
see_in() {
  step see_in "$@"
  if [ "$SIDE" = ebond ]; then
    command ebond -n "$1" show --proc "$2" >>"$TRANSCRIPT" 2>&1
  else
    command ip netns exec "$1" cat "/proc/net/bonding/$2" >>"$TRANSCRIPT" 2>&1
  fi
}

# see_link INTERFACE... : everything `ip -d` tells of them that both sides can have.
see_link() {
  local interface text
  for interface in "$@"; do
    step see_link "$interface"
    if text=$(command ip -j -d link show "$interface" 2>/dev/null); then
      note "json $text"
    else
      note "no $interface"
    fi
  done
}

# see_addresses INTERFACE... : its IPv4 and global IPv6 addresses.
see_addresses() {
  local interface
  for interface in "$@"; do
    step see_addresses "$interface"
    command ip -br addr show scope global "$interface" | awk '{$1 = $2 = ""; print "addresses:" $0}' >>"$TRANSCRIPT"
  done
}

# proc_states MODE : the text in each state a bond of two slaves can be in.
proc_states() {
  section "$1: not up, then up"
  ip link add bond0 type bond mode "$1" miimon 100
  see
  ip link set eth0 master bond0
  see
  ip link set bond0 up
  settle 0.4
  see
  ip link set eth1 master bond0
  settle 0.4
  see
  section "the second slave goes, then the first"
  pull 1
  settle 0.4
  see
  pull 0
  settle 0.4
  see
  section "the second comes back, then the first"
  plug 1
  settle 0.4
  see
  plug 0
  settle 0.4
  see
  section "the first is released"
  ip link set eth0 nomaster
  settle 0.3
  see
  unbond
}

# becomes_active SLAVE [FROM TO] : waits until bond0's active slave is that one ("None" counts as one). Says
# whether it did, and not before FROM nor after TO milliseconds (0..3000 if not given) from the last step that
# changed something.
becomes_active() {
  local slave=$1
  step becomes_active "$@"
  until_true is_active "${2:-0}" "${3:-3000}"
}
is_active() { look_active && [ "$active" = "$slave" ]; }

# until_true CONDITION FROM TO : waits for it, says whether it came within the window.
until_true() {
  local now
  while :; do
    look_clock
    now=$((clock - since))
    if "$1"; then
      if [ $now -lt "$2" ]; then note "too early"; else note "in time"; fi
      note "# after $now ms"
      return
    fi
    if [ $now -gt "$3" ]; then
      note "not in time"
      return
    fi
    moment
  done
}

# stays_active SLAVE MILLISECONDS : says whether it does.
stays_active() {
  local slave=$1 length=$2 start
  step stays_active "$@"
  look_clock
  start=$clock
  while look_clock && [ $((clock - start)) -lt "$length" ]; do
    if ! is_active; then
      note "lost to $active"
      note "# after $((clock - start)) ms"
      return
    fi
    moment
  done
  note "stayed"
}

# carrier [INTERFACE] : 1 or 0.
carrier() {
  local interface=${1:-bond0}
  step carrier "$interface"
  note "carrier $(cat "/sys/class/net/$interface/carrier" 2>/dev/null || echo none)"
}

# becomes_carrier 0|1 [FROM TO] : as becomes_active, for bond0's carrier.
becomes_carrier() {
  local want=$1 up=
  step becomes_carrier "$@"
  until_true has_carrier "${2:-0}" "${3:-3000}"
}
has_carrier() { read -r up 2>/dev/null </sys/class/net/bond0/carrier && [ "$up" = "$want" ]; }

# reaches [ADDRESS] : whether the peer answers a ping within 5 s.
reaches() {
  local target=${1:-192.0.2.2} turn
  step reaches "$target"
  for turn in 1 2 3 4 5 6 7 8; do
    if command ping -n -c 1 -W 1 "$target" >/dev/null 2>&1; then
      note "yes"
      return
    fi
    sleep 0.2
  done
  note "no"
}

# pings COUNT : sends that many to the peer; says how many answers came, how many frames bond0 sent and
# received meanwhile, and whether each slave sent none, some or all of them.
pings() {
  local count=$1 interface answers sent
  local -A before
  step pings "$count"
  for interface in bond0 $(slave_names); do
    before[$interface]=$(</sys/class/net/$interface/statistics/tx_packets)
  done
  before[received]=$(</sys/class/net/bond0/statistics/rx_packets)
  answers=$(command ping -n -q -c "$count" -i 0.05 -W 1 192.0.2.2 2>&1 | sed -n 's/.* \([0-9]*\) received.*/\1/p')
  note "answers ${answers:-0}"
  note "bond0 sent $(($(</sys/class/net/bond0/statistics/tx_packets) - before[bond0]))"
  for interface in $(slave_names); do
    sent=$(($(</sys/class/net/$interface/statistics/tx_packets) - before[$interface]))
    # The driver's round robin counts per CPU: its shares are not exact.
    case $sent in
      0) note "$interface sent none" ;;
      "$count") note "$interface sent all" ;;
      *) note "$interface sent some" ;;
    esac
    note "# $interface sent $sent"
  done
  note "bond0 received $(($(</sys/class/net/bond0/statistics/rx_packets) - before[received]))"
}

# transfers ADDRESS : whether a megabyte by TCP reaches the peer there as it was.
transfers() {
  local target=$1
  step transfers "$target"
  command ip netns exec peer python3 -IS "$TOP/tests/vm/guest/transfer.py" receive "$target" &
  python3 -IS "$TOP/tests/vm/guest/transfer.py" send "$target" >>"$TRANSCRIPT" 2>&1
  wait $!
}
slave_names() {
  local n
  for ((n = 0; n < LAB_SLAVES; n++)); do echo "eth$n"; done
}

# watch_wire : from now on counts, at each port of the switch, gratuitous ARPs of 192.0.2.1, unsolicited NAs and
# IGMP reports coming from the host. see_wire : what was counted; says it and starts again.
watch_wire() {
  local n
  step watch_wire
  for ((n = 0; n < LAB_SLAVES; n++)); do
    echo "qdisc replace dev port$n clsact"
    echo "filter add dev port$n ingress prio 1 protocol arp flower arp_sip 192.0.2.1 arp_tip 192.0.2.1 action pass"
    echo "filter add dev port$n ingress prio 2 protocol ipv6 flower ip_proto icmpv6 type 136 action pass"
    echo "filter add dev port$n ingress prio 3 protocol ip flower ip_proto 2 action pass"
  done >"$SCRATCH/wire"
  command tc -n switch -batch "$SCRATCH/wire"
}
see_wire() {
  local n
  step see_wire "$@"
  for ((n = 0; n < LAB_SLAVES; n++)); do
    command tc -n switch -s filter show dev "port$n" ingress |
      awk -v port="port$n" '
        /pref/ { for (i = 1; i < NF; i++) if ($i == "pref") pref = $(i + 1) }
        /Sent/ { seen[pref] = $4 }
        END { printf "%s: gratuitous ARP %d, NA %d, IGMP %d\n", port, seen[1], seen[2], seen[3] }' >>"$TRANSCRIPT"
    command tc -n switch qdisc del dev "port$n" clsact
  done
}

# listening : waits until the ear whose words go to $SCRATCH/heard says that it is open.
listening() {
  local turn
  for ((turn = 0; turn < 500; turn++)); do
    case $(<"$SCRATCH/heard") in *"# listening"*) return ;; esac
    moment
  done
}

# hears SECONDS STEP COMMAND... : what the host announces at each port of the switch in so many seconds, the command
# being carried out at their start: how many gratuitous ARPs, NAs, IGMP and MLD reports, and the gaps between their
# rounds, in steps of STEP seconds (../announcements.py).
hears() {
  local seconds=$1 coarse=$2 ear
  shift 2
  : >"$SCRATCH/heard"
  command ip netns exec switch python3 -IS "$TOP/tests/vm/guest/announcements.py" "$seconds" "$coarse" "$LAB_SLAVES" \
    >"$SCRATCH/heard" 2>&1 &
  ear=$!
  listening
  "$@"
  wait $ear
  step hears "$seconds" "$coarse" "$@"
  cat "$SCRATCH/heard" >>"$TRANSCRIPT"
}

# hash_lab [OPTION...] : bond0 of all slaves, balance-xor if nothing is said, with three VLANs on it.
hash_lab() {
  local vlan
  [ $# -gt 0 ] || set -- mode balance-xor
  bond "$@" miimon 100
  for vlan in 5 909 2394; do
    quietly ip link add link bond0 name bond0.$vlan type vlan id $vlan
    quietly ip link set bond0.$vlan up
  done
  settle 0.5
}

# hash_of COUNT SLAVE... : `flows` under every policy.
hash_of() {
  local policy
  for policy in layer2 layer2+3 layer3+4 encap2+3 encap3+4 vlan+srcmac; do
    ip link set bond0 type bond xmit_hash_policy $policy
    flows $# "$@"
  done
}

# flows SEED COUNT SLAVE... : which slave each of COUNT generated flows leaves by (../flows.py).
flows() {
  step flows "$@"
  python3 -IS "$TOP/tests/vm/guest/flows.py" "$@" >>"$TRANSCRIPT"
}
