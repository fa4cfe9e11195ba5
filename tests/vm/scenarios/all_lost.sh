# All links lost and back again, in several orders, in a balancing mode, in active-backup and in 802.3ad.
# slow
lab 3
came_back() {  # ORDER_LOST ORDER_BACK
  local n
  section "lost in order $1, back in order $2"
  for n in $1; do
    pull "$n"
    settle 0.4
  done
  becomes_carrier 0 0 1000
  statuses 400
  for n in $2; do
    plug "$n"
    becomes_carrier 1 0 1500
    statuses 400
  done
}
for mode in balance-rr active-backup balance-xor 802.3ad; do
  section "$mode"
  bond mode $mode miimon 100
  address
  settle 3.5
  failures_before=()
  statuses 400
  came_back "0 1 2" "0 1 2"
  came_back "2 1 0" "1 0 2"
  came_back "1 0 2" "2 0 1"
  came_back "0 2 1" "1 2 0"
  settle 3.5
  [ $mode = 802.3ad ] || reaches
  unbond
done
