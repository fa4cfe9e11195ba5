# SO_PRIORITY, and the priority that a TOS gives, at the slave's own qdisc: in which of three bands frames are.
lab 2
bond mode active-backup miimon 100
address
becomes_active eth0
recorded tc qdisc add dev eth0 root handle 1: prio
bands() {  # OPTION VALUE : 20 datagrams from a socket so set; how many were in each band
  step bands "$@"
  python3 -IS -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
level, option = {"priority": (socket.SOL_SOCKET, 12), "tos": (socket.IPPROTO_IP, socket.IP_TOS)}[sys.argv[1]]
s.setsockopt(level, option, int(sys.argv[2]))
for _ in range(20):
    s.sendto(b"x" * 20, ("192.0.2.2", 9))
' "$@"
  settle 0.3
  command tc -s class show dev eth0 | awk '/^class/ { band = $3 } / Sent / { now[band] = $4 }
    END { print now["1:1"] + 0, now["1:2"] + 0, now["1:3"] + 0 }' >"$SCRATCH/bands"
  read -r -a now <"$SCRATCH/bands"
  note "bands $((now[0] - before[0])) $((now[1] - before[1])) $((now[2] - before[2]))"
  before=("${now[@]}")
}
before=(0 0 0)
bands priority 0
bands priority 6
bands priority 2
bands tos 16
bands tos 8
unbond
