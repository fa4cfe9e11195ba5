# The transmit hash over 2,000 flows for each policy, with 2 to 5 slaves.
# slow
lab 5
bond mode balance-xor miimon 100
settle 0.5
hash_of() {
  section "$# slaves"
  for policy in layer2 layer2+3 layer3+4 encap2+3 encap3+4 vlan+srcmac; do
    ip link set bond0 type bond xmit_hash_policy $policy
    flows $# 500 "$@"
  done
}
hash_of eth0 eth1 eth2 eth3 eth4
ip link set eth4 nomaster
hash_of eth0 eth1 eth2 eth3
ip link set eth3 nomaster
hash_of eth0 eth1 eth2
ip link set eth0 nomaster
hash_of eth1 eth2
