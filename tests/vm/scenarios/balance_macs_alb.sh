# The MACs of bond and slaves in balance-alb, from enslaving to release.
. "$words/words/balance.sh"
lab 3
macs_of_a_life balance-alb
