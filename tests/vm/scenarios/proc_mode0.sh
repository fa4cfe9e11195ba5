# The proc text of balance-rr in each state a bond of two slaves can be in.
lab 2
proc_states balance-rr
