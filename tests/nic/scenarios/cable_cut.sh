# The active slave's cable is cut under 1000 frames a second, and the next one's.
lab 2
bond mode active-backup miimon 100
address
becomes_active eth0
loses_at_most 500 3 pull 0
becomes_active eth1
plug 0
linked eth0
settle 0.4
loses_at_most 500 3 pull 1
becomes_active eth0
plug 1
unbond
