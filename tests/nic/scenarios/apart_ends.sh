# A bond whose bond0 is in a container, while the cards stay: the container ends, with a daemon and without one.
# slow
. "$TOP/tests/nic/guest/away.sh"
lab 2
used_before
for daemon in there gone; do
  section "the daemon is $daemon"
  quietly ip netns add web
  apart_bond web mode active-backup miimon 100
  answers_in web 10 192.0.2.2
  are_slaves eth0 eth1
  see_card eth0 eth1
  pull 0
  becomes_active eth1
  answers_in web 10 192.0.2.2
  plug 0
  linked eth0
  [ $daemon = there ] || daemon_dies
  container_ends web
  [ $daemon = there ] || daemon_returns
  no_bond
  are_back eth0 eth1
  as_it_was eth0 eth1
done
