// Where a daemon keeps things, all of it derived from its run directory.
#pragma once

#include <filesystem>
#include <string>

#include "core/types.h"
#include "os/netns.h"

namespace ebond::daemon {

class RunDirectory {
 public:
  explicit RunDirectory(std::filesystem::path run_dir) : run_dir_(std::move(run_dir)) {}

  const std::filesystem::path& path() const { return run_dir_; }
  std::filesystem::path socket() const { return run_dir_ / "ebond.sock"; }
  std::filesystem::path state_dir() const { return run_dir_ / "state"; }
  std::filesystem::path state_file(const std::string& bond_key) const {
    return state_dir() / (bond_key + ".json");
  }
  /// The contract's DIR/proc/BOND, or DIR/netns/NAME/proc/BOND; `label` as in Hands.
  std::filesystem::path proc_file(const std::string& label, const std::string& bond) const {
    return (label.empty() ? run_dir_ : run_dir_ / "netns" / label) / "proc" / bond;
  }
  /// Each run directory has pins of its own, so two daemons never meet in bpffs.
  std::filesystem::path pin_dir() const;
  std::filesystem::path bond_pin_dir(const std::string& bond_key) const { return pin_dir() / bond_key; }

  /// Names a bond for good: "4026531840-7", its namespace's inode and its ifindex.
  static std::string bond_key(const os::NamespaceId& where, core::IfIndex bond);

 private:
  std::filesystem::path run_dir_;
};

}  // namespace ebond::daemon
