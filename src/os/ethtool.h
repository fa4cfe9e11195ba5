// What a NIC's driver says of its link: ETHTOOL_GLINK and the MII registers, exact and at once, where
// netlink may be late. One socket per namespace, kept open: a poll of a slave is one ioctl.
// A device that is not there is ENODEV, one that cannot tell EOPNOTSUPP.
#pragma once

#include <string>
#include <string_view>

#include "core/types.h"
#include "os/error.h"
#include "os/netns.h"
#include "os/unique_fd.h"

namespace ebond::os {

struct SpeedDuplex {
  std::uint32_t speed_mbps = 0;  ///< 0: not known
  core::Duplex duplex = core::Duplex::unknown;
};

struct DriverInfo {
  std::string name;
  std::string bus;  ///< "0000:01:00.0"; virtual devices have none
};

/// Flow control (IEEE 802.3 31B).
struct PauseFrames {
  bool obeyed = false;  ///< what the card sends waits if the other end asks for it
  bool sent = false;    ///< it asks the other end, if it cannot take what comes
};

class Ethtool {
 public:
  static Result<Ethtool> open(const Namespace& where);

  /// ETHTOOL_GLINK: false too if the device is administratively down.
  Result<bool> link_up(std::string_view name) const;
  /// BMSR's link status by SIOCGMIIPHY and SIOCGMIIREG, as the driver's use_carrier=0 asks (IEEE 802.3
  /// 22.2.4.2.13).
  Result<bool> mii_link_up(std::string_view name) const;
  /// link_up, or mii_link_up if `use_carrier` is false and the device has MII registers.
  Result<bool> carrier(std::string_view name, bool use_carrier) const;
  /// ETHTOOL_GLINKSETTINGS.
  Result<SpeedDuplex> speed_duplex(std::string_view name) const;
  /// All of core's view of a link: its carrier with speed and duplex, unknown if the driver does not tell.
  Result<core::LinkState> link_state(std::string_view name, bool use_carrier = true) const;
  /// Does it merge what it receives (ETH_FLAG_LRO)? Such frames must not be passed on.
  Result<bool> lro(std::string_view name) const;
  Result<> set_lro(std::string_view name, bool on) const;
  /// ETHTOOL_GEEE: do both ends put the link to sleep between frames (IEEE 802.3 78)?
  Result<bool> energy_efficient(std::string_view name) const;
  /// ETHTOOL_GPAUSEPARAM.
  Result<PauseFrames> pause_frames(std::string_view name) const;
  /// ETHTOOL_GDRVINFO: the driver and where the card is.
  Result<DriverInfo> driver(std::string_view name) const;
  /// ETHTOOL_GPERMADDR; an error if the device knows none.
  Result<core::MacAddress> permanent_address(std::string_view name) const;

 private:
  explicit Ethtool(UniqueFd fd) : fd_(std::move(fd)) {}
  Result<> ioctl(std::string_view name, void* command, std::string_view what) const;
  UniqueFd fd_;
};

}  // namespace ebond::os
