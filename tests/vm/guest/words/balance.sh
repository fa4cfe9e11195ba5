# Words for balance-tlb and balance-alb. A scenario takes them in itself: . "$words/words/balance.sh"

# clients COUNT : gives "host" fixed neighbours 192.0.2.10 … at the peer, which takes what comes for them.
clients() {
  local n
  step clients "$@"
  for ((n = 0; n < $1; n++)); do
    printf 'neigh replace 192.0.2.%d lladdr 00:00:5e:00:53:%02x dev bond0 nud permanent\n' $((10 + n)) $((0x9a + n))
  done | command ip -batch -
}
# clients_ask COUNT : that many clients ask for 192.0.2.1 by ARP; says how many were told which MAC.
clients_ask() {
  step clients_ask "$@"
  command ip netns exec peer \
    python3 "$TOP/tests/vm/guest/arp_clients.py" "$SCRATCH/clients" ask "$1" >>"$TRANSCRIPT" 2>&1
}
# clients_listen SECONDS : what they know after they heard what they are told unasked: for so long, and on until nothing
# came for six seconds.
clients_listen() {
  step clients_listen "$@"
  command ip netns exec peer \
    python3 "$TOP/tests/vm/guest/arp_clients.py" "$SCRATCH/clients" listen "$1" >>"$TRANSCRIPT" 2>&1
}
# clients_hear SECONDS COMMAND... : the same, the command being carried out at their start.
clients_hear() {
  local seconds=$1
  shift
  : >"$SCRATCH/heard"
  command ip netns exec peer python3 -IS "$TOP/tests/vm/guest/arp_clients.py" "$SCRATCH/clients" listen "$seconds" \
    >"$SCRATCH/heard" 2>&1 &
  local ear=$!
  listening
  "$@"
  wait $ear
  step clients_hear "$seconds"
  cat "$SCRATCH/heard" >>"$TRANSCRIPT"
}

# sends_to COUNT SECONDS : UDP to so many clients for so long, and each slave's part of the last two seconds.
sends_to() {
  step sends_to "$@"
  # shellcheck disable=SC2046
  python3 "$TOP/tests/vm/guest/send_to_clients.py" "$1" "$2" $(slave_names) >>"$TRANSCRIPT" 2>&1
}

# watch_sources : from now on counts, at each port of the switch, learning packets by the lab's first three MACs.
# see_lessons SECONDS : how often they came in those seconds.
watch_sources() {
  local n mac
  step watch_sources
  for ((n = 0; n < LAB_SLAVES; n++)); do
    command tc -n switch qdisc del dev "port$n" clsact 2>/dev/null  # and what was counted before
    echo "qdisc add dev port$n clsact"
    for mac in 1 2 3; do
      echo "filter add dev port$n ingress prio $mac protocol 0x9000 flower src_mac 00:00:5e:00:53:0$mac action pass"
    done
  done >"$SCRATCH/sources"
  command tc -n switch -batch "$SCRATCH/sources"
}
counted_sources() {  # lines "PORT MAC COUNT"
  local n
  for ((n = 0; n < LAB_SLAVES; n++)); do
    command tc -n switch -s filter show dev "port$n" ingress |
      awk -v port="port$n" '
        /pref/ { for (i = 1; i < NF; i++) if ($i == "pref") pref = $(i + 1) }
        /Sent/ { seen[pref] = $4 }
        END { for (mac = 1; mac <= 3; mac++) print port, "00:00:5e:00:53:0" mac, seen[mac] + 0 }'
  done
}
see_lessons() {
  step see_lessons "$@"
  counted_sources | while read -r port mac count; do
    [ "$count" = 0 ] || note "$port taught $mac every $(((10 * $1 / count + 5) / 10)) s"
    note "# $count"
  done
}

# broadcasts COUNT : so many broadcast datagrams by the peer; how many "host" got.
broadcasts() {
  local ear
  step broadcasts "$@"
  : >"$SCRATCH/heard"
  timeout 20 python3 -IS -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 7009))
print("# listening", flush=True)
got = 0
s.settimeout(10)
try:
    while True:
        s.recv(100)
        got += 1
        s.settimeout(3)
except TimeoutError:
    print("received", got)' >"$SCRATCH/heard" 2>&1 &
  ear=$!
  listening
  command ip netns exec peer python3 -IS -c '
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
for _ in range(int(sys.argv[1])):
    s.sendto(b"hello", ("192.0.2.255", 7009))
    time.sleep(0.02)' "$1"
  wait $ear
  cat "$SCRATCH/heard" >>"$TRANSCRIPT"
}
# knows MAC : the peer sends 192.0.2.1 to that MAC from now on.
knows() {
  step knows "$@"
  quietly ip -n peer neigh replace 192.0.2.1 lladdr "$1" dev net0 nud permanent
}

# macs_of_a_life MODE : the MACs of bond0 and three slaves from enslaving to release.
macs_of_a_life() {
  local mode=$1
  section "$mode: enslaved"
  bond mode $mode miimon 100
  see_link bond0 eth0 eth1 eth2
  section "$mode: the active slave fails, comes back, and the next one fails"
  pull 0
  becomes_active eth1
  see_link bond0 eth0 eth1 eth2
  plug 0
  settle 0.5
  see_link bond0 eth0 eth1 eth2
  pull 1
  becomes_active eth0
  see_link bond0 eth0 eth1 eth2
  plug 1
  settle 0.5
  section "$mode: by hand"
  ip link set bond0 type bond active_slave eth2
  see_link bond0 eth0 eth1 eth2
  section "$mode: released and enslaved again"
  ip link set eth0 nomaster
  see_link bond0 eth0 eth1 eth2
  ip link set eth2 nomaster
  settle 0.3
  see_link bond0 eth0 eth1 eth2
  ip link set eth0 master bond0
  ip link set eth2 master bond0
  settle 0.3
  see_link bond0 eth0 eth1 eth2
  see
  section "$mode: the bond is given a MAC"
  ip link set bond0 address 00:00:5e:00:53:aa
  settle 0.3
  see_link bond0 eth0 eth1 eth2
  unbond
  see_link eth0 eth1 eth2
}
