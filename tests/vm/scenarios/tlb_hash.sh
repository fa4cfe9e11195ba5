# balance-tlb with tlb_dynamic_lb 0: every flow leaves by the slave the driver chooses, for every policy.
# slow
lab 3
hash_lab mode balance-tlb tlb_dynamic_lb 0
hash_of 500 eth0 eth1 eth2
section "one slave less"
pull 1
settle 0.6
ip link set bond0 type bond xmit_hash_policy layer3+4
flows 7 500 eth0 eth1 eth2
