# The MACs of bond and slaves in balance-tlb, from enslaving to release.
. "$words/words/balance.sh"
lab 3
macs_of_a_life balance-tlb
