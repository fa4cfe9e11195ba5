# Runs in the guest, see ../golden: one file of $VM_OUT per state.
#
#   bond0 = eth0 (00:00:5e:00:53:01) + eth1 (00:00:5e:00:53:02), 10 Gbit/s full duplex as every veth is;
#   their far ends far0, far1 in the namespace "far": taking one down takes the carrier from its slave.
set -eu
modprobe bonding max_bonds=0
ip netns add far
ip -n far link set lo up
ip link add eth0 address 00:00:5e:00:53:01 type veth peer name far0 address 00:00:5e:00:53:81 netns far
ip link add eth1 address 00:00:5e:00:53:02 type veth peer name far1 address 00:00:5e:00:53:82 netns far

plug() { for n in "$@"; do ip -n far link set "far$n" up; done; }
pull() { for n in "$@"; do ip -n far link set "far$n" down; done; }
bond() { ip link add bond0 type bond "$@"; }
enslave() { for n in "$@"; do ip link set "eth$n" master bond0; done; }
up() { ip link set bond0 up; sleep "${1:-0.5}"; }
save() { cat /proc/net/bonding/bond0 >"$VM_OUT/$1.txt"; }
over() {
  ip link del bond0
  ip link set eth0 down
  ip link set eth1 down
  plug 0 1
}
two_up() {  # FILE OPTION...
  local file=$1
  shift
  bond "$@"
  enslave 0 1
  up
  save "$file"
  over
}
plug 0 1

for number in 0 1 2 3 4 5 6; do
  bond mode "$number" miimon 100
  save "mode${number}_no_slaves"
  enslave 0
  up
  save "mode${number}_one_slave"
  enslave 1
  sleep 0.5
  save "mode${number}_two_slaves"
  pull 1
  sleep 0.5
  save "mode${number}_second_down"
  pull 0
  sleep 0.5
  save "mode${number}_both_down"
  plug 1
  sleep 0.5
  save "mode${number}_first_down"
  over
  bond mode "$number" miimon 100
  enslave 0 1
  save "mode${number}_not_up"
  over
done

two_up mode0_no_miimon mode 0
two_up mode0_delays mode 0 miimon 100 updelay 200 downdelay 300
two_up mode0_peer_notif_delay mode 0 miimon 100 peer_notify_delay 500
two_up mode0_arp_monitor mode 0 arp_interval 200 arp_ip_target 192.0.2.1,192.0.2.2
two_up mode1_arp_monitor mode 1 arp_interval 200 arp_ip_target 192.0.2.1 arp_missed_max 3
two_up mode1_arp_and_ns6 mode 1 arp_interval 200 arp_ip_target 192.0.2.1 ns_ip6_target 2001:db8::1,2001:db8::2
two_up mode1_ns6_only mode 1 arp_interval 200 ns_ip6_target 2001:db8::1
two_up mode1_fail_over_mac_active mode 1 miimon 100 fail_over_mac active
two_up mode1_fail_over_mac_follow mode 1 miimon 100 fail_over_mac follow
for reselect in always better failure; do
  bond mode 1 miimon 100 primary eth1 primary_reselect "$reselect"
  enslave 0
  up
  save "mode1_primary_${reselect}_not_enslaved"
  enslave 1
  sleep 0.5
  save "mode1_primary_${reselect}"
  pull 1
  sleep 0.5
  save "mode1_primary_${reselect}_down"
  plug 1
  sleep 0.5
  save "mode1_primary_${reselect}_back"
  over
done
bond mode 1 miimon 100 primary eth0
enslave 0 1
up
pull 1
sleep 0.5
save mode1_primary_backup_down
over

bond mode 1 miimon 100 updelay 2000 downdelay 5000
enslave 0 1
up
save mode1_enslaved_with_updelay
pull 0
sleep 0.5
save mode1_active_going_down_backup_going_back
plug 0
over
bond mode 1 miimon 100 updelay 2000 downdelay 5000
enslave 0 1
up 3
pull 0
sleep 0.5
save mode1_active_going_down
plug 0
sleep 0.5
pull 1
sleep 0.5
save mode1_backup_going_down
over
bond mode 1 miimon 100 updelay 5000
enslave 0 1
up
pull 0
sleep 0.5
plug 0
sleep 0.5
save mode1_coming_back
over

bond mode 1 miimon 100
enslave 0 1
up
for turn in 1 2 3; do
  pull 0
  sleep 0.4
  plug 0
  sleep 0.4
done
save mode1_three_failures
ip link set eth0 type bond_slave queue_id 2
save mode1_queue_id
over

for policy in layer2 layer2+3 layer3+4 encap2+3 encap3+4 vlan+srcmac; do
  name=${policy/+/_}
  two_up "mode2_${name}" mode 2 miimon 100 xmit_hash_policy "$policy"
done
two_up mode4_fast mode 4 miimon 100 lacp_rate fast
two_up mode4_layer34 mode 4 miimon 100 xmit_hash_policy layer3+4
two_up mode4_min_links mode 4 miimon 100 min_links 2
two_up mode4_lacp_inactive mode 4 miimon 100 lacp_active off
for select in stable bandwidth count; do two_up "mode4_select_$select" mode 4 miimon 100 ad_select "$select"; done
two_up mode4_system mode 4 miimon 100 ad_actor_sys_prio 1000 ad_actor_system 00:00:5e:00:53:aa ad_user_port_key 7
two_up mode5_no_dynamic mode 5 miimon 100 tlb_dynamic_lb 0
two_up mode5_primary mode 5 miimon 100 primary eth1
two_up mode6_primary mode 6 miimon 100 primary eth1

# A partner: the driver itself at the far end.
ip -n far link add bond1 type bond mode 4 miimon 100 lacp_rate fast
for n in 0 1; do
  ip -n far link set "far$n" down
  ip -n far link set "far$n" master bond1
done
ip -n far link set bond1 address 00:00:5e:00:53:81 up
bond mode 4 miimon 100 lacp_rate fast
enslave 0 1
up 10
save mode4_partner
ip -n far link set far1 nomaster
ip -n far link set far1 up
sleep 5
save mode4_partner_one_left_out
ip -n far link set far0 down
sleep 1
save mode4_partner_first_down
