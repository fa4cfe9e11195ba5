# The transmit hash: every flow leaves by the slave the driver chooses, for a policy and several numbers of slaves.
lab 3
bond mode balance-xor miimon 100 xmit_hash_policy layer2
settle 0.5
for policy in layer2 layer2+3 layer3+4 encap2+3 encap3+4 vlan+srcmac; do
  ip link set bond0 type bond xmit_hash_policy $policy
  flows 1 300 eth0 eth1 eth2
done
