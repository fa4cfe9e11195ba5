#include "daemon/bond/files.h"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <tuple>
#include <utility>

namespace ebond::daemon {

namespace {

/// To a successor: when a client was last seen does not count there.
bool same_clients(const std::vector<core::RxClient>& a, const std::vector<core::RxClient>& b) {
  const auto told = [](const core::RxClient& each) {
    return std::tie(each.client, each.server, each.mac, each.vlan, each.slot, each.rounds, each.due);
  };
  return std::ranges::equal(
      a, b, [&](const core::RxClient& one, const core::RxClient& other) { return told(one) == told(other); });
}

}  // namespace

/// Compared before anything is made into text: a thousand clients are 170 kB of it.
os::Result<> Files::write_state(StoredBond bond, core::TimePoint now, bool always) {
  auto clients = std::exchange(bond.memory.clients, {});
  auto text = to_text(bond);
  state_due_.reset();
  if (text == last_state_ && !always) {
    if (same_clients(clients, last_clients_)) return {};
    if (const auto due = clients_written_.value_or(now - kClientsWrittenEvery) + kClientsWrittenEvery;
        now < due) {
      state_due_ = due;
      return {};
    }
  }
  bond.memory.clients = clients;
  constexpr mode_t kOnlyOurs = 0600;
  const auto whole = clients.empty() ? text : to_text(bond);
  auto written = disk_.write(state_file_, whole, kOnlyOurs);
  if (!written) return written;
  last_hash_ = std::hash<std::string>{}(whole);
  last_state_ = std::move(text);
  last_clients_ = std::move(clients);
  clients_written_ = now;
  return {};
}

os::Result<bool> Files::state_is_lost() {
  if (!last_hash_) return false;
  const auto text = disk_.read(state_file_);
  if (text) return std::hash<std::string>{}(*text) != *last_hash_;
  if (text.error().errno_value != ENOENT) return std::unexpected(text.error());
  if (auto made = disk_.make_directories(directory_.state_dir()); !made) return std::unexpected(made.error());
  return true;
}

void Files::clients_may_differ(core::TimePoint now) {
  if (!state_due_) state_due_ = clients_written_.value_or(now) + kClientsWrittenEvery;
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

os::Result<> Files::remove(const std::string& label, const std::string& bond) {
  // The state file last: until it goes, a daemon that comes after a crash here knows what is left to do.
  auto removed = disk_.remove(proc_file_.empty() ? directory_.proc_file(label, bond) : proc_file_);
  return removed ? disk_.remove(state_file_) : removed;
}

}  // namespace ebond::daemon
