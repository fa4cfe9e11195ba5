// What the slaves of a bond must be heard for: the frames Bond::frame_received() waits for. The daemon opens
// a socket per slave for just these, so that no other frame wakes it.
#pragma once

namespace ebond::core {

struct Listening {
  bool slow_protocols = false;  ///< LACPDUs and Marker PDUs, EtherType 0x8809
  bool arp = false;             ///< requests and replies
  bool nd = false;              ///< neighbour solicitations and advertisements
  bool icmp = false;            ///< echo replies, IPv4 and IPv6
  bool bfd = false;             ///< UDP port 3784, IPv4 and IPv6
  bool micro_bfd = false;       ///< UDP port 6784, likewise, at the group RFC 7130 sends it to as well
  bool operator==(const Listening&) const = default;
  /// What either asks for.
  Listening operator|(const Listening& other) const {
    return {.slow_protocols = slow_protocols || other.slow_protocols,
            .arp = arp || other.arp,
            .nd = nd || other.nd,
            .icmp = icmp || other.icmp,
            .bfd = bfd || other.bfd,
            .micro_bfd = micro_bfd || other.micro_bfd};
  }
};

}  // namespace ebond::core
