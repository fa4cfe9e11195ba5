# Fifty lines of `ip` about bonds, as people write them: exit codes, and what `ip -j` answers.
# needs ip
lab 3
ip link add bond0 type bond
ip -j -d link show bond0
ip link del dev bond0
ip link add name bond0 address 00:00:5e:00:53:66 mtu 1400 type bond mode 1 miimon 100
ip -j -d link show dev bond0
ip link set bond0 type bond updelay 200 downdelay 100
ip link set dev eth0 master bond0
ip link set eth1 down master bond0
ip link set bond0 up
settle 0.6
ip -j -d link show master bond0
ip -j -d link show type bond
ip -j link show type bond
ip link set eth1 type bond_slave prio 7
ip link set eth1 type bond_slave queue_id 3
ip -j -d link show eth1
ip link set bond0 type bond primary eth1 primary_reselect better
ip -j -d link show bond0
ip link set bond0 type bond active_slave eth0
ip link set bond0 type bond mode 0
ip link set bond0 type bond nonsense 1
ip link set bond0 type bond miimon
ip addr add 192.0.2.1/24 dev bond0
ip -j addr show bond0
ip -br link show type bond
ip -s link show bond0
ip -d link show bond0
ip link set eth0 nomaster
ip link set dev eth1 nomaster
ip -j -d link show eth0
ip -j link show master bond0
ip link set bond0 down
ip link set bond0 type bond mode 802.3ad lacp_rate fast ad_select count ad_actor_system 00:00:5e:00:53:aa
ip -j -d link show bond0
ip link add bond1 up type bond mode balance-xor xmit_hash_policy layer3+4 miimon 50
ip link set eth2 master bond1
ip link set eth2 master bond0
ip -j -d link show type bond
ip link add bond1 type bond
ip link show nothing
ip link del bond1
ip link del bond0
ip link del bond0
ip -j -d link show eth2
ip -n peer link add bond5 type bond mode 2 miimon 100
ip -n peer -j -d link show bond5
ip -n peer -br link show type bond
ip -n peer -d -s link show bond5
ip -n nowhere link show
ip -n peer link del bond5
ip l set dev eth0 nomaster
ip -j -d -s l sh eth0
