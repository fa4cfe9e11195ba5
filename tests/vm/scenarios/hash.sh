# The transmit hash: every flow leaves by the slave the driver chooses, for every policy.
lab 3
hash_lab
hash_of 200 eth0 eth1 eth2
