#include "core/bond/rounds.h"

#include <fmt/core.h>

#include "core/bond/modes.h"

namespace ebond::core {
namespace {

constexpr Milliseconds kIgmpSpacing{200};     // bond_resend_igmp_join_requests_delayed
constexpr Milliseconds kDefaultSpacing{100};  // of announcements, where nothing is polled

Duration announcement_spacing(const BondOptions& options) {
  for (const Milliseconds spacing : {options.peer_notif_delay, options.miimon, options.arp_interval}) {
    if (spacing > Milliseconds::zero()) return spacing;
  }
  return kDefaultSpacing;
}

}  // namespace

void Rounds::active_changed(bool has_active, bool admin_up, const BondOptions& options, TimePoint now) {
  if (is_active_backup(options)) {
    if (has_active && admin_up) {
      announcements_.start(options.num_peer_notif, announcement_spacing(options), now);
    } else {
      announcements_.stop();
    }
  }
  const bool moves_igmp = options.mode == Mode::balance_rr || (uses_active_slave(options) && has_active);
  if (admin_up && moves_igmp) igmp_reports_.start(options.resend_igmp, kIgmpSpacing, now);
}

void Rounds::stop_announcing() {
  announcements_.stop();
  igmp_reports_.stop();
}

std::optional<TimePoint> Rounds::next_deadline() const {
  return earlier(announcements_.deadline(), igmp_reports_.deadline());
}

void Rounds::take_due_reports(const Slave* sender, bool carrier, TurnNotes& notes, Actions& actions) {
  if (const auto round = announcements_.take(notes.now); round && carrier) {
    actions.emplace_back(action::Announce{});
    notes.events.push_back({EventKind::announce, sender ? sender->name : "", "", "",
                            fmt::format("round {} of {}", *round, announcements_.total())});
  }
  if (igmp_reports_.take(notes.now)) actions.emplace_back(action::ResendIgmp{});
}

}  // namespace ebond::core
