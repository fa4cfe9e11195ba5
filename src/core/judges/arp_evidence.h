// What an ARP or ND frame proves: that a target answered, or that a probe of the bond's own came by. The
// driver's bond_validate_arp and bond_validate_na, and some checks it leaves out, because whoever shares the
// wire can send such frames. Pure: when to believe it, and of which slave, is the monitor's.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "core/surroundings.h"
#include "core/types.h"
#include "wire/arp.h"
#include "wire/ethernet.h"
#include "wire/nd.h"

namespace ebond::core {

/// A target's place: first those of arp_ip_target, then those of ns_ip6_target.
enum class TargetIndex : std::size_t {};

/// An ARP packet, or a neighbour solicitation or advertisement, whole and right in itself.
class NeighborFrame {
 public:
  /// Nothing for any other frame, nor for a broken one.
  static std::optional<NeighborFrame> parse(const wire::EthernetFrame& frame);

  /// Answers only: an ARP reply or an advertisement. What asks can prove a path too.
  bool is_reply() const;
  const MacAddress& destination() const { return destination_; }

  struct Known {
    std::span<const Ipv4Address> arp_targets;
    std::span<const Ipv6Address> ns_targets;
    const Surroundings& around;
    std::span<const MacAddress> own_macs;  ///< the bond's and its slaves'
    /// Probes went out without a sender's address: an answer to nobody counts.
    bool asked_anonymously = false;
  };
  /// Comes from a target, and speaks to this host.
  std::optional<TargetIndex> from_target(const Known& known) const;
  /// Comes from this host, by the slave that wears `sender`, and asks for a target.
  std::optional<TargetIndex> own_probe(const Known& known, const MacAddress& sender) const;

 private:
  using Message = std::variant<wire::ArpPacket, wire::NeighborMessage>;
  NeighborFrame(const wire::EthernetHeader& header, const Message& message)
      : source_(header.source), destination_(header.destination), message_(message) {}

  MacAddress source_, destination_;
  Message message_;
};

}  // namespace ebond::core
