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

#include "kernel.h"
#include "receive.h"
#include "transmit.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

SEC("tc")
int ebond_tx(struct __sk_buff* skb) {
  return transmit(skb);
}

SEC("tc")
int ebond_rx(struct __sk_buff* skb) {
  return receive(skb, 0);
}
