// One bond at work: the core's decisions carried out on the system, and the system's news carried to the
// core.
//
// Used by Daemon, one per bond. All of it runs on the loop's thread; every call leaves the state file true
// before it returns. Commands change everything or nothing; what the system does (a slave unplugged, bond0
// deleted) is news, never an error.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/service.h"
#include "core/bond.h"
#include "daemon/link_poller.h"
#include "daemon/listener.h"
#include "daemon/network.h"
#include "daemon/paths.h"
#include "daemon/store.h"
#include "daemon/way_finder.h"
#include "os/bond_device.h"
#include "os/carrier_hook.h"
#include "os/datapath.h"

namespace ebond::daemon {

/// What a managed bond needs of its daemon.
struct BondHost {
  asio::io_context& loop;
  const Paths& paths;
  os::LinkBits& links;
  os::CarrierHook* hook;  ///< none where the kernel refuses it
  LinkPoller& poller;
  /// Is this interface bond0, or the lower half, or a slave of any bond of this namespace? Then says of
  /// which.
  std::function<std::optional<std::string>(const Network&, os::IfIndex)> claimed_by;
  std::function<void(const Network&, const core::StampedEvent&)> publish;
};

class ManagedBond {
 public:
  static control::Result<std::unique_ptr<ManagedBond>> create(BondHost& host,
                                                              std::shared_ptr<Network> network,
                                                              const std::string& name,
                                                              const control::KeyValues& options);
  /// Goes on with what `stored` tells of. ENODEV where the bond's device is gone: then all that was left of
  /// it is cleared. Any other error: nothing was touched.
  static os::Result<std::unique_ptr<ManagedBond>> adopt(BondHost& host, std::shared_ptr<Network> network,
                                                        StoredBond stored);
  ~ManagedBond();
  ManagedBond(const ManagedBond&) = delete;
  ManagedBond& operator=(const ManagedBond&) = delete;

  // Commands
  control::Result<> set(const control::KeyValues& options);
  control::Result<std::vector<std::string>> enslave(const std::vector<std::string>& interfaces);
  control::Result<> release(const std::vector<std::string>& interfaces);
  control::Result<> set_slave(os::IfIndex slave, const control::KeyValues& options);
  /// The bond ends: slaves given back, device, programs, maps and files gone.
  control::Result<> destroy();

  // News
  void link_changed(const os::LinkInfo& link);
  /// The carrier hook's news, ahead of all other.
  void carrier_changed(const os::CarrierNews& news);
  void address_changed(os::IfIndex ifindex);
  /// False where it was bond0 itself: the bond is over and was cleared away.
  bool link_gone(const os::LinkInfo& link);
  /// A filter or a qdisc of some device changed: is ours still there?
  void filters_changed(os::IfIndex device);
  /// Its namespace ends: let go of it, leave no file behind.
  void abandon();
  /// Network::label is another one now.
  void namespace_renamed();
  /// Some device of its namespace listens to other multicast groups than before.
  void multicast_changed();
  /// Netlink lost messages, or this daemon is new: look at everything.
  void resynchronise();

  const std::string& name() const { return name_; }
  const Network& network() const { return *network_; }
  os::IfIndex upper() const { return device_.upper(); }
  /// "a bond itself", "the lower half of bond0", "a slave of bond0"; none where the interface is not this
  /// bond's.
  std::optional<std::string> claims(os::IfIndex ifindex) const;
  bool has_slave(os::IfIndex ifindex) const { return originals_.contains(ifindex); }
  core::BondReport view() const;

 private:
  ManagedBond(BondHost& host, std::shared_ptr<Network> network, os::BondDevice device, os::Datapath datapath,
              core::Bond bond);

  // Enslaving, step by step (managed_bond_slaves.cpp)
  control::Result<os::LinkInfo> find_enslavable(const std::string& interface);
  control::Result<> enslave_one(const os::LinkInfo& link, std::vector<std::string>& warnings);
  os::Result<> prepare_slave(const os::LinkInfo& link, SlaveOriginals& originals);
  os::Result<> start_slave(os::IfIndex slave);
  /// Gives it back, or, where it has `gone`, what can still be reached of it.
  void release_one(os::IfIndex slave, const os::LinkInfo* gone = nullptr);
  void readmit(const os::LinkInfo& link);
  /// A VLAN came, changed or went: where it stands on a slave, its frames are left to it.
  void look_for_slaves_vlans(const os::LinkInfo& vlan);
  void tell_own_vlans(os::IfIndex slave);
  void repair_programs();
  core::LinkState read_link(const std::string& slave_name) const;

  // Carrying out (managed_bond_actions.cpp)
  void carry_out(const core::Actions& actions);
  void act(const core::action::PublishTable&);
  void act(const core::action::RespecialiseDatapath&);
  void act(const core::action::SetCarrier& action);
  void act(const core::action::SetBondMac& action);
  void act(const core::action::SetSlaveMac& action);
  void act(const core::action::SetNoArp& action);
  void act(const core::action::Announce&);
  void act(const core::action::ResendIgmp&);
  void act(const core::action::Teach& action);
  void act(const core::action::SetPromiscuous& action);
  void act(const core::action::ReadTxTotals&);
  void act(const core::action::Transmit& action);
  void act(const core::action::PollLinks&);
  void act(const core::action::Report& action);
  void complain(const std::string& what, const os::Error& error);
  void report(core::Event event);
  core::StampedEvent stamp(core::Event event) const;
  void tell(const core::StampedEvent& stamped);
  std::string slave_name(os::IfIndex slave) const;

  void links_polled(const LinkPoller::Answers& answers);
  void frames_heard(os::IfIndex slave, const std::vector<wire::Bytes>& frames);
  void frames_sent(const std::vector<wire::Bytes>& frames);
  void listen();
  void look_around();
  void watch_ways();

  void watch_carriers();

  // Following bond0 (managed_bond_upper.cpp)
  void upper_changed(const os::LinkInfo& link);
  void follow_mtu(const os::LinkInfo& upper);
  void follow_flags(const os::LinkInfo& upper);
  void follow_flags_on(os::IfIndex slave);

  void settle();  ///< after anything: ears, state file, proc file, timer
  void tell_activity();
  void rearm();
  void write_state();
  void write_proc();
  void clear_files();
  std::string watched_by() const;  ///< the layers that see a failure, in words

  BondHost& host_;
  std::shared_ptr<Network> network_;
  std::string name_;
  std::string key_;
  os::BondDevice device_;
  os::Datapath datapath_;
  core::Bond bond_;

  std::map<os::IfIndex, SlaveOriginals> originals_;  ///< of every slave
  std::map<std::string, AbsentSlave> absent_;        ///< by name
  std::set<std::string> readmitted_;                 ///< came back by themselves, not yet asked for again
  std::set<wire::MacAddress> groups_;                ///< multicast addresses put on the slaves
  std::uint32_t mtu_ = 1500;
  bool promiscuous_ = false;
  bool all_multicast_ = false;
  std::set<os::IfIndex> taking_others_;  ///< slaves made promiscuous by the core

  Listener listener_;
  Listener sent_listener_;  ///< on the lower half: what bond0 sends
  WayFinder way_finder_;
  core::ProbeTargets targets_;  ///< whose ways the core knows
  core::Surroundings around_;   ///< as last told it

  asio::steady_timer timer_;
  asio::steady_timer ways_timer_;                                          ///< runs while there are targets
  std::shared_ptr<const bool> here_ = std::make_shared<const bool>(true);  ///< for what is called late
  bool unsettled_ = false;  ///< something was done since settle()
  bool polling_ = false;    ///< its links are being asked for
  /// Counts what was heard of links otherwise: an answer asked for before that may be older than the news.
  std::uint64_t link_news_ = 0;
  std::string last_state_, last_proc_;
  std::filesystem::path proc_file_;

  // The latest failover, for `show`
  core::TimePoint heard_{};  ///< when what is being handled became known
  std::optional<core::TimePoint> table_written_, announced_;
  std::optional<core::Failover> last_failover_;
};

core::TimePoint monotonic_now();

}  // namespace ebond::daemon
