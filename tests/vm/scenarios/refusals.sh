# What the driver refuses: options together, with slaves, while up; and interfaces it does not take.
lab 2
tried() {
  ip link add bond0 type bond mode "$@"
  quietly ip link del bond0 2>/dev/null
}
section "together"
tried active-backup miimon 100 arp_interval 100 arp_ip_target 192.0.2.2
tried active-backup updelay 100
tried active-backup miimon 0 downdelay 100
tried active-backup miimon 0 peer_notify_delay 100
tried active-backup arp_interval 100
tried active-backup arp_interval 100 arp_ip_target 192.0.2.2 arp_validate all
tried balance-rr arp_interval 100 arp_ip_target 192.0.2.2 arp_validate active

section "with slaves"
ip link add bond0 type bond mode active-backup miimon 100
ip link set eth0 master bond0
for change in "mode balance-rr" "fail_over_mac active" "ad_actor_system 00:00:5e:00:53:aa" "lacp_rate fast" \
  "miimon 50" "updelay 50" "primary eth0" "active_slave eth1" "active_slave eth0" "min_links 1" "num_grat_arp 2" \
  "xmit_hash_policy layer3+4" "resend_igmp 2" "all_slaves_active 1" "lp_interval 2" "packets_per_slave 2" \
  "arp_interval 100" "arp_ip_target 192.0.2.2"; do
  ip link set bond0 type bond $change
done
see

section "while up"
ip link set eth0 nomaster
ip link set bond0 up
for change in "mode balance-rr" "fail_over_mac follow" "lacp_rate fast" "tlb_dynamic_lb 0"; do
  ip link set bond0 type bond $change
done
ip link del bond0
ip link add bond0 type bond mode 802.3ad
ip link set bond0 up
for change in "lacp_rate fast" "lacp_active off" "ad_user_port_key 3" "ad_actor_sys_prio 3" "ad_select count"; do
  ip link set bond0 type bond $change
done
ip link del bond0
ip link add bond0 type bond mode balance-tlb
ip link set bond0 up
ip link set bond0 type bond tlb_dynamic_lb 0
ip link set bond0 down
ip link set bond0 type bond tlb_dynamic_lb 0
ip link del bond0

section "interfaces"
ip link add bond0 type bond mode active-backup miimon 100
ip link add bond0 type bond mode active-backup
ip link set lo master bond0
ip link set bond0 master bond0
ip link set nothing master bond0
ip link set eth0 master nothing
ip link set eth0 master bond0
ip link set eth0 master bond0
ip link add bond1 type bond mode active-backup miimon 100
ip link set eth0 master bond1
ip link set eth1 type bond_slave prio 3
ip link set eth0 type bond_slave prio nonsense
ip link set eth0 type bond_slave queue_id 70000
ip link del bond1
ip link del bond0
ip link del bond0
