#include "os/bond_device.h"

#include <fmt/format.h>
#include <net/if.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

#include "os/machine_facts.h"
#include "os/sysctl.h"
#include "os/sysfs.h"

namespace ebond::os {

namespace {
constexpr std::string_view kLowerHalf = "ebl";
constexpr std::string_view kAliasBegins = "lower half of ", kAliasEnds = "(ebond)";

/// "lower half of bond0, 9f86d081884c7d65 (ebond)"
std::string alias_end(std::string_view cookie) {
  return fmt::format(", {} {}", cookie, kAliasEnds);
}

/// A mask of every processor there can be, as /sys wants it: "ff,ffffffff".
std::string all_processors() {
  const long count = std::max(::sysconf(_SC_NPROCESSORS_CONF), 1L);
  std::string mask;
  for (long left = count; left > 0; left -= 32) {
    const auto word = fmt::format("{:x}", left >= 32 ? 0xffffffffU : (1U << left) - 1);
    mask.insert(0, mask.empty() ? word : word + ",");
  }
  return mask;
}

/// Linux 7 has one queue on either half of a netkit pair, and refuses more.
Result<> make_netkit(Rtnetlink& netlink, VethPair pair) {
  auto made = netlink.create_netkit(pair);
  if (made || made.error().errno_value != EOPNOTSUPP) return made;
  pair.tx_queues = 1;
  return netlink.create_netkit(pair);
}

Result<> make_pair_of(core::Bond0Device kind, Rtnetlink& netlink, const VethPair& pair) {
  if (kind == core::Bond0Device::veth) return netlink.create_veth(pair);
  auto made = make_netkit(netlink, pair);
  if (made || kind == core::Bond0Device::netkit) return made;
  const auto why = made.error().errno_value;
  return why == EOPNOTSUPP || why == EINVAL ? netlink.create_veth(pair) : made;
}

/// Said when an interface is made, it is kept. udev would else give bond0 another at its first sight
/// (MACAddressPolicy=persistent), sooner or later, and what then looks like a user's wish is not undone.
MacAddress random_mac() {
  const auto digits = random_digits();
  std::array<std::uint8_t, 6> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i) {
    octets[i] = static_cast<std::uint8_t>(std::stoul(digits.substr(2 * i, 2), nullptr, 16));
  }
  constexpr std::uint8_t kGroup = 1, kLocal = 2;
  octets[0] = static_cast<std::uint8_t>((octets[0] & ~kGroup) | kLocal);
  return MacAddress(octets);
}

Result<> make_pair(const Namespace& where, Rtnetlink& netlink, const std::string& name,
                   core::Bond0Device kind) {
  // "%d" is the kernel's to fill: the first free number.
  const auto lower = std::string(kLowerHalf) + "%d";
  // One queue for what comes in: with more, the kernel would dissect every frame to choose among them.
  VethPair pair{.name = name,
                .peer_name = lower,
                .mac = random_mac(),
                .peer_mac = random_mac(),
                .tx_queues = BondDevice::kTxQueues,
                .peer_tx_queues = 1};
  auto made = make_pair_of(kind, netlink, pair);
  if (!made) return made;
  const auto link = netlink.link(name);
  if (!link) return std::unexpected(link.error());
  if (link->tx_queues == 1) return {};
  // Left alone, the kernel deals frames out over the queues by a hash of its own. All shall go by the first,
  // but those that a user's filter sends elsewhere.
  if (write_interface_attribute(where, name, "queues/tx-0/xps_cpus", all_processors())) return {};
  if (auto gone = netlink.delete_link(link->ifindex); !gone) return gone;
  pair.tx_queues = 1;
  return make_pair_of(kind, netlink, pair);
}

}  // namespace

bool BondDevice::names_a_lower_half(std::string_view interface) {
  return interface.starts_with(kLowerHalf) && interface.size() > kLowerHalf.size() &&
         interface.find_first_not_of("0123456789", kLowerHalf.size()) == std::string_view::npos;
}

bool BondDevice::says_a_lower_half(std::string_view alias) {
  return alias.starts_with(kAliasBegins) && alias.ends_with(kAliasEnds);
}

bool BondDevice::bears(std::string_view alias, std::string_view cookie) {
  return says_a_lower_half(alias) && alias.ends_with(alias_end(cookie));
}

Result<BondDevice> BondDevice::create(const Namespace& where, Rtnetlink& netlink, const std::string& name,
                                      const std::string& cookie, core::Bond0Device kind) {
  auto made = make_pair(where, netlink, name, kind);
  if (!made) {
    auto error = made.error();
    if (error.errno_value == EOPNOTSUPP) {
      error.what =
          kind == core::Bond0Device::netkit
              ? "this kernel has no netkit devices (CONFIG_NETKIT of Linux 6.7 or later); bond0_device "
                "auto takes a veth then"
              : "this kernel has no veth devices (CONFIG_VETH)";
    }
    return std::unexpected(error);
  }
  auto upper = netlink.link(name);
  if (!upper) return std::unexpected(upper.error());
  const auto below = upper->lower;
  if (!below) return errno_error(fmt::format("{} has no lower half", name), ENODEV);
  BondDevice device(upper->ifindex, *below);
  auto set_up = [&]() -> Result<> {
    auto lower = netlink.link(device.lower_);
    if (!lower) return std::unexpected(lower.error());
    // The lower half speaks for nobody: no ARP, no neighbour discovery, no MLD of its own. A kernel without
    // IPv6 has nothing to silence.
    auto silenced = write_interface_sysctl(where, IpFamily::ipv6, lower->name, "disable_ipv6", "1");
    if (!silenced && silenced.error().errno_value != ENOENT) return silenced;
    if (auto done = netlink.set_flags(device.lower_, IFF_NOARP, IFF_NOARP); !done) return done;
    return netlink.set_alias(device.lower_, fmt::format("{}{}{}", kAliasBegins, name, alias_end(cookie)));
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
