// The learning packet of balance-tlb and balance-alb: a frame from a MAC to itself, whose only purpose is
// that switches learn which port the MAC is behind now. Receivers ignore it.
#pragma once

#include "wire/bytes.h"
#include "wire/ethernet.h"
#include "wire/mac_address.h"

namespace ebond::wire {

/// EtherType 0x9000, all zeros behind it, 60 bytes and 4 per tag: the driver's frame.
Bytes learning_packet(const MacAddress& mac, const VlanTags& tags = {});

}  // namespace ebond::wire
