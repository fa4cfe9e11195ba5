// What a bond does again and again: rounds of announcements, IGMP reports, polls of the links.
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
  /// Polls at `first` and every miimon from then on; never while down, without slaves, or with miimon 0.
  void start_polling(TimePoint first, bool admin_up, bool has_slaves, const BondOptions& options);
  void stop_polling() { next_poll_.reset(); }

  std::optional<TimePoint> next_deadline() const;
  /// What is due. A round of announcements that falls due while the bond has no carrier is skipped, as in the
  /// driver.
  void take_due_reports(const Slave* sender, bool carrier, TurnNotes& notes, Actions& actions);
  void take_due_poll(const BondOptions& options, TimePoint now, Actions& actions);

 private:
  Repeater announcements_;
  Repeater igmp_reports_;
  std::optional<TimePoint> next_poll_;
};

}  // namespace ebond::core
