# The transmit hash over 2,000 flows for each policy, with 4 slaves.
# slow
lab 4
hash_lab
hash_of 2000 eth0 eth1 eth2 eth3
