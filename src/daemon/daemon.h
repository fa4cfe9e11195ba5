// ebondd: every bond of every namespace, as a service.
//
// One thread. The Varlink server calls it as a control::Service; what the machine tells reaches the bonds
// through Sites.
#pragma once

#include <filesystem>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "control/service.h"
#include "daemon/checkpoints.h"
#include "daemon/history.h"
#include "daemon/orphans.h"
#include "daemon/sites.h"

namespace ebond::daemon {

class Daemon : public control::Service {
 public:
  /// Adopts nothing yet. `machine` outlives it.
  Daemon(Machine& machine, const RunDirectory& directory);

  /// Takes over every bond an earlier daemon left in the run directory. What cannot be adopted is said and
  /// left as it is; what could not be looked at for want of something is tried again later.
  void adopt_all();
  /// Before it ends for good: if no bond is left, nor anything of one that could not be adopted, what all
  /// bonds share goes from the kernel too.
  void take_leave();

  /// What hooks it has run, and could not, is known elsewhere: asked for its report.
  void ask_about_hooks(std::function<void(core::DaemonReport&)> ask) { ask_about_hooks_ = std::move(ask); }
  /// Calls it with every event of every namespace from now on.
  using EventWitness = std::function<void(const core::PlacedEvent&)>;
  void hear_events(EventWitness witness) { witness_ = std::move(witness); }

  control::Result<> add(control::NamespaceRef netns, const std::string& bond,
                        const control::KeyValues& options) override;
  control::Result<std::vector<std::string>> add_adopting(control::NamespaceRef netns, const std::string& bond,
                                                         const control::KeyValues& options,
                                                         const std::string& interface) override;
  control::Result<> del(control::NamespaceRef netns, const std::string& bond) override;
  control::Result<std::vector<std::string>> forget(control::NamespaceRef netns,
                                                   const std::string& bond) override;
  control::Result<> set(control::NamespaceRef netns, const std::string& bond,
                        const control::KeyValues& options) override;
  control::Result<std::vector<std::string>> enslave(control::NamespaceRef netns, const std::string& bond,
                                                    const std::vector<std::string>& interfaces,
                                                    control::Absent absent) override;
  control::Result<> release(control::NamespaceRef netns, const std::string& bond,
                            const std::vector<std::string>& interfaces) override;
  control::Result<> set_slave(control::NamespaceRef netns, const std::string& interface,
                              const control::KeyValues& options) override;
  std::vector<std::string> namespaces_with_bonds() override;
  control::Result<> drain(control::NamespaceRef netns, const std::string& interface, bool on,
                          bool force) override;
  control::Result<std::vector<core::BondReport>> show(control::NamespaceRef netns,
                                                      const std::string& bond) override;
  control::Result<core::Foresight> foresee(control::NamespaceRef netns, const std::string& bond) override;
  control::Result<> checkpoint(control::NamespaceRef netns, const std::vector<std::string>& bonds,
                               std::chrono::seconds within) override;
  control::Result<> confirm(control::NamespaceRef netns) override;
  control::Result<> roll_back(control::NamespaceRef netns) override;
  core::DaemonReport about_itself() override;
  control::Result<core::EventShelf::Part> history(control::NamespaceRef netns, std::int64_t since_ns,
                                                  std::uint64_t from) override;
  std::shared_ptr<void> subscribe(control::NamespaceRef netns, EventSink sink,
                                  std::optional<std::uint64_t> from) override;

 private:
  struct Subscription {
    os::NamespaceId where;
    EventSink sink;
  };

  /// Null if the namespace has no bonds.
  control::Result<Site*> find_site(control::NamespaceRef netns);
  control::Result<std::pair<Site*, Runner*>> find(control::NamespaceRef netns, const std::string& bond);
  /// Does `at_slave` with the bond that has this interface, or `at_absent` with the one that awaits it.
  control::Result<> with_slave(control::NamespaceRef netns, const std::string& interface,
                               const std::function<control::Result<>(Runner&, os::IfIndex)>& at_slave,
                               const std::function<control::Result<>(Runner&)>& at_absent = nullptr);
  control::Result<> make(control::NamespaceRef netns, const std::string& bond,
                         const control::KeyValues& options, Runner::Made made);
  /// False if that is not all done.
  bool undo_births();
  bool adopt_files();
  bool adopt_one(const std::filesystem::path& file);
  bool is_running(const std::filesystem::path& file);
  os::Result<std::shared_ptr<Hands>> find_home(const StoredHome& home);
  void try_later();
  /// Refused, it is done in part, and goes on when asked again.
  os::Result<> go_back(const Checkpoint& checkpoint);
  /// Maps of bonds that are gone, and of which no file tells.
  void collect_pins();
  void look_after();
  void publish(const os::NamespaceId& where, const core::StampedEvent& event);

  Machine& machine_;
  const RunDirectory directory_;
  std::list<Subscription> subscriptions_;
  History history_;
  EventWitness witness_;
  std::function<void(core::DaemonReport&)> ask_about_hooks_;
  std::int64_t started_ns_;
  core::LoopLag lag_;
  BondHost host_;
  Sites sites_;
  Orphans orphans_;
  Checkpoints checkpoints_;
  std::unique_ptr<Alarm> look_alarm_;   ///< set while there is a bond
  std::unique_ptr<Alarm> later_alarm_;  ///< set while something is to be tried again
  core::Milliseconds later_{};          ///< the latest pause before that
  bool looking_ = false;
  unsigned looks_ = 0;
};

}  // namespace ebond::daemon
