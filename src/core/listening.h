// What a slave of a bond must be heard for: the frames Bond::frame_received() would believe, told exactly
// enough for the kernel to refuse all others before they wake the daemon.
//
// Said by the bond's protocols, made into socket filters by os/frame_filter. A kind that is not wanted is
// absent and has no socket; one without rules has a socket that hears nothing yet, as while no way to a
// target is known. A frame is heard if it meets every condition of one rule of its kind. A condition with
// nothing in it is none.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "wire/ip_address.h"
#include "wire/mac_address.h"
#include "wire/nd.h"

namespace ebond::core {

/// ARP requests and replies, by what stands in the packet.
struct ArpRule {
  bool is_reply = false;  ///< replies alone
  std::optional<wire::MacAddress> sender_mac{};
  std::vector<wire::Ipv4Address> senders{};
  std::vector<wire::MacAddress> target_macs{};
  std::vector<wire::Ipv4Address> targets{};
  bool operator==(const ArpRule&) const = default;
};

/// Neighbour solicitations and advertisements that were not routed: hop limit 255.
struct NdRule {
  std::optional<wire::NeighborMessage::Kind> kind{};
  std::vector<wire::MacAddress> to{};  ///< Ethernet destinations
  std::vector<wire::Ipv6Address> sources{};
  std::vector<wire::Ipv6Address> destinations{};
  std::vector<wire::Ipv6Address> targets{};  ///< the address that is asked for or told of
  bool operator==(const NdRule&) const = default;
};

/// Echo replies with that identifier, or requests with any. Both addresses are of one family.
struct EchoRule {
  wire::IpAddress source{};
  wire::IpAddress destination{};
  std::uint16_t identifier = 0;
  bool is_reply = true;
  bool operator==(const EchoRule&) const = default;
};

/// BFD control packets that were not routed: TTL or hop limit 255 (RFC 5881 5).
struct BfdRule {
  wire::IpAddress source{};
  wire::IpAddress destination{};
  std::uint32_t ours = 0;                 ///< Your Discriminator, where the packet has one
  std::optional<std::uint32_t> theirs{};  ///< My Discriminator
  bool operator==(const BfdRule&) const = default;
};

struct Listening {
  bool slow_protocols = false;  ///< LACPDUs and Marker PDUs, EtherType 0x8809
  bool discovery = false;       ///< LLDP and CDP
  bool any_neighbour = false;   ///< ARP and ND of whatever host, beside what the rules ask for
  std::optional<std::vector<ArpRule>> arp{};
  std::optional<std::vector<NdRule>> nd{};
  std::optional<std::vector<EchoRule>> icmp{};
  std::optional<std::vector<BfdRule>> bfd{};  ///< UDP port 3784
  std::optional<std::vector<BfdRule>>
      micro_bfd{};  ///< UDP port 6784, at the group RFC 7130 sends it to as well
  bool operator==(const Listening&) const = default;

  /// The kinds and the rules of both.
  void add(const Listening& other) {
    slow_protocols |= other.slow_protocols;
    discovery |= other.discovery;
    any_neighbour |= other.any_neighbour;
    const auto join = [](auto& rules, const auto& more) {
      if (!more) return;
      if (!rules) rules.emplace();
      rules->insert(rules->end(), more->begin(), more->end());
    };
    join(arp, other.arp);
    join(nd, other.nd);
    join(icmp, other.icmp);
    join(bfd, other.bfd);
    join(micro_bfd, other.micro_bfd);
  }
};

}  // namespace ebond::core
