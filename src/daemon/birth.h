// A note that a bond is being made, so that a daemon killed in the middle of it leaves nothing behind: the
// device is there before its state file can name it, and until then the note speaks for it.
//
// Used by ManagedBond::create and, at start, by Daemon.
#pragma once

#include <filesystem>
#include <string>

#include "daemon/network.h"
#include "daemon/paths.h"

namespace ebond::daemon {

class Birth {
 public:
  /// Before anything is made.
  static os::Result<Birth> begin(const Paths& paths, const os::NamespaceId& where, const std::string& name);
  /// It is over, well or not: the note goes.
  ~Birth();
  Birth(Birth&& other) noexcept : note_(std::move(other.note_)) { other.note_.clear(); }
  Birth& operator=(Birth&&) = delete;

  /// Clears away what births that were cut short left: devices, maps, notes. A bond that has its state file
  /// is left to be adopted.
  static void undo_all_unfinished(const Paths& paths);

 private:
  explicit Birth(std::filesystem::path note) : note_(std::move(note)) {}
  std::filesystem::path note_;
};

}  // namespace ebond::daemon
