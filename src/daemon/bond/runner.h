// One bond at work: the core's decisions carried out on the system, and the system's news carried to the
// core.
//
// Used by Daemon, one for each bond. Its parts own what they know: Slaves, Absentees, Senses, Executor,
// Enslavement, Mending, Dues, FailoverClock, Files. All of it runs on the loop's thread; every call leaves
// the state file true before it returns, but for balance-alb's clients, which may be written a second later.
// Commands change everything or nothing; what the system does (a slave unplugged, bond0 deleted) is news,
// never an error.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/service.h"
#include "core/bond.h"
#include "core/foresight.h"
#include "core/report.h"
#include "daemon/bond/absentees.h"
#include "daemon/bond/enslavement.h"
#include "daemon/bond/executor.h"
#include "daemon/bond/failover_clock.h"
#include "daemon/bond/files.h"
#include "daemon/bond/hands.h"
#include "daemon/bond/identity.h"
#include "daemon/bond/mending.h"
#include "daemon/bond/senses.h"
#include "daemon/bond/since.h"
#include "daemon/bond/slaves.h"
#include "daemon/bond/snapshot.h"
#include "daemon/run_directory.h"
#include "os/carrier_hook.h"

namespace ebond::daemon {

class Runner;

/// What a bond needs of its daemon.
struct BondHost {
  Disk& disk;
  std::string boot_id;
  const RunDirectory& directory;
  /// Is this interface bond0, or the lower half, or a slave of any bond of this namespace? Then says of
  /// which.
  std::function<std::optional<std::string>(const Hands&, os::IfIndex)> claimed_by;
  std::function<void(const Hands&, const core::StampedEvent&)> publish;
  /// This bond's upper half stands there: its news come to the bond, and the namespace is given up, and the
  /// bond told, once nobody else holds it.
  std::function<Visit(std::shared_ptr<Hands> there, Runner& bond)> visit;
  /// The same of where this bond belongs, if it has its slaves away: it hears what comes there.
  std::function<Visit(std::shared_ptr<Hands> there, Runner& bond)> belong;
  /// A bond is over().
  std::function<void()> is_over;
};

/// The options, where those that name a slave by an alternative name do so by its own.
control::KeyValues with_true_names(Hands& hands, control::KeyValues options);
/// What the namespace is called in which a bond keeps its slaves.
std::string own_netns_of(const std::string& bond);

class Runner {
 public:
  /// Is a new bond one, or half of what a command makes, and gone with its daemon until the rest is done?
  enum class Made : std::uint8_t { whole, in_part };
  /// `home`: where it is to belong.
  static control::Result<std::unique_ptr<Runner>> create(BondHost& host, std::shared_ptr<Hands> home,
                                                         const std::string& name,
                                                         const control::KeyValues& options,
                                                         Made made = Made::whole);
  /// Goes on with what `stored` tells of, and finishes what an earlier daemon was killed in. ENODEV if the
  /// bond's device is gone, or its deletion had begun: then all that was left of it is cleared. Any other
  /// error: nothing was touched. `hands`: where its slaves are; `home`: where it belongs, if that is
  /// elsewhere and is still there.
  static os::Result<std::unique_ptr<Runner>> adopt(BondHost& host, std::shared_ptr<Hands> hands,
                                                   std::shared_ptr<Hands> home, StoredBond stored);
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Commands
  control::Result<> set(const control::KeyValues& options);
  control::Result<std::vector<std::string>> enslave(const std::vector<std::string>& interfaces,
                                                    control::Absent absent);
  /// The rest of a bond that was made in part: it takes the interface for its slave and has for its own what
  /// that had. Refused, the bond is to be deleted.
  control::Result<std::vector<std::string>> adopt_interface(const std::string& interface);
  control::Result<> release(const std::vector<std::string>& interfaces);
  control::Result<> set_slave(os::IfIndex slave, const control::KeyValues& options);
  /// The same for one that is awaited: it has these options once it is here.
  control::Result<> set_absent_slave(const std::string& slave, const control::KeyValues& options);
  /// Takes a slave out, or lets it back; see core::Bond::drain().
  control::Result<> drain(os::IfIndex slave, bool on, bool force);
  /// The bond ends: slaves given back, device, programs, maps and files gone. Refused, it has begun all the
  /// same, and goes on until all is given back; then the bond is over().
  control::Result<> destroy();
  /// The same, past everything that fails. Answers that.
  std::vector<std::string> forget();

  /// What it is like, to be gone back to.
  control::Result<BondSnapshot> snapshot();
  /// Is so again: slaves, options, and of bond0 itself MTU, MAC, addresses and routes. VLANs and a bridge
  /// that came meanwhile go. Refused, it is so in part, and asked again it goes on.
  control::Result<> go_back_to(const BondSnapshot& before);

  // News
  void link_changed(const os::LinkInfo& link, core::TimePoint heard);
  /// The carrier hook's news, ahead of all other.
  void carrier_changed(const os::CarrierNews& news);
  void address_changed(os::IfIndex ifindex);
  /// False if it was bond0 itself: the bond is over and was cleared away.
  bool link_gone(const os::LinkInfo& link);
  // The same of the namespace that bond0 stands in, if that is another one
  void link_changed_above(const os::LinkInfo& link, core::TimePoint heard);
  void address_changed_above(os::IfIndex ifindex) { senses_.address_changed(ifindex); }
  void groups_changed_above(os::IfIndex device) {
    if (device == upper_.ifindex()) multicast_changed();
  }
  bool link_gone_above(const os::LinkInfo& link);
  /// That namespace ends, and the bond with it: slaves are given back.
  void namespace_above_ends();
  // Of the namespace that the bond belongs to, if its slaves are away
  /// One that it awaits may have come.
  void link_changed_at_home(const os::LinkInfo& link) { readmit(link); }
  /// That namespace ends, and the bond with it. It is held until this is done.
  void home_ends();
  /// Somebody may have taken the name of the namespace of its slaves away.
  void keep_own_netns();
  /// Between these, news are acted on as they come; files, ears and timer follow once, at the end.
  void begin_news() { in_news_ = true; }
  void end_news();
  /// A filter or a qdisc of some device changed: is ours still there?
  void filters_changed(const os::FiltersChanged& news);
  /// The IP stack joined or left a group on some device.
  void groups_changed(os::IfIndex device) {
    if (upper_.is_below_as(device)) multicast_changed();
  }
  /// Its namespace ends: let go of it, leave no file behind.
  void abandon();
  /// Hands::label() is another one now.
  void namespace_renamed() { settle(); }
  /// Some device of the namespace that bond0 stands in listens to other multicast groups than before.
  void multicast_changed();
  /// Netlink lost messages, or this daemon is new: look at everything. False as link_gone().
  bool resynchronise();

  /// Does one piece of work of the bond. An exception ends the bond's work and not the daemon: from then on
  /// nothing is done for it, its programs go on as they are, and `show` says why.
  void guard(const std::function<void()>& work);
  /// Why nothing is done for it any more; empty: all is well.
  const std::string& failed() const { return failed_; }
  /// It ended by itself, and whoever holds it lets go of it.
  bool over() const { return over_; }
  /// What nobody tells of may have changed on bond0: the addresses that it takes frames for, and whether it
  /// takes all. Asked five times a second, more seldom if there are many bonds.
  void look_at_upper();
  /// Others may have removed its state file, or its pins: they are put back.
  void look_at_files();
  /// An interface that it awaits may be there: the kernel tells of no alternative name that one gets while it
  /// is down.
  void look_for_absent();
  /// What stands on devices of the namespace that bond0 stands in, in others now.
  void seen_elsewhere(const Hands::LinksElsewhere& links);

  const std::string& name() const { return bond_.name(); }
  /// The ifindex that bond0 was made with, for good: the bond's key has it.
  os::IfIndex made_as() const { return device_.upper(); }
  /// bond0 stands in another namespace than its slaves.
  bool is_apart() const { return upper_.is_apart(); }
  /// ... than it belongs to.
  bool is_away() const { return upper_.is_away(); }
  /// Its slaves stand in a namespace of its own.
  bool has_slaves_away() const { return stored_home_.has_value(); }
  /// Where its slaves are.
  const std::shared_ptr<Hands>& hands() const { return hands_; }
  bool is_upper_half(os::IfIndex ifindex) const { return ifindex == upper_.ifindex(); }
  /// "a bond itself", "the lower half of bond0", "a slave of bond0"; none if the interface is not this
  /// bond's.
  std::optional<std::string> claims(os::IfIndex ifindex) const;
  bool has_slave(os::IfIndex ifindex) const { return slaves_.has(ifindex); }
  bool awaits(const std::string& interface) const { return absentees_.contains(interface); }
  /// `links`: all of its namespace.
  core::BondReport view(const std::vector<os::LinkInfo>& links);
  core::Foresight foresee() const { return core::foresee(bond_, hands_->now()); }

 private:
  // What is due if it failed.
  static constexpr const char* kLookingAtAll = "cannot look at all of its devices";
  static constexpr const char* kGroups = "cannot read what groups it listens to";
  static constexpr const char* kRepairs = "cannot put its programs back";
  static constexpr const char* kPins = "cannot pin its maps again";
  static constexpr const char* kDeletion = "cannot delete it";
  static constexpr const char* kOwnNetns = "cannot name the network namespace of its slaves again";

  Runner(BondHost& host, std::shared_ptr<Hands> hands, os::BondDevice device, std::string cookie,
         std::uint32_t mtu, std::unique_ptr<Programs> programs, core::Bond bond);
  /// One half is where it was no longer. bond0 is followed to where it was moved; else the bond ends, as
  /// link_gone().
  bool half_gone();
  bool end_by_itself(const std::string& why = "");
  void be_over();
  bool follow_upper();
  void place_upper(FoundUpper& found);
  /// Its slaves are to be away from there.
  void belong_to(std::shared_ptr<Hands> home, StoredHome stored);
  /// Of the device, if one half is gone. False if the other one is gone too.
  bool delete_other_half();
  os::Result<> delete_device();
  /// One that went, or went while nobody looked.
  void lose(const os::LinkInfo& slave, core::TimePoint heard);

  /// Of an interface that may be named by another name of its; the same where there is none.
  std::string true_name(const std::string& interface);
  /// The primary may have been named by a name that this interface has beside its own.
  void know_primary(const os::LinkInfo& link);
  control::Result<os::LinkInfo> find_enslavable(const std::string& interface);
  /// Nothing is lost of it on the way to where slaves stand, and nothing there is in its way.
  control::Result<> check_can_go(const os::LinkInfo& link);
  control::KeyValues with_true_names(control::KeyValues options);
  void readmit(const os::LinkInfo& link);
  /// `asked_by`: whom the kernel names for what is amiss; see os::FiltersChanged.
  void repair_programs(std::uint32_t asked_by = 0);
  void upper_changed(const os::LinkInfo& link, core::TimePoint heard);
  /// Of bond0: some kernels give it fewer than were asked for. If it cannot be asked, as many.
  std::uint16_t tx_queues() const;
  void stack_changed(const os::LinkInfo& link);
  void stack_lost(const os::LinkInfo& link);
  /// Tells slaves' cards what to let in; true if they were told anything new.
  void follow_flags(const os::LinkInfo& upper);
  bool follow_filter();
  bool follow_filter(const std::set<wire::MacAddress>& addresses);
  bool follow_groups(std::set<wire::MacAddress> joined);
  void upper_is_news();
  void upper_seen(const Hands::Standing& seen);
  void slave_changed(const os::LinkInfo& link, core::TimePoint heard);
  void frames_heard(os::IfIndex slave, const std::vector<wire::Bytes>& frames);
  void frames_sent(const std::vector<wire::Bytes>& frames);
  void links_answered(const std::vector<LinkWatch::Answer>& answers);

  void look_behind_elsewhere();
  /// What `show` tells of bond0 as an interface. `links`: all of the namespace that it stands in.
  void look_above(core::BondReport& view, const std::vector<os::LinkInfo>& links) const;

  /// After anything that happened: ears, state file, proc file, timer.
  void settle();
  void settle_if(bool to_write);
  void rearm();  ///< after anything, even if nothing is to be written: ears and timer
  void set_alarm();
  void deadline_reached();
  void tell_activity();
  void try_again();

  /// A command that changes what the core knows is under way: until keep_attempt() the state file tells of
  /// the bond as it was before, and what a daemon does that finds it is to go back there.
  os::Result<> begin_attempt();
  os::Result<> keep_attempt();
  /// The bond is as it was before the command, and the system is made to fit.
  void undo_attempt();
  /// All of these, told to the core and done one after the other, or none. settle() is left to the caller.
  using Change = std::function<core::Outcome<>(core::TimePoint now)>;
  control::Result<> attempt(const std::vector<Change>& changes);
  control::Result<> refuse_if_ending() const;
  /// A released slave may be up with the MAC that the bond keeps.
  void warn_of_two_with_one_mac(const SlaveOriginals& released);
  control::Result<> enslave_all(const std::vector<os::LinkInfo>& links,
                                const std::vector<std::string>& awaited, std::vector<std::string>& warnings,
                                Enslavement::Belonging belonging = Enslavement::Belonging::put_away);
  /// bond0 gets an interface's MTU and IPv6 settings, and is up if that is.
  os::Result<> take_after(const os::LinkInfo& link);
  /// Releases those that a command has just enslaved.
  void give_up(const std::vector<os::IfIndex>& slaves);
  control::Result<> take_off_what_is_new(const BondSnapshot& before);
  control::Result<> go_back_to_slaves(const BondSnapshot& before);
  /// Can what bond0 was made as do what is asked for?
  control::Result<> check_device_fits(const control::KeyValues& options);
  bool stands_where_it_did(const BondSnapshot& before) const;
  control::Result<> go_back_to_network(const BondSnapshot& before);
  os::Result<> end();
  void release_all(core::TimePoint heard);
  os::Result<> save(bool always = false);
  /// Saves, or owes it.
  void write_state();
  void write_proc(const core::BondStatus& status);
  /// What a state file speaks for, and that.
  os::Result<> clear_away();
  /// Programs and files alone.
  os::Result<> forget_files();
  std::string watched_by() const;  ///< the layers that see a failure, in words

  BondHost& host_;
  std::shared_ptr<Hands> hands_;
  os::BondDevice device_;  ///< as it was made
  Home home_;
  UpperHalf upper_;
  core::Bond bond_;
  std::unique_ptr<Programs> programs_;
  Reporter reporter_;
  Dues dues_;
  Slaves slaves_;
  Absentees absentees_;
  FailoverClock clock_;
  Since since_;
  Senses senses_;
  Executor executor_;
  Enslavement enslavement_;
  Mending mending_;
  Files files_;
  std::string cookie_;                     ///< in the alias of the lower half; empty: an older ebond made it
  std::optional<StoredHome> stored_home_;  ///< it has its slaves away
  bool ending_ = false;                    ///< its deletion has begun
  bool in_part_ = false;                   ///< the command that makes it is not done
  bool over_ = false;
  std::string failed_;
  std::optional<core::BondMemory> before_;        ///< a command that is under way
  bool stack_is_new_ = true;                      ///< VLANs are to be looked for
  bool stack_news_ = false;                       ///< and will be when the news end
  std::optional<os::LinkInfo> upper_told_;        ///< bond0 when its filter was last followed by its news
  std::set<core::VlanKey> vlans_here_;            ///< that stand on bond0
  std::set<core::VlanKey> vlans_elsewhere_;       ///< of devices in other namespaces, as last looked for
  std::map<core::VlanKey, int> vlans_that_left_;  ///< for there; in how many looks they will have been seen
  bool looking_at_upper_ = false;
  unsigned looks_at_upper_ = std::to_underlying(device_.upper());  ///< not all bonds' at the same count
  std::optional<os::TakenAddresses> upper_known_;  ///< when it was last looked at, if there is no news since
  std::uint64_t upper_news_ = 0;                   ///< what was asked for before one of them may be older
  std::unique_ptr<Alarm> alarm_;                   ///< set to the core's next deadline
  enum class Settling : std::uint8_t { nothing, alarm, all };
  bool in_news_ = false;
  Settling put_off_ = Settling::nothing;                                   ///< until the news end
  std::shared_ptr<const bool> here_ = std::make_shared<const bool>(true);  ///< for what is called late
};

}  // namespace ebond::daemon
