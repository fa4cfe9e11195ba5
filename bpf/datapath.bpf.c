// SPDX-License-Identifier: MIT OR GPL-2.0
//
// The frames' way through a bond.
//   TX, where bond0 sends (on its lower half's ingress, or by netkit's link): pick a slot → out of that
//   slave. RX, on every slave: a frame that came in → to bond0, if this slave accepts.
// One copy of TX a bond, one of RX a slave, each specialised by `spec`. No policy lives here: who is in the
// buckets is the daemon's decision (core/fill).
//
//   packet.h, flow.h                      read headers; know of no bond
//   maps.h, table.h                       pick a slot; know of no frame
//   hash.h, round_robin.h, balance.h, sources.h   what each mode does with a frame
//   leave.h, receive.h                    out of the bond, into the bond
//   transmit.h                            all of TX; kernel.h what it asks of the kernel

#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>

#include "kernel.h"
#include "maps.h"
#include "packet.h"
#include "receive.h"
#include "transmit.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

SEC("tc")
int ebond_tx(struct __sk_buff* skb) {
  return transmit(skb);
}

SEC("tc")
int ebond_rx(struct __sk_buff* skb) {
  if (was_seen(skb) || is_in_own_vlan(skb)) return LEFT_TO_THE_SLAVE;
  __u8 what = READ_ONCE(own_slot()->accepts);
  int accepted = accepts(skb, what);
  // Both get what is link-local, as with the driver: LLDP and EAPOL daemons listen on the slave, a bridge on
  // bond0 wants its BPDUs. Slow protocols (LACP) are the slave's alone.
  if (is_link_local(skb)) return share(skb, accepted && skb->protocol != bpf_htons(ETH_P_SLOW));
  if (spec.stamp_rx) stamp_rx();
  if (accepted && spec.mode == BALANCE_ALB) address_to_bond(skb, what);
  // The same for what is not IP: PTP, FCoE, PROFINET, EAPOL to the slave's own MAC.
  if (is_beside_ip(skb)) return share(skb, accepted);
  if (!accepted) count_rx_inactive();
  if (spec.shows_filters) {
    share(skb, accepted);
    return show_to_filters(skb);
  }
  if (!accepted) return TC_ACT_SHOT;
  // What goes past the hop comes out as sent to this host, whatever it was (Linux 6.15). Groups' and others'
  // frames take the hop, at whose end the kernel looks again whose they are.
  if (spec.bond0_is_apart && skb->pkt_type == PACKET_HOST) return bpf_redirect_peer(spec.lower_ifindex, 0);
  return bpf_redirect(spec.lower_ifindex, 0);
}
