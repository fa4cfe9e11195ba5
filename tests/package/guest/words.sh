# Words for the steps of a server's life. Cables are hubs of QEMU's: lan0 - far0, lan1 - far1; the far ends are ports of
# a switch with a host behind it, in the network namespace "peer", at 192.0.2.2.

check() { # sentence command...
  local sentence=$1
  shift
  if "$@" >/tmp/check 2>&1; then
    echo "ok: $sentence"
  else
    echo "FAILED: $sentence"
    sed 's/^/    /' /tmp/check
  fi
}
within() { # seconds command...
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || { "$@"; return; }
    sleep 0.2
  done
}
active() { [ "$(systemctl is-active "$1")" = active ]; }
carries() { grep -q 1 "/sys/class/net/$1/carrier"; }
is_active_slave() { ebond show --proc bond0 | grep -qx "Currently Active Slave: $1"; }

is_slave() { ebond show --proc bond0 | grep -qx "Slave Interface: $1"; }

# Whom earlier steps had give addresses, and what they said of bonds.
forget_network() {
  systemctl disable --quiet systemd-networkd.service systemd-networkd.socket systemd-networkd-wait-online.service \
    NetworkManager.service NetworkManager-wait-online.service NetworkManager-dispatcher.service
  rm -f /etc/ebond/*.toml /etc/ebond/from /etc/systemd/network/*.net* /etc/NetworkManager/system-connections/* \
    /etc/NetworkManager/conf.d/*
  printf 'auto lo\niface lo inet loopback\n' >/etc/network/interfaces
}
describe_bond() { # addresses...
  cat >/etc/ebond/lan.toml <<END
[bond.bond0]
mode = "active-backup"
primary = "lan0"
slaves = ["lan0", "lan1"]
addresses = [$(printf '"%s", ' "$@" | sed '/^"", $/d; s/, $//')]
END
}

make_peer() {
  local port
  ip netns add peer
  ip -n peer link add br0 type bridge forward_delay 0
  for port in far0 far1; do
    ip link set "$port" netns peer
    ip -n peer link set "$port" master br0 up
  done
  ip -n peer address add 192.0.2.2/24 dev br0
  ip -n peer link set br0 up
  echo 8388608 >/proc/sys/net/core/rmem_max
}
answers() { # a datagram's way there and back: neighbours are asked for
  ip neigh flush dev bond0 2>/dev/null
  python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b"", ("192.0.2.2", 9))'
  sleep 0.3
  ip neigh show 192.0.2.2 dev bond0 | grep -qE 'REACHABLE|DELAY|STALE|PROBE'
}

# A stream of 2,000 datagrams a second to the peer, while commands run; says in $lost how many did not arrive.
begin_stream() { # seconds
  ip netns exec peer python3 stream.py receive "$1" >/tmp/heard &
  receiver=$!
  within 20 grep -q listening /tmp/heard
  python3 stream.py send "$1" 2000 &
  sender=$!
  within 20 grep -q flowing /tmp/heard
}
end_stream() {
  wait "$sender" "$receiver"
  lost=$(sed -n 's/^lost //p' /tmp/heard)
  echo "   of the stream were lost: $(tr '\n' ' ' </tmp/heard)"
}

# cable N true|false : both ends, by QEMU's own monitor behind the second serial port.
cable() {
  local end answer
  stty -F /dev/ttyS1 raw -echo
  {
    printf '{"execute": "qmp_capabilities"}\n' >&9
    for end in lan far; do
      printf '{"execute": "set_link", "arguments": {"name": "%s%s", "up": %s}}\n' "$end" "$1" "$2" >&9
      while read -r -t 5 -u 9 answer && [[ $answer != *return* ]]; do :; done
    done
  } 9<>/dev/ttyS1
}
