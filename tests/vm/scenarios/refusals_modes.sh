# Which options the driver takes in which modes, said when the bond is made.
# slow
lab 0
tried() {
  ip link add bond0 type bond mode "$@"
  quietly ip link del bond0 2>/dev/null
}
for mode in balance-rr active-backup balance-xor broadcast 802.3ad balance-tlb balance-alb; do
  section "$mode"
  tried $mode lacp_rate fast
  tried $mode lacp_active off
  tried $mode ad_actor_sys_prio 5
  tried $mode ad_user_port_key 5
  tried $mode ad_select count
  tried $mode packets_per_slave 3
  tried $mode tlb_dynamic_lb 0
  tried $mode primary eth0
  tried $mode fail_over_mac active
  # In the other modes the driver watches no paths; ebond does.
  case $mode in
    802.3ad | balance-tlb | balance-alb) ;;
    *)
      tried $mode arp_interval 100 arp_ip_target 192.0.2.2
      tried $mode arp_validate all
      ;;
  esac
  tried $mode xmit_hash_policy layer3+4
  tried $mode min_links 1
  tried $mode lp_interval 3
done
