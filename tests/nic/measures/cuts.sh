# The active slave's cable is cut 20 times under 1000 frames a second.
lab 2
bond mode active-backup miimon 100
address
becomes_active eth0
cut_cables() {
  local turn
  for ((turn = 0; turn < 20; turn++)); do
    pull_cable $((turn % 2))
    settle "1.$((RANDOM % 100))"
    plug_cable $((turn % 2))
    linked "eth$((turn % 2))"
    settle 1
  done
}
counts_lost 20 cut_cables
unbond
