// A note that a bond is being made, so that a daemon killed in the middle of it leaves nothing behind: the
// device is there before its state file can name it, and until then the note speaks for it.
//
// Used by Runner::create() and, at start, by Daemon.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "daemon/bond/disk.h"
#include "daemon/bond/hands.h"
#include "daemon/run_directory.h"

namespace ebond::daemon {

class Birth {
 public:
  /// Before anything is made.
  /// `cookie` is what its lower half's alias will bear.
  /// `own_netns`: what the namespace is to be called that it has for its slaves; empty: none.
  static os::Result<Birth> begin(Disk& disk, const RunDirectory& directory, Hands& hands,
                                 const std::string& name, const std::string& cookie,
                                 const std::string& own_netns);
  /// It is over, well or undone: the note goes.
  ~Birth();
  /// It could not be undone: the note stays, for whoever tries that again.
  void stay() { note_.clear(); }
  Birth(Birth&& other) noexcept : disk_(other.disk_), note_(std::move(other.note_)) { other.note_.clear(); }
  Birth& operator=(Birth&&) = delete;

  /// One that was cut short.
  struct Unfinished {
    std::filesystem::path note;
    /// Of the bond; nowhere if the note cannot be read.
    std::optional<os::NamespaceId> where;
    std::string name;
    std::string cookie{};  ///< of its device; empty: an older ebond's
    std::uint64_t namespace_cookie = 0;
    std::string own_netns{};
  };
  static os::Result<std::vector<Unfinished>> all_unfinished(Disk& disk, const RunDirectory& directory);
  /// Clears away what it left in its namespace: device and maps. A bond that has its state file is left to be
  /// adopted. Refused, it is not all cleared away, or that cannot be told.
  static os::Result<> undo(Hands& hands, Disk& disk, const RunDirectory& directory, const Unfinished& birth);

 private:
  static os::Result<> undo_own_netns(Hands& hands, Disk& disk, const RunDirectory& directory,
                                     const Unfinished& birth);
  Birth(Disk& disk, std::filesystem::path note) : disk_(disk), note_(std::move(note)) {}
  Disk& disk_;
  std::filesystem::path note_;
};

}  // namespace ebond::daemon
