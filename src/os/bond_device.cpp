#include "os/bond_device.h"

#include <fmt/format.h>
#include <net/if.h>

#include "os/sysctl.h"

namespace ebond::os {

namespace {
constexpr std::string_view kLowerHalf = "ebl";
}

bool BondDevice::names_a_lower_half(std::string_view interface) {
  return interface.starts_with(kLowerHalf) && interface.size() > kLowerHalf.size() &&
         interface.find_first_not_of("0123456789", kLowerHalf.size()) == std::string_view::npos;
}

Result<BondDevice> BondDevice::create(const Namespace& where, Rtnetlink& netlink, const std::string& name) {
  // "%d" is the kernel's to fill: the first free number.
  auto made = netlink.create_veth({.name = name, .peer_name = std::string(kLowerHalf) + "%d"});
  if (!made) {
    auto error = made.error();
    if (error.errno_value == EOPNOTSUPP) error.what = "this kernel has no veth devices (CONFIG_VETH)";
    return std::unexpected(error);
  }
  auto upper = netlink.link(name);
  if (!upper) return std::unexpected(upper.error());
  if (!upper->lower) return errno_error(fmt::format("{} has no lower half", name), ENODEV);
  BondDevice device(upper->ifindex, *upper->lower);
  auto set_up = [&]() -> Result<> {
    auto lower = netlink.link(device.lower_);
    if (!lower) return std::unexpected(lower.error());
    // The lower half speaks for nobody: no ARP, no neighbour discovery, no MLD of its own. A kernel without
    // IPv6 has nothing to silence.
    auto silenced = write_interface_sysctl(where, IpFamily::ipv6, lower->name, "disable_ipv6", "1");
    if (!silenced && silenced.error().errno_value != ENOENT) return silenced;
    if (auto done = netlink.set_flags(device.lower_, IFF_NOARP, IFF_NOARP); !done) return done;
    return netlink.set_alias(device.lower_, fmt::format("lower half of {} (ebond)", name));
  };
  if (auto done = set_up(); !done) {
    (void)device.destroy(netlink);
    return std::unexpected(done.error());
  }
  return device;
}

Result<> BondDevice::set_carrier(Rtnetlink& netlink, bool on) const {
  return netlink.set_up(lower_, on);
}

Result<> BondDevice::set_mac(Rtnetlink& netlink, const MacAddress& mac) const {
  return netlink.set_mac(upper_, mac);
}

Result<> BondDevice::set_lower_mtu(Rtnetlink& netlink, std::uint32_t mtu) const {
  return netlink.set_mtu(lower_, mtu);
}

Result<> BondDevice::destroy(Rtnetlink& netlink) const {
  auto gone = netlink.delete_link(upper_);
  if (!gone && gone.error().errno_value == ENODEV) return {};
  return gone;
}

}  // namespace ebond::os
