// The frame by which switches learn where a MAC is now, although the host that has it says nothing: a RARP
// request (RFC 903) from that MAC to all, with no address in it.
//
// What QEMU, VMware's and Open vSwitch's hosts send when a guest's traffic takes another way, so switches'
// filters let it pass. A broadcast: every switch learns, and not only the next one, which drops a frame from
// a MAC to itself (learning_packet.h). No host answers or believes it: Linux has dropped RARP, and it names
// no IP address.
#pragma once

#include "wire/bytes.h"
#include "wire/ethernet.h"
#include "wire/mac_address.h"

namespace ebond::wire {

/// 60 bytes and 4 per tag: sender and target are `mac`, their IPv4 addresses 0.0.0.0.
Bytes rarp_announcement(const MacAddress& mac, const VlanTags& tags = {});

}  // namespace ebond::wire
