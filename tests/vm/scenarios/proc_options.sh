# The proc text with the options that show in it.
lab 2
shown() {
  section "$*"
  bond "$@"
  see
  unbond
}
shown mode balance-rr miimon 100 updelay 200 downdelay 300
shown mode balance-rr miimon 100 peer_notify_delay 500
shown mode balance-rr miimon 150 updelay 200 downdelay 400
shown mode active-backup miimon 100 primary eth1
shown mode active-backup miimon 100 primary eth1 primary_reselect failure
shown mode active-backup miimon 100 primary eth0 primary_reselect better
shown mode active-backup miimon 100 fail_over_mac active
shown mode active-backup miimon 100 fail_over_mac follow
for policy in layer2 layer2+3 layer3+4 encap2+3 encap3+4 vlan+srcmac; do
  shown mode balance-xor miimon 100 xmit_hash_policy $policy
done
shown mode 802.3ad miimon 100 lacp_rate fast min_links 2 ad_select bandwidth
shown mode 802.3ad miimon 100 lacp_active off xmit_hash_policy layer3+4 ad_select count
shown mode 802.3ad miimon 100 ad_actor_sys_prio 1000 ad_actor_system 00:00:5e:00:53:aa ad_user_port_key 7
shown mode balance-tlb miimon 100 tlb_dynamic_lb 0
shown mode balance-alb miimon 100 primary eth1

section "an ARP monitor, not up"
ip link add bond0 type bond mode active-backup arp_interval 200 arp_ip_target 192.0.2.2,192.0.2.3 arp_missed_max 3
see
ip link del bond0
ip link add bond0 type bond mode active-backup arp_interval 200 arp_ip_target 192.0.2.2 \
  ns_ip6_target 2001:db8::2,2001:db8::3
see
ip link del bond0
ip link add bond0 type bond mode balance-rr arp_interval 1000 arp_ip_target 192.0.2.2
see
ip link del bond0

section "queue_id"
bond mode active-backup miimon 100
ip link set eth0 type bond_slave queue_id 2
see
unbond
