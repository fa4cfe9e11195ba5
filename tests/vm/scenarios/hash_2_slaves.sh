# The transmit hash over 2,000 flows for each policy, with 2 slaves.
# slow
lab 2
hash_lab
hash_of 2000 eth0 eth1
