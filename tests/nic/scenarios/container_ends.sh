# A container that has the cards and their bond ends, with a daemon and without one: the kernel sends the cards to the
# first namespace, where they are to have their own MACs and MTUs.
# slow
. "$TOP/tests/nic/guest/away.sh"
lab 2
for daemon in there gone; do
  section "the daemon is $daemon"
  quietly ip netns add pod
  for slave in eth0 eth1; do quietly ip link set $slave netns pod; done
  ip -n pod link add bond0 type bond mode active-backup miimon 100
  ip -n pod link set eth0 master bond0
  ip -n pod link set eth1 master bond0
  ip -n pod link set bond0 mtu 1400
  ip -n pod link set bond0 up
  quietly ip -n pod addr add 192.0.2.1/24 dev bond0
  command ip netns exec pod ping -n -q -c 1 -w 15 192.0.2.2 >/dev/null 2>&1  # some cards need seconds for their links
  step answers 10 in pod
  command ip netns exec pod $PING 10 192.0.2.2 >>"$TRANSCRIPT" 2>&1
  [ $daemon = there ] || daemon_dies
  quietly ip netns del pod
  [ $daemon = there ] || daemon_returns
  see_first 0 1
  fetch_card 0
  fetch_card 1
done
