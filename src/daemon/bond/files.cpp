#include "daemon/bond/files.h"

namespace ebond::daemon {

os::Result<> Files::write_state(const StoredBond& bond, bool always) {
  constexpr mode_t kOnlyOurs = 0600;
  auto text = to_text(bond);
  if (text == last_state_ && !always) return {};
  auto written = disk_.write(state_file_, text, kOnlyOurs);
  if (written) last_state_ = std::move(text);
  return written;
}

os::Result<> Files::write_proc(const std::string& label, const std::string& bond, const std::string& text) {
  constexpr mode_t kForAll = 0644;
  auto file = directory_.proc_file(label, bond);
  if (file != proc_file_) {
    if (!proc_file_.empty()) (void)disk_.remove(proc_file_);
    proc_file_ = std::move(file);
    last_proc_.clear();
  }
  if (text == last_proc_) return {};
  (void)disk_.make_directories(proc_file_.parent_path());
  auto written = disk_.write(proc_file_, text, kForAll);
  if (written) last_proc_ = text;
  return written;
}

void Files::remove(const std::string& label, const std::string& bond) {
  // The state file last: until it goes, a daemon that comes after a crash here knows what is left to do.
  (void)disk_.remove(proc_file_.empty() ? directory_.proc_file(label, bond) : proc_file_);
  (void)disk_.remove(state_file_);
}

}  // namespace ebond::daemon
