# Values the driver refuses, option by option.
# slow
lab 0
section "values"
for wrong in "mode 7" "mode nonsense" "miimon -1" "miimon 2147483648" "updelay -5" "num_grat_arp 256" \
  "packets_per_slave 65536" "lp_interval 0" "resend_igmp 256" "min_links -1" "use_carrier 2" \
  "xmit_hash_policy layer7" "lacp_rate sometimes" "ad_select best" "fail_over_mac yes" "primary_reselect never" \
  "arp_validate maybe" "arp_all_targets some" "arp_missed_max 0" "arp_ip_target nonsense" "all_slaves_active 2" \
  "tlb_dynamic_lb 2" "nonsense 1"; do
  ip link add bond0 type bond mode active-backup $wrong
  quietly ip link del bond0 2>/dev/null
done
