// One slave's link as the bond sees it: what the NIC reports, held back by updelay and downdelay.
//
// The four states and the rules between them are the driver's MII monitor (bond_miimon_inspect and
// bond_miimon_commit), but driven by events: a report acts at once and a delay ends at its exact time, where
// the driver rounds both to its next poll. Knows nothing of other slaves; the bond tells it whether updelay
// counts.
//
//        carrier lost             downdelay over
//   up ------------> going down ----------------> down
//    ^ <------------     carrier back              | ^
//    |                                carrier back | | carrier lost
//    |              updelay over                   v |
//    +----------------------------------------- going back
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/status.h"
#include "core/types.h"

namespace ebond::core {

/// "up", "going down", "down", "going back", as the driver prints them.
std::string_view mii_status_name(MiiStatus status);
/// "enslave", "hook", "netlink", "poll"
std::string_view link_source_name(LinkSource source);

struct LinkDelays {
  Milliseconds up{0};
  Milliseconds down{0};
};

struct LinkTransition {
  MiiStatus from{};
  MiiStatus to{};
  std::string why;
};

class LinkMonitor {
 public:
  /// A slave just enslaved: up or down as its carrier is, going back where updelay holds it.
  LinkMonitor(bool carrier, Milliseconds updelay, TimePoint now);
  /// As an earlier process left it.
  LinkMonitor(MiiStatus status, std::uint32_t failures, std::optional<TimePoint> delay_ends);

  /// The NIC's carrier, as `source` has it. A report that says nothing new changes nothing.
  std::optional<LinkTransition> report(bool carrier, const LinkDelays& delays, LinkSource source,
                                       TimePoint now);
  /// Ends the delay that is over at `now`, if there is one.
  std::optional<LinkTransition> expire(TimePoint now);
  /// Ends a running updelay early: the slave is needed now. Only while going back.
  LinkTransition cut_updelay_short(std::string why);

  MiiStatus status() const { return status_; }
  bool is_up() const { return status_ == MiiStatus::up; }
  /// Times the link was found down: after downdelay, and also when it went before updelay was over.
  std::uint32_t failures() const { return failures_; }
  /// When the running delay is over; none where none runs.
  std::optional<TimePoint> delay_ends() const { return delay_ends_; }
  std::optional<Milliseconds> delay_left(TimePoint now) const;

 private:
  LinkTransition go(MiiStatus to, std::string why);

  MiiStatus status_;
  std::uint32_t failures_ = 0;
  std::optional<TimePoint> delay_ends_;
};

}  // namespace ebond::core
