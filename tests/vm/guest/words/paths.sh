# What lies beyond the links, cut and mended while every link stays up.

# cut N... / mend N... : the switch lets nothing through port N, or forwards again.
cut() {
  step cut "$@"
  look_clock
  since=$clock
  for n in "$@"; do quietly ip -n switch link set "port$n" nomaster; done
}
mend() {
  step mend "$@"
  look_clock
  since=$clock
  for n in "$@"; do quietly ip -n switch link set "port$n" master br0; done
}

# uplink down|up : the switch's own cable to the peer.
uplink() {
  step uplink "$@"
  look_clock
  since=$clock
  quietly ip -n switch link set trunk "$1"
}

# target ADDRESS gone|back [INTERFACE] : whether the peer has that address.
target() {
  step target "$@"
  look_clock
  since=$clock
  local act=add prefix=24
  [ "$2" = back ] || act=del
  case $1 in *:*) prefix=64 ;; esac
  quietly ip -n peer addr $act "$1/$prefix" dev "${3:-net0}" $([ $act$prefix = add64 ] && echo nodad)
}

# slave_becomes N up|down|… [FROM TO] : waits until ethN's MII status is that.
slave_becomes() {
  local slave="eth$1" want=$2
  step slave_becomes "$@"
  until_true has_status "${3:-0}" "${4:-3000}"
}
has_status() {
  local line mine=
  { mapfile -t proc_lines < <(
    if [ "$SIDE" = ebond ]; then command ebond show --proc bond0; else cat "$proc_text"; fi
  ); } 2>/dev/null || return 1
  for line in "${proc_lines[@]}"; do
    case $line in
      "Slave Interface: $slave") mine=1 ;;
      "MII Status: "*) [ -n "$mine" ] && { [ "${line#*: }" = "$want" ]; return; } ;;
    esac
  done
  return 1
}

# statuses MILLISECONDS : the active slave, and each slave's MII status and failures since the first `statuses`,
# once none of them has changed for so long. (How often a slave is lost while the bond is set up is another matter.)
declare -A failures_before
statuses() {
  local text last= deadline since_change name words
  step statuses "$@"
  look_clock
  since_change=$clock
  deadline=$((clock + 8000))
  while look_clock && [ $clock -lt $deadline ]; do
    text=$(if [ "$SIDE" = ebond ]; then command ebond show --proc bond0; else cat "$proc_text"; fi |
      awk '/^Currently Active/ { print "active", $4 } /^Slave Interface/ { name = $3 }
        /^MII Status/ && name { status = $3 " " $4 } /^Link Failure Count/ { print name, $4, status }')
    if [ "$text" != "$last" ]; then
      last=$text
      since_change=$clock
    fi
    [ $((clock - since_change)) -ge "$1" ] && break
    sleep 0.05
  done
  while read -r name count words; do
    if [ "$name" = active ]; then
      note "active $count"
    else
      : "${failures_before[$name]:=$count}"
      note "$name: $words, lost $((count - failures_before[$name])) times"
    fi
  done <<<"$last"
}

# choose SLAVE : makes it the active one, once all is quiet.
choose() {
  settle 1.5
  ip link set bond0 type bond active_slave "$1"
  settle 0.5
}
