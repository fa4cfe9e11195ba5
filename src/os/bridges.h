// What the bridges of a network namespace know: behind which port each MAC is, and which VLANs a port is in.
//
// Used by the daemon, to find what speaks through a bond. Looks only. One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/types.h"
#include "os/error.h"
#include "os/netlink_socket.h"
#include "os/netns.h"

namespace ebond::os {

/// An entry of a forwarding database.
struct ForwardingEntry {
  core::IfIndex device{};                 ///< the port; the bridge itself for what is behind none
  std::optional<core::IfIndex> bridge{};  ///< whose entry it is; none: of a device's own list of addresses
  core::MacAddress mac;
  std::optional<std::uint16_t> vlan{};
  bool is_local = false;  ///< one of the bridge's own, or of its ports' own
  /// How long nothing was sent to it, to a hundredth of a second; 0 where nobody notes it.
  core::Milliseconds idle{};
  bool operator==(const ForwardingEntry&) const = default;
};

/// The VLANs of each port of a bridge: does it send them untagged?
using PortVlans = std::map<core::IfIndex, std::map<std::uint16_t, bool>>;

class Bridges {
 public:
  static Result<Bridges> open(const Namespace& where);

  /// Of all bridges and devices, multicast addresses left out. A macvlan's address stands in the own list of
  /// the device that it is on, in whatever namespace the macvlan is.
  Result<std::vector<ForwardingEntry>> forwarding_entries();
  Result<PortVlans> port_vlans();

 private:
  explicit Bridges(NetlinkSocket socket) : socket_(std::move(socket)) {}
  NetlinkSocket socket_;
};

}  // namespace ebond::os
