# primary_reselect better by speed: slaves of unequal speed. They are taps, and their cable is the process that holds
# them.
# slow
lab 1
modprobe -q tun
tap() {  # NAME SPEED MAC
  quietly ip tuntap add dev "$1" mode tap
  quietly ip link set "$1" address "00:00:5e:00:53:$3"
  quietly ethtool -s "$1" speed "$2" duplex full autoneg off
}
declare -A holder
hold() {
  step hold "$1"
  look_clock
  since=$clock
  python3 -IS -c '
import fcntl, struct, sys, time
tap = open("/dev/net/tun", "rb+", buffering=0)
fcntl.ioctl(tap, 0x400454ca, struct.pack("16sH22x", sys.argv[1].encode(), 0x1002))  # TUNSETIFF: IFF_TAP, IFF_NO_PI
time.sleep(600)' "$1" &
  holder[$1]=$!
}
let_go() {
  step let_go "$1"
  look_clock
  since=$clock
  kill "${holder[$1]}"
}
tap slow0 100 11
tap fast0 1000 12
tap fast1 1000 13
for name in slow0 fast0 fast1; do
  hold $name
done
better() {  # PRIMARY OTHER
  section "primary $1, beside it $2"
  ip link add bond0 type bond mode active-backup miimon 100 primary "$1" primary_reselect better
  ip link set "$2" master bond0
  ip link set "$1" master bond0
  ip link set bond0 up
  becomes_active "$1"
  see
  let_go "$1"
  becomes_active "$2" 0 1000
  hold "$1"
  settle 1.5
  see
  let_go "$2"
  becomes_active "$1" 0 1000
  hold "$2"
  settle 1
  see
  ip link del bond0
}
better fast0 slow0
better slow0 fast0
better fast0 fast1
for name in slow0 fast0 fast1; do
  let_go $name
  quietly ip link del $name
done
