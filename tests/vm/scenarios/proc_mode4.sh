# The proc text of 802.3ad in each state a bond of two slaves can be in.
lab 2
proc_states 802.3ad
