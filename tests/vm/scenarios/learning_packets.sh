# slow
# Learning packets: from which slave, with which MAC, how often.
. "$words/words/balance.sh"
lab 2
lessons_with() {
  section "$*"
  bond miimon 100 "$@"
  settle 1
  watch_sources
  settle 10.5
  see_lessons 10
  pull 0
  becomes_active eth1
  settle 1
  watch_sources
  settle 10.5
  see_lessons 10
  unbond
}
lessons_with mode balance-tlb
lessons_with mode balance-alb
lessons_with mode balance-alb lp_interval 2
lessons_with mode balance-tlb tlb_dynamic_lb 0
