# The active card is pulled out of the machine 10 times under 1000 frames a second, and put back.
lab 2
bond mode active-backup miimon 100
address
pull_cards_out() {
  local turn
  for ((turn = 0; turn < 10; turn++)); do
    unplug 0
    settle "1.$((RANDOM % 100))"
    replug 0
    ip link set eth0 master bond0
    linked eth0
    settle 1
    ip link set bond0 type bond active_slave eth0
    settle 1
  done
}
becomes_active eth0
counts_lost 10 pull_cards_out
unbond
