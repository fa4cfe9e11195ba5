// Which cable a slave has: the switch and the port at its other end, as that says by LLDP or CDP.
//
// Kept after it was last true: where a cable led is what is asked once it is dead. Decides nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/types.h"
#include "wire/discovery.h"

namespace ebond::core {

enum class DiscoveryProtocol : std::uint8_t { lldp, cdp };
/// "LLDP", "CDP"
std::string_view discovery_protocol_name(DiscoveryProtocol protocol);

/// Texts are UTF-8 of one line.
struct Neighbour {
  DiscoveryProtocol protocol = DiscoveryProtocol::lldp;
  std::string chassis;  ///< its identifier: a MAC, an address or a name
  std::string system;   ///< its name; `chassis` if it says none
  std::string port;
  std::string port_description{};
  std::optional<std::uint16_t> port_vlan{};
  std::optional<std::uint16_t> max_frame_size{};  ///< octets, header and FCS included
  bool operator==(const Neighbour&) const = default;
  bool is_same_port(const Neighbour& other) const { return chassis == other.chassis && port == other.port; }
};
/// "switch1 Ethernet1/7"
std::string neighbour_words(const Neighbour& neighbour);

class NeighbourRecord {
 public:
  NeighbourRecord() = default;
  /// What an earlier process knew.
  explicit NeighbourRecord(std::optional<Neighbour> known) : known_(std::move(known)) {}

  /// True if that is another port than before. Of two that speak on one cable, the one that was heard first
  /// counts, as long as it goes on; LLDP before CDP.
  bool heard(DiscoveryProtocol protocol, const wire::Discovery& said, TimePoint now);
  /// Whoever speaks next is believed: the cable may lead elsewhere.
  void link_lost() { until_.reset(); }

  const std::optional<Neighbour>& known() const { return known_; }
  /// When it last spoke; none: not since this process runs.
  std::optional<TimePoint> heard_at() const { return heard_at_; }
  /// It has not fallen silent.
  bool is_current(TimePoint now) const { return until_ && now < *until_; }

 private:
  std::optional<Neighbour> known_;
  std::optional<TimePoint> heard_at_;
  std::optional<TimePoint> until_;  ///< what it said is true so long
};

}  // namespace ebond::core
