# The proc text of active-backup in each state a bond of two slaves can be in.
lab 2
proc_states active-backup
