// ebondd: every bond of every namespace, and the loop that carries events to them.
//
// One thread, but for LinkPoller's. The Varlink server calls it as a control::Service; netlink wakes it per
// namespace.
#pragma once

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <list>
#include <map>
#include <memory>

#include "control/service.h"
#include "daemon/managed_bond.h"

namespace ebond::daemon {

class Daemon : public control::Service {
 public:
  /// Opens what is shared by all bonds; adopts nothing yet. `use_hook` false: watches links without the
  /// carrier hook, and removes one that an earlier daemon left.
  static os::Result<std::unique_ptr<Daemon>> open(asio::io_context& loop, Paths paths, bool use_hook);

  /// Takes over every bond an earlier daemon left in the run directory. What cannot be adopted is said and
  /// left as it is.
  void adopt_all();
  /// Before it ends for good: where no bond is left, nor anything of one that could not be adopted, what all
  /// bonds share goes from the kernel too.
  void take_leave();

  control::Result<> add(control::NamespaceRef netns, const std::string& bond,
                        const control::KeyValues& options) override;
  control::Result<> del(control::NamespaceRef netns, const std::string& bond) override;
  control::Result<> set(control::NamespaceRef netns, const std::string& bond,
                        const control::KeyValues& options) override;
  control::Result<std::vector<std::string>> enslave(control::NamespaceRef netns, const std::string& bond,
                                                    const std::vector<std::string>& interfaces) override;
  control::Result<> release(control::NamespaceRef netns, const std::string& bond,
                            const std::vector<std::string>& interfaces) override;
  control::Result<> set_slave(control::NamespaceRef netns, const std::string& interface,
                              const control::KeyValues& options) override;
  control::Result<std::vector<core::BondReport>> show(control::NamespaceRef netns,
                                                      const std::string& bond) override;
  core::CheckReport check() override;
  std::shared_ptr<void> subscribe(control::NamespaceRef netns, EventSink sink) override;

 private:
  /// A namespace with bonds in it: its sockets, its bonds. Closed with its last bond, or when nobody else
  /// holds the namespace any more.
  struct Site {
    std::shared_ptr<Network> network;
    asio::posix::stream_descriptor readable;
    std::vector<std::unique_ptr<ManagedBond>> bonds;  ///< in order of creation
  };
  struct Subscription {
    os::NamespaceId where;
    EventSink sink;
  };

  Daemon(asio::io_context& loop, Paths paths, os::LinkBits links, std::optional<os::CarrierHook> hook);
  void listen_to_hook();
  os::Result<Site*> site_of(os::Namespace where);
  control::Result<Site*> find_site(control::NamespaceRef netns);
  control::Result<std::pair<Site*, ManagedBond*>> find(control::NamespaceRef netns, const std::string& bond);
  void adopt_one(const std::filesystem::path& file);
  void listen(os::NamespaceId id);
  void hear(Site& site);
  void drop(Site& site, const ManagedBond& bond);
  void close_if_empty(os::NamespaceId id);
  void watch_names();
  void hear_names();
  void look_at_names(bool nameless_too);
  void look_after();
  void publish(os::NamespaceId where, const core::StampedEvent& event);

  asio::io_context& loop_;
  Paths paths_;
  os::LinkBits links_;
  std::optional<os::CarrierHook> hook_;
  std::map<os::NamespaceId, Site> sites_;
  std::list<Subscription> subscriptions_;
  LinkPoller poller_;
  BondHost host_;
  asio::posix::stream_descriptor name_watch_;
  asio::steady_timer look_timer_;  ///< runs while there is a bond
  bool looking_ = false;
  unsigned looks_ = 0;
  asio::posix::stream_descriptor hook_readable_;
};

}  // namespace ebond::daemon
