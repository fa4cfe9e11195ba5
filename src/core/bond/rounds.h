// What a bond does again and again: rounds of announcements, IGMP reports.
#pragma once

#include <optional>

#include "core/bond/turn_notes.h"
#include "core/repeater.h"

namespace ebond::core {

class Rounds {
 public:
  /// The active slave changed: `has_active`, and in active-backup it must be announced.
  void active_changed(bool has_active, bool admin_up, const BondOptions& options, TimePoint now);
  /// The bond was set up or down.
  void stop_announcing();

  std::optional<TimePoint> next_deadline() const;
  /// What is due. A round of announcements that falls due while the bond has no carrier is skipped, as in the
  /// driver.
  void take_due_reports(const Slave* sender, bool carrier, TurnNotes& notes, Actions& actions);

 private:
  Repeater announcements_;
  Repeater igmp_reports_;
};

}  // namespace ebond::core
