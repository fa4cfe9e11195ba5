// How a bond's probe targets are reached from this host: by the kernel's own routing decision, through the
// devices stacked on the bond (VLANs, bridges, macvlans), as the driver's bond_verify_device_path finds them.
//
// Used by Senses, which tell the core what is found. Devices and addresses are remembered until
// someone says that they changed; routes are asked for at every look.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "core/surroundings.h"
#include "daemon/bond/upper_half.h"

namespace ebond::daemon {

class WayFinder {
 public:
  explicit WayFinder(const UpperHalf& bond) : bond_(bond) {}

  core::Surroundings look(const core::ProbeTargets& targets);
  /// Devices or addresses changed.
  void forget() { known_.reset(); }
  /// Would a change of this device's addresses matter?
  bool concerns(os::IfIndex ifindex) const;

 private:
  /// A device on the bond, or the bond itself.
  struct Device {
    os::IfIndex ifindex{};
    wire::VlanTags tags{};  ///< between it and the bond, outermost first
  };
  struct Known {
    bool has(os::IfIndex ifindex) const {
      return std::ranges::find(devices, ifindex, &Device::ifindex) != devices.end();
    }
    std::vector<Device> devices;
    std::vector<os::IfIndex> vrfs;  ///< that a device of the bond belongs to
    std::vector<wire::Ipv4Address> own_ipv4;
    std::vector<wire::Ipv6Address> own_ipv6;
  };
  Known survey();
  os::Result<os::NextHop> hop_to(const os::IpAddress& target, const Known& known) const;
  template <class Address>
  core::Way<Address> way_to(const Address& target, const Known& known, const std::vector<Address>& own);
  core::PathWay path_to(const core::IpAddress& target, const Known& known) const;

  const UpperHalf& bond_;
  std::optional<Known> known_;
};

}  // namespace ebond::daemon
