# The proc text of broadcast in each state a bond of two slaves can be in.
lab 2
proc_states broadcast
