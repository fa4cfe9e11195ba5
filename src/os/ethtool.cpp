#include "os/ethtool.h"

#include <fmt/format.h>
#include <linux/ethtool.h>
#include <linux/mii.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace ebond::os {
namespace {

/// ENODEV if the name is longer than an interface's can be.
Result<ifreq> request_for(std::string_view name, std::string_view what) {
  ifreq request{};
  if (name.empty() || name.size() >= sizeof request.ifr_name) {
    return std::unexpected(Error{ENODEV, fmt::format("cannot {} of {}", what, name)});
  }
  std::ranges::copy(name, request.ifr_name);
  return request;
}

core::Duplex duplex_of(std::uint8_t ethtool_duplex) {
  if (ethtool_duplex == DUPLEX_FULL) return core::Duplex::full;
  if (ethtool_duplex == DUPLEX_HALF) return core::Duplex::half;
  return core::Duplex::unknown;
}

// The structs that end in a flexible array stand at the head of a block with room for it.
template <class Head, std::size_t bytes_after>
struct WithRoom {
  alignas(Head) std::array<unsigned char, sizeof(Head) + bytes_after> bytes{};
  Head& head() { return *reinterpret_cast<Head*>(bytes.data()); }
};

}  // namespace

Result<Ethtool> Ethtool::open(const Namespace& where) {
  auto inside = NamespaceScope::enter(where);
  if (!inside) return std::unexpected(inside.error());
  UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return errno_error("cannot open a socket for ethtool", errno);
  return Ethtool(std::move(fd));
}

Result<> Ethtool::ioctl(std::string_view name, void* command, std::string_view what) const {
  auto request = request_for(name, what);
  if (!request) return std::unexpected(request.error());
  request->ifr_data = static_cast<char*>(command);
  if (::ioctl(fd_.get(), SIOCETHTOOL, &*request) == 0) return {};
  const int error = errno;
  return errno_error(fmt::format("cannot {} of {}", what, name), error);
}

Result<bool> Ethtool::link_up(std::string_view name) const {
  ethtool_value link{ETHTOOL_GLINK, 0};
  if (auto told = ioctl(name, &link, "read the link"); !told) return std::unexpected(told.error());
  return link.data != 0;
}

Result<bool> Ethtool::mii_link_up(std::string_view name) const {
  auto request = request_for(name, "read the MII registers");
  if (!request) return std::unexpected(request.error());
  mii_ioctl_data mii{};
  const auto ask = [&](unsigned long what) {
    std::memcpy(&request->ifr_ifru, &mii, sizeof mii);
    if (::ioctl(fd_.get(), what, &*request) != 0) return false;
    std::memcpy(&mii, &request->ifr_ifru, sizeof mii);
    return true;
  };
  if (!ask(SIOCGMIIPHY)) {
    const int error = errno;
    return errno_error(fmt::format("cannot find the PHY of {}", name), error);
  }
  mii.reg_num = MII_BMSR;
  if (!ask(SIOCGMIIREG)) {
    const int error = errno;
    return errno_error(fmt::format("cannot read the MII registers of {}", name), error);
  }
  return (mii.val_out & BMSR_LSTATUS) != 0;
}

Result<SpeedDuplex> Ethtool::speed_duplex(std::string_view name) const {
  constexpr std::string_view kWhat = "read speed and duplex";
  // The kernel first tells how many words each of its three link-mode masks takes, then wants that said back.
  WithRoom<ethtool_link_settings, std::size_t{3} * 127 * 4> room;
  auto& settings = room.head();
  settings.cmd = ETHTOOL_GLINKSETTINGS;
  if (auto told = ioctl(name, &settings, kWhat); !told) return std::unexpected(told.error());
  if (settings.link_mode_masks_nwords < 0) {
    const auto words = static_cast<__s8>(-settings.link_mode_masks_nwords);
    room.bytes = {};
    settings.cmd = ETHTOOL_GLINKSETTINGS;
    settings.link_mode_masks_nwords = words;
    if (auto told = ioctl(name, &settings, kWhat); !told) return std::unexpected(told.error());
  }
  const bool known = settings.speed != static_cast<std::uint32_t>(SPEED_UNKNOWN);
  return SpeedDuplex{known ? settings.speed : 0, duplex_of(settings.duplex)};
}

Result<bool> Ethtool::carrier(std::string_view name, bool use_carrier) const {
  auto up = use_carrier ? link_up(name) : mii_link_up(name);
  if (!up && !use_carrier && up.error().errno_value == EOPNOTSUPP) up = link_up(name);
  return up;
}

Result<core::LinkState> Ethtool::link_state(std::string_view name, bool use_carrier) const {
  const auto up = carrier(name, use_carrier);
  if (!up) return std::unexpected(up.error());
  // Asked of a dead link too: what the NIC says then is shown, as the driver does.
  const auto settings = speed_duplex(name).value_or(SpeedDuplex{});
  return core::LinkState{*up, settings.speed_mbps, settings.duplex};
}

Result<bool> Ethtool::lro(std::string_view name) const {
  ethtool_value flags{ETHTOOL_GFLAGS, 0};
  if (auto told = ioctl(name, &flags, "read the offloads"); !told) return std::unexpected(told.error());
  return (flags.data & ETH_FLAG_LRO) != 0;
}

Result<> Ethtool::set_lro(std::string_view name, bool on) const {
  constexpr std::uint32_t kLro = ETH_FLAG_LRO;
  ethtool_value flags{ETHTOOL_GFLAGS, 0};
  if (auto told = ioctl(name, &flags, "read the offloads"); !told) return told;
  flags = {ETHTOOL_SFLAGS, on ? flags.data | kLro : flags.data & ~kLro};
  return ioctl(name, &flags, on ? "switch on the LRO" : "switch off the LRO");
}

Result<bool> Ethtool::energy_efficient(std::string_view name) const {
  ethtool_eee eee{};
  eee.cmd = ETHTOOL_GEEE;
  if (auto told = ioctl(name, &eee, "read the energy-efficient mode"); !told) {
    return std::unexpected(told.error());
  }
  return eee.eee_active != 0;
}

Result<PauseFrames> Ethtool::pause_frames(std::string_view name) const {
  ethtool_pauseparam pause{};
  pause.cmd = ETHTOOL_GPAUSEPARAM;
  if (auto told = ioctl(name, &pause, "read the flow control"); !told) {
    return std::unexpected(told.error());
  }
  return PauseFrames{.obeyed = pause.rx_pause != 0, .sent = pause.tx_pause != 0};
}

Result<DriverInfo> Ethtool::driver(std::string_view name) const {
  ethtool_drvinfo info{};
  info.cmd = ETHTOOL_GDRVINFO;
  if (auto told = ioctl(name, &info, "read the driver"); !told) return std::unexpected(told.error());
  const auto text = [](const auto& field) { return std::string(field, ::strnlen(field, sizeof field)); };
  return DriverInfo{.name = text(info.driver), .bus = text(info.bus_info)};
}

Result<core::MacAddress> Ethtool::permanent_address(std::string_view name) const {
  constexpr std::uint32_t kLongestAddress = 32;
  WithRoom<ethtool_perm_addr, kLongestAddress> room;
  auto& answer = room.head();
  answer.cmd = ETHTOOL_GPERMADDR;
  answer.size = kLongestAddress;
  if (auto told = ioctl(name, &answer, "read the permanent address"); !told) {
    return std::unexpected(told.error());
  }
  std::array<std::uint8_t, 6> octets{};
  std::memcpy(octets.data(), answer.data, octets.size());
  const core::MacAddress mac(octets);
  if (answer.size != octets.size() || mac.is_zero()) {
    return std::unexpected(Error{EOPNOTSUPP, fmt::format("{} has no permanent address", name)});
  }
  return mac;
}

}  // namespace ebond::os
