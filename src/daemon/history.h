// What happened to the bonds, of this daemon and of earlier ones: the latest events in memory, and the same
// in a file, so that the next daemon knows them.
//
// Used by Daemon. Bounded as EventShelf is. Never waits for the file: events that come before it has been
// read are put behind those that stand there; if it cannot be written that is said once, and tried again.
#pragma once

#include <memory>
#include <optional>

#include "control/service.h"
#include "core/event_shelf.h"
#include "daemon/machine.h"

namespace ebond::daemon {

class History {
 public:
  static constexpr std::size_t kKept = 4096;
  static constexpr std::size_t kAtATime = 128;  ///< a part's JSON takes the loop less than a millisecond

  explicit History(Machine& machine);

  void note(const core::PlacedEvent& event);
  std::size_t size() const { return shelf_.size(); }
  /// NotNow until the file has been read.
  control::Result<core::EventShelf::Part> part(const os::NamespaceId& where, std::uint64_t from,
                                               std::int64_t since_ns) const;
  /// All those of a namespace with that number or a later one.
  std::vector<std::shared_ptr<const core::StampedEvent>> from(const os::NamespaceId& where,
                                                              std::uint64_t number) const;

 private:
  void take_over(const os::Result<EventFileText>& found);
  void append(const core::PlacedEvent& event);
  void replace();
  void heard(const os::Result<>& written);

  Machine& machine_;
  core::EventShelf shelf_{kKept};
  bool is_read_ = false;
  std::size_t lines_ = 0;  ///< in the file
  bool is_stale_ = false;  ///< the file lacks some
  bool is_told_ = false;   ///< that it cannot be written
  core::TimePoint retry_at_{};
  std::unique_ptr<EventFile> file_;
};

}  // namespace ebond::daemon
