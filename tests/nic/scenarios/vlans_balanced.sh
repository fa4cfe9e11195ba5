# VLANs on a bond that uses all of its slaves.
# slow
lab 2
peer_vlan 100 198.51.100.2
bond mode balance-xor miimon 100 xmit_hash_policy layer3+4
vlan_above
settle 0.5
answers 10 198.51.100.2
transfers 198.51.100.2
pull 0
settle 0.5
answers 10 198.51.100.2
unbond
