// Where a daemon keeps things, all of it derived from its run directory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/types.h"
#include "os/error.h"
#include "os/netns.h"

namespace ebond::daemon {

class RunDirectory {
 public:
  /// Of this path, as it is written. Makes nothing.
  explicit RunDirectory(std::filesystem::path run_dir)
      : run_dir_(std::move(run_dir)), pin_name_(name_pins(run_dir_)) {}
  /// One that is there and locked. Finds out which pins are its own, and marks them as such: one pin
  /// directory belongs to one run directory, whatever paths lead there, and if two containers share bpffs
  /// too. Refuses a directory that others may write to, because a daemon acts on what it finds there.
  static os::Result<RunDirectory> open(const std::filesystem::path& run_dir);

  /// Removes what open() made for pins, unless there are some.
  void leave_pins() const;

  const std::filesystem::path& path() const { return run_dir_; }
  std::filesystem::path socket() const { return run_dir_ / "ebond.sock"; }
  std::filesystem::path state_dir() const { return run_dir_ / "state"; }
  std::filesystem::path state_file(const std::string& bond_key) const {
    return state_dir() / (bond_key + ".json");
  }
  /// A line of JSON for each event; read by the next daemon.
  std::filesystem::path event_file() const { return run_dir_ / "events"; }
  /// The contract's DIR/proc/BOND, or DIR/netns/NAME/proc/BOND; `label` as in Hands.
  std::filesystem::path proc_file(const std::string& label, const std::string& bond) const {
    return (label.empty() ? run_dir_ : run_dir_ / "netns" / label) / "proc" / bond;
  }
  std::filesystem::path pin_dir() const;
  std::filesystem::path bond_pin_dir(const std::string& bond_key) const { return pin_dir() / bond_key; }
  /// A link that names the run directory it belongs to.
  std::filesystem::path pin_owner() const { return pin_dir() / "owner"; }

  /// Names a bond for good: "4026531840-7", its namespace's inode and its ifindex.
  static std::string bond_key(const os::NamespaceId& where, core::IfIndex bond);
  /// None if that is no such name.
  static std::optional<std::pair<std::uint64_t, core::IfIndex>> parse_key(std::string_view key);
  /// "/run/ebond" is "_run_ebond": a name for each path, no two alike.
  static std::string name_pins(const std::filesystem::path& run_dir);

 private:
  RunDirectory(std::filesystem::path run_dir, std::string pin_name)
      : run_dir_(std::move(run_dir)), pin_name_(std::move(pin_name)) {}
  std::filesystem::path run_dir_;
  std::string pin_name_;
};

}  // namespace ebond::daemon
