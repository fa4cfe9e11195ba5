// bond0 itself: the interface people see, and the silent half below it that the programs sit on.
//
// A veth pair, which costs each frame a softirq hop each way, or a pair of netkit devices (Linux 6.7), which
// costs none on the way out. Either buys what users look at: kernel counters, carrier, MTU, MAC, GSO,
// bridging, VLANs. Used by the daemon in the bond's namespace; knows nothing of slaves.
#pragma once

#include <optional>
#include <string>

#include "core/options/options.h"
#include "os/error.h"
#include "os/rtnetlink.h"

namespace ebond::os {

class BondDevice {
 public:
  /// As many as the driver's bond has: `skbedit queue_mapping` chooses one, a slave's queue_id takes it.
  static constexpr std::uint32_t kTxQueues = 16;

  /// Makes `name` in `where`, administratively down and without carrier. EEXIST if the name is taken. The
  /// lower half's alias bears the cookie, by which this pair is known for good: an ifindex is not. With
  /// `automatic`, a veth where the kernel has no netkit.
  static Result<BondDevice> create(const Namespace& where, Rtnetlink& netlink, const std::string& name,
                                   const std::string& cookie, core::Bond0Device kind);
  /// The pair an earlier daemon made, of either kind.
  static BondDevice adopt(IfIndex upper, IfIndex lower) { return BondDevice(upper, lower); }

  /// Is this what create() calls a lower half?
  static bool names_a_lower_half(std::string_view interface);
  /// Is this the alias that create() gives a lower half?
  static bool says_a_lower_half(std::string_view alias);
  /// And with this cookie?
  static bool bears(std::string_view alias, std::string_view cookie);

  IfIndex upper() const { return upper_; }  ///< bond0
  IfIndex lower() const { return lower_; }  ///< where the programs sit

  Result<> set_carrier(Rtnetlink& netlink, bool on) const;
  Result<> set_mac(Rtnetlink& netlink, const MacAddress& mac) const;
  /// Of the lower half: the upper's is what users set.
  Result<> set_lower_mtu(Rtnetlink& netlink, std::uint32_t mtu) const;
  /// Both halves; one that is gone already is not an error.
  Result<> destroy(Rtnetlink& netlink) const;

 private:
  BondDevice(IfIndex upper, IfIndex lower) : upper_(upper), lower_(lower) {}
  IfIndex upper_;
  IfIndex lower_;
};

}  // namespace ebond::os
