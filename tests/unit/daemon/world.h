// A machine of one network namespace, a run directory and a daemon on it, for tests: commands are given to
// the daemon as a client gives them, and every call it makes of the system is in `script`.
//
//   World world;
//   world.kernel.add_nic("eth0", 2);
//   world.start();
//   world.add("bond0");
//   world.enslave("bond0", {"eth0"});
//
// kill() and start() are a crash and what systemd does about it: kernel and disk live on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/daemon.h"
#include "fake_disk.h"
#include "fake_hands.h"

namespace ebond::daemon {

class World : public Machine {
 public:
  World();

  // The daemon
  /// And adopts; `fail_at`: with this call of the system refused.
  void start(std::optional<std::size_t> fail_at = std::nullopt);
  /// The same, with every call refused whose line begins so.
  void start_refusing(const std::string& beginning, int errno_value);
  /// The same, where links of this machine stand in another namespace, too.
  void start_where(FakeKernel& elsewhere);
  /// The same, counting steps on from where the script is.
  void start_daemon();
  void kill();
  /// Does `command` and is killed at its step-th call of the system.
  void die_in(std::size_t step, const std::function<void()>& command);
  Daemon& daemon() { return *daemon_; }

  // Commands; each answers an error's message, or nothing
  std::string add(const std::string& bond, const control::KeyValues& options = {{"mode", "active-backup"}});
  std::string add_adopting(const std::string& bond, const std::string& interface,
                           const control::KeyValues& options = {{"mode", "active-backup"}});
  /// What the latest add_adopting() warned of.
  std::vector<std::string> adopting_warned;
  std::string checkpoint(const std::vector<std::string>& bonds, std::chrono::seconds within);
  std::string confirm();
  std::string roll_back();
  std::string del(const std::string& bond);
  std::string forget(const std::string& bond);
  /// What the latest forget() could not put back.
  std::vector<std::string> not_put_back;
  std::string enslave(const std::string& bond, const std::vector<std::string>& interfaces,
                      control::Absent absent = control::Absent::refused);
  std::string release(const std::string& bond, const std::vector<std::string>& interfaces);
  std::string set(const std::string& bond, const control::KeyValues& options);
  std::string set_slave(const std::string& interface, const control::KeyValues& options);
  std::string drain(const std::string& interface, bool on = true, bool force = false);
  core::BondReport show(const std::string& bond);
  /// "eth0 eth1": the slaves the daemon knows.
  std::string slaves(const std::string& bond);
  /// Every event since the start, "kind slave why".
  std::vector<std::string> events;
  bool has_event(const std::string& beginning) const;

  /// The hands of the daemon that runs.
  FakeHands& hands() { return *hands_; }
  /// Kernel and files as text.
  std::string describe() const { return kernel.describe() + namespaces.describe() + disk_.describe(); }
  /// Those of a namespace that a bond has for its own.
  FakeHands& hands_of(const std::string& netns) { return *made_there_.at(netns).lock(); }
  /// The same, and what the daemon shows of its bonds: their options and slaves, and whom they await.
  std::string describe_all();
  FakeDisk& files() { return disk_; }

  // Machine
  os::Result<os::NamespaceId> identify(control::NamespaceRef netns) override;
  os::Result<os::NamespaceId> initial() override { return initial_netns.value_or(kernel.where); }
  os::Result<std::shared_ptr<Hands>> open_hands(control::NamespaceRef netns) override;
  os::Result<std::shared_ptr<Hands>> open_hands(const os::NamespaceId& id) override;
  os::Result<bool> is_used(const os::NamespaceId&) override;
  void hear_names(std::function<void()> changed) override { names_changed = std::move(changed); }
  void hear_carriers(std::function<void(const os::CarrierNews&)> heard) override {
    carrier_heard = std::move(heard);
  }
  std::string boot_id() override { return kernel.boot_id; }
  void read_carriers() override {}
  core::TimePoint now() override { return time.now; }
  std::int64_t realtime_ns() override { return 1'000'000'000'000 + time.now.time_since_epoch().count(); }
  std::unique_ptr<Alarm> make_alarm() override { return time.make_alarm(); }
  Disk& disk() override { return disk_; }
  std::unique_ptr<EventFile> open_event_file() override;
  void take_leave() override { script.store("take leave"); }

  /// What is in the file of events, and outlives the daemon; who reads it is answered by read_event_file().
  std::string event_text;
  bool event_file_is_read_at_once = true;
  int event_file_refuses = 0;  ///< with this errno
  std::function<void()> read_event_file;

  Script script;
  FakeKernel kernel;
  FakeNamespaces namespaces;
  FakeTime time;
  RunDirectory directory{"/run/ebond"};
  bool namespace_is_used = true;
  std::optional<os::NamespaceId> unused;         ///< but this one is not
  std::optional<os::NamespaceId> initial_netns;  ///< the initial one, if that is not `kernel`
  std::function<void()> names_changed;
  std::function<void(const os::CarrierNews&)> carrier_heard;

 private:
  FakeKernel* elsewhere_ = nullptr;
  std::map<std::string, std::weak_ptr<FakeHands>> made_there_;
  FakeDisk disk_{script};
  std::shared_ptr<FakeHands> hands_;
  std::unique_ptr<Daemon> daemon_;
  std::shared_ptr<void> subscription_;
};

}  // namespace ebond::daemon
