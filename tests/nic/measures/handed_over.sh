# balance-alb: the bond's MAC goes from card to card 10 times under 1000 frames a second to it, by active_slave.
lab 2
bond mode balance-alb miimon 100
address
linked eth0 eth1
settle 1
hand_over() {
  local turn
  for ((turn = 1; turn <= 10; turn++)); do
    ip link set bond0 type bond active_slave "eth$((turn % 2))"
    settle "2.$((RANDOM % 100))"
  done
}
counts_lost_to_host 10 hand_over
unbond
