// A bond's two files in the run directory: its state, from which a restart goes on, and its proc text.
//
// Used by Runner. Each is written only if it differs from what was written last. balance-alb's clients, a
// thousand at most, change with every ARP: alone they are written once in kClientsWrittenEvery.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "daemon/bond/disk.h"
#include "daemon/bond/store.h"
#include "daemon/run_directory.h"

namespace ebond::daemon {

class Files {
 public:
  Files(Disk& disk, const RunDirectory& directory, const std::string& bond_key)
      : disk_(disk), directory_(directory), state_file_(directory.state_file(bond_key)) {}

  static constexpr core::Milliseconds kClientsWrittenEvery{1000};

  /// `always`: even if it does not differ, to see whether it can be written.
  os::Result<> write_state(StoredBond bond, core::TimePoint now, bool always = false);
  /// Did others remove it, or change it? Makes its directory again if that was it.
  os::Result<bool> state_is_lost();
  /// Something happened that may have changed the clients and nothing else.
  void clients_may_differ(core::TimePoint now);
  /// When the state is to be written again for clients that differ, or may.
  std::optional<core::TimePoint> state_due() const { return state_due_; }
  /// `label` as in Hands. A text that stands under another name goes.
  os::Result<> write_proc(const std::string& label, const std::string& bond, const std::string& text);
  /// Both files go, also one that an earlier daemon wrote.
  os::Result<> remove(const std::string& label, const std::string& bond);

 private:
  Disk& disk_;
  const RunDirectory& directory_;
  std::filesystem::path state_file_;
  std::filesystem::path proc_file_;       ///< empty: not written yet
  std::string last_state_;                ///< without the clients
  std::optional<std::size_t> last_hash_;  ///< of the whole text
  std::string last_proc_;
  std::vector<core::RxClient> last_clients_;
  std::optional<core::TimePoint> clients_written_, state_due_;
};

}  // namespace ebond::daemon
