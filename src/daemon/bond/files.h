// A bond's two files in the run directory: its state, from which a restart goes on, and its proc text.
//
// Used by Runner. Each is written only if it differs from what was written last.
#pragma once

#include <filesystem>
#include <string>

#include "daemon/bond/disk.h"
#include "daemon/bond/store.h"
#include "daemon/run_directory.h"

namespace ebond::daemon {

class Files {
 public:
  Files(Disk& disk, const RunDirectory& directory, const std::string& bond_key)
      : disk_(disk), directory_(directory), state_file_(directory.state_file(bond_key)) {}

  /// `always`: even if it does not differ, to see whether it can be written.
  os::Result<> write_state(const StoredBond& bond, bool always = false);
  /// `label` as in Hands. A text that stands under another name goes.
  os::Result<> write_proc(const std::string& label, const std::string& bond, const std::string& text);
  /// Both files go, also one that an earlier daemon wrote.
  void remove(const std::string& label, const std::string& bond);

 private:
  Disk& disk_;
  const RunDirectory& directory_;
  std::filesystem::path state_file_;
  std::filesystem::path proc_file_;  ///< empty: not written yet
  std::string last_state_, last_proc_;
};

}  // namespace ebond::daemon
