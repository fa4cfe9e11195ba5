// What a bond does to the system and asks of it, one method for each system call or netlink transaction.
//
// Used by all parts of src/daemon; nothing there but kernel_hands.cpp calls the system itself. KernelHands
// does it; tests put hands in their place that write down what they are told, keep a small kernel of their
// own, and fail or die at any step. One object for each network namespace, shared by the bonds in it. All
// calls come from the loop's thread, and none decides anything.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/balance/tx_balance.h"
#include "core/listening.h"
#include "core/receive_filter.h"
#include "core/table.h"
#include "core/types.h"
#include "daemon/bond/alarm.h"
#include "daemon/bond/link_watch.h"
#include "os/address_filter.h"
#include "os/bond_device.h"
#include "os/bridges.h"
#include "os/datapath.h"
#include "os/error.h"
#include "os/ethtool.h"
#include "os/joined_groups.h"
#include "os/netns.h"
#include "os/rtnetlink_events.h"
#include "os/rtnetlink_types.h"
#include "wire/bytes.h"

namespace ebond::daemon {

/// One bond's programs and tables in the kernel; see os::Datapath, which says what each does. They stay when
/// this goes: only remove() unpins them.
class Programs {
 public:
  virtual ~Programs() = default;
  virtual os::Result<> attach_slave(os::IfIndex slave, core::SlotId slot) = 0;
  virtual os::Result<> detach_slave(os::IfIndex slave, core::SlotId slot, bool remove_qdisc) = 0;
  virtual os::Result<> check_free(os::IfIndex device) = 0;
  virtual os::Result<> take_off(os::IfIndex device, bool remove_qdisc) = 0;
  virtual os::Result<> set_own_vlans(os::IfIndex slave, os::VlanSet vlans) = 0;
  virtual os::Result<std::vector<os::DatapathRepair>> repair() = 0;
  virtual void forget_slave(core::SlotId slot) = 0;
  virtual void forget_all_but(const std::vector<core::SlotId>& slots) = 0;
  virtual os::Result<> respecialise(const core::DatapathSpec& spec,
                                    const std::map<core::SlotId, os::IfIndex>& slaves) = 0;
  /// What the next respecialise() is to go by: bond0 stands in another namespace than its lower half.
  virtual void bond0_is_apart(bool apart) = 0;
  virtual void bond0_lets_all_in(bool lets) = 0;
  virtual void publish(const core::Table& table) = 0;
  virtual os::Result<core::TxTotals> tx_totals() = 0;
  /// Frames that came in on a backup and were not the bond's.
  virtual os::Result<std::uint64_t> rx_inactive(core::SlotId slot) = 0;
  /// Frames that left bond0 and found no slave.
  virtual os::Result<std::uint64_t> tx_without_slave() = 0;
  virtual std::optional<core::TimePoint> last_rx(core::SlotId slot) = 0;
  /// The carrier hook watches this slave and clears its link's life; `cuts`: at once, else it only tells. No
  /// error if there is no hook.
  virtual os::Result<> watch_carrier(os::IfIndex slave, core::SlotId slot, bool cuts) = 0;
  /// Pins its maps again if others took their pins away. True if one was missing.
  virtual os::Result<bool> keep_pins() = 0;
  virtual void remove() = 0;
};

/// What some interfaces of a namespace are heard by; see Listener.
class Ears {
 public:
  /// Frames of one slave, in the order they came.
  using Heard = std::function<void(os::IfIndex slave, const std::vector<wire::Bytes>& frames)>;
  virtual ~Ears() = default;
  using Wanted = std::map<os::IfIndex, core::Listening>;
  virtual std::vector<os::Error> hear(const Wanted& wanted) = 0;
  virtual os::Result<> hear_also(os::IfIndex slave, const wire::MacAddress& mac) = 0;
  virtual void drain() = 0;
};

class Hands {
 public:
  virtual ~Hands() = default;

  // The namespace and the clock
  virtual os::NamespaceId where() const = 0;
  virtual core::TimePoint now() = 0;       ///< CLOCK_MONOTONIC
  virtual std::int64_t realtime_ns() = 0;  ///< CLOCK_REALTIME
  virtual std::unique_ptr<Alarm> make_alarm() = 0;
  /// Its `ip netns` name, "" for the initial one, "net:[4026…]" for a nameless one, as last looked up.
  const std::string& label() const { return label_; }
  void relabel(std::string label) { label_ = std::move(label); }
  bool is_nameless() const { return label_ == where().to_string(); }
  /// What it would be called now: names come and go.
  virtual os::Result<std::string> label_now() = 0;
  /// What a process is called; "" if there is none with that id.
  virtual std::string process_name(std::uint32_t id) = 0;

  // Namespaces that a bond has for its own
  /// A new one under that name of `ip netns`, with hands there. Its loopback device bears the cookie as its
  /// alias before it has the name. EEXIST: there is one of that name.
  virtual os::Result<std::shared_ptr<Hands>> make_namespace(const std::string& name,
                                                            const std::string& cookie) = 0;
  /// The one of that name. ENOENT: there is none.
  virtual os::Result<std::shared_ptr<Hands>> hands_in(const std::string& name) = 0;
  /// This one has its name again, if somebody took it away: then true. EEXIST: another one has it.
  virtual os::Result<bool> name_again(const std::string& name) = 0;
  /// This one has that name no longer, and ends once nobody holds it. What only looks like a name goes, too.
  virtual os::Result<> take_name_off(const std::string& name) = 0;
  /// An interface goes to where those hands are, under its name there, or one that is asked for (EEXIST: it
  /// is taken), set down. If a number is asked for, it is that one there (EBUSY: it is taken).
  struct Arrival {
    std::optional<os::IfIndex> ifindex{};
    std::string name{};
  };
  virtual os::Result<> move_link(os::IfIndex link, Hands& there, const Arrival& as) = 0;

  // What is never used twice, by which a thing is known again
  /// Of the namespace, whose inode is used again when it is gone; 0: this kernel has none (Linux 5.14).
  virtual std::uint64_t namespace_cookie() = 0;
  /// Sixteen digits that nobody else has.
  virtual std::string make_cookie() = 0;

  // Links. An interface that is not there is ENODEV.
  virtual os::Result<std::vector<os::LinkInfo>> links() = 0;
  virtual os::Result<os::LinkInfo> link(os::IfIndex ifindex) = 0;
  virtual os::Result<os::LinkInfo> link(const std::string& name) = 0;
  using LinksElsewhere = std::vector<os::LinkInfo>;
  /// Of other namespaces, those that stand on devices of this one; see os::links_stacked_elsewhere().
  virtual LinksElsewhere links_elsewhere() = 0;
  /// VLANs among them, looked for off the loop; `seen` is called on it.
  virtual void look_elsewhere(std::function<void(const LinksElsewhere&)> seen) = 0;
  /// Calls `visit` on the loop, once for each other namespace that has such links, with hands there. They are
  /// let go of afterwards, or they would keep the namespace alive.
  virtual void visit_elsewhere(std::function<void(Hands& there, const LinksElsewhere& links)> visit) = 0;
  virtual os::Result<> set_up(os::IfIndex ifindex, bool up) = 0;
  virtual os::Result<> set_flags(os::IfIndex ifindex, std::uint32_t mask, std::uint32_t value) = 0;
  virtual os::Result<> set_mac(os::IfIndex ifindex, const wire::MacAddress& mac) = 0;
  virtual os::Result<> set_mtu(os::IfIndex ifindex, std::uint32_t mtu) = 0;
  virtual os::Result<> set_gso_limits(os::IfIndex ifindex, const os::GsoLimits& limits) = 0;
  virtual os::Result<bool> lro(const std::string& name) = 0;
  virtual os::Result<> set_lro(const std::string& name, bool on) = 0;
  virtual os::Result<os::DriverInfo> driver(const std::string& name) = 0;
  virtual os::Result<> delete_link(os::IfIndex ifindex) = 0;
  /// Out of the bridge, or whatever master it has.
  virtual os::Result<> leave_master(os::IfIndex ifindex) = 0;
  /// bond0 and its lower half; see os::BondDevice.
  virtual os::Result<os::BondDevice> create_device(const std::string& name, const std::string& cookie,
                                                   core::Bond0Device kind) = 0;
  /// Asks the NIC itself.
  virtual os::Result<core::LinkState> link_state(const std::string& name, bool use_carrier) = 0;
  /// The same of several, again and again, off the loop; `told` is called on it.
  virtual std::unique_ptr<LinkWatch> watch_links(LinkWatch::Told told) = 0;
  /// The hands of the namespace that a link left for (`new_netnsid`).
  virtual os::Result<std::shared_ptr<Hands>> hands_at(const os::LinkInfo& left) = 0;

  // Addresses and routes
  virtual os::Result<std::vector<os::Address>> addresses(os::IfIndex ifindex) = 0;
  virtual os::Result<> add_address(const os::Address& address) = 0;
  virtual os::Result<> delete_address(const os::Address& address) = 0;
  virtual os::Result<std::vector<os::Route>> routes(os::IfIndex ifindex) = 0;
  virtual os::Result<> add_route(const os::Route& route) = 0;
  /// ESRCH: it is not there.
  virtual os::Result<> delete_route(const os::Route& route) = 0;
  /// How many routes have it as one of several next hops.
  virtual os::Result<std::size_t> count_shared_routes(os::IfIndex ifindex) = 0;
  /// Neighbours that somebody wrote down. ENOENT: it is not there.
  virtual os::Result<std::vector<os::Neighbour>> written_neighbours(os::IfIndex ifindex) = 0;
  virtual os::Result<> add_neighbour(const os::Neighbour& neighbour) = 0;
  virtual os::Result<> delete_neighbour(const os::Neighbour& neighbour) = 0;
  /// Rules of routing policy. ENOENT: it is not there.
  virtual os::Result<std::vector<os::Rule>> rules_naming(const std::string& interface) = 0;
  virtual os::Result<> add_rule(const os::Rule& rule) = 0;
  virtual os::Result<> delete_rule(const os::Rule& rule) = 0;
  virtual os::Result<os::NextHop> next_hop(const os::IpAddress& target, std::optional<os::IfIndex> out) = 0;

  // /proc/sys/net/ipv6/conf/INTERFACE/KEY. ENOENT: IPv6 is not there.
  virtual os::Result<std::string> ipv6_setting(const std::string& interface, const std::string& key) = 0;
  virtual os::Result<> set_ipv6_setting(const std::string& interface, const std::string& key,
                                        const std::string& value) = 0;

  // Multicast
  /// Link-layer addresses that a device listens to, sorted.
  virtual os::Result<std::vector<wire::MacAddress>> groups(os::IfIndex device) = 0;
  virtual os::Result<> add_group(const std::string& device, const wire::MacAddress& group) = 0;
  virtual os::Result<> remove_group(const std::string& device, const wire::MacAddress& group) = 0;
  /// Did any device's change since this was asked last?
  virtual bool groups_changed() = 0;
  /// Do news tell what the IP stack joins? Then that need not be asked: what others join, look_at() finds.
  virtual bool hears_of_groups() const = 0;
  /// Addresses that a device takes frames for besides its own MAC; see os::AddressFilter.
  virtual os::Result<os::TakenAddresses> taken_addresses(os::IfIndex device) = 0;
  /// What nobody tells of: those addresses, and how many want a device to take all groups, or all there is.
  struct Standing {
    os::LinkInfo link;
    os::TakenAddresses addresses;
  };
  using Seen = std::function<void(const std::optional<Standing>&)>;
  /// Asked off the loop; `seen` is called on it, with nothing if the addresses are those that are known, if
  /// they changed meanwhile, or cannot be told.
  virtual void look_at(os::IfIndex device, std::optional<os::TakenAddresses> known, Seen seen) = 0;
  virtual os::Result<> take_address(os::IfIndex device, const wire::MacAddress& mac) = 0;
  virtual os::Result<> drop_address(os::IfIndex device, const wire::MacAddress& mac) = 0;
  /// VLANs that a card lets in; see os::VlanFilter.
  virtual os::Result<> let_vlan_in(os::IfIndex card, const core::VlanKey& vlan) = 0;
  virtual os::Result<> keep_vlan_out(os::IfIndex card, const core::VlanKey& vlan) = 0;
  /// What cards were told of VLANs by hands in a namespace that is gone.
  virtual void forget_vlans_of(const os::NamespaceId& gone) = 0;
  /// What bridges know; see os::Bridges.
  virtual os::Result<std::vector<os::ForwardingEntry>> forwarding_entries() = 0;
  virtual os::Result<os::PortVlans> port_vlans() = 0;
  /// The groups that the IP stack has joined on it.
  virtual os::Result<os::JoinedGroups> joined_groups(os::IfIndex device) = 0;

  // The data path
  virtual os::Result<bool> has_clsact(os::IfIndex device) = 0;
  /// True if the clsact qdisc is new.
  virtual os::Result<bool> add_clsact(os::IfIndex device) = 0;
  /// Finds the maps of a bond by the programs on its lower half or a slave, and pins them again, if they are
  /// pinned there no longer. ENOENT: no program is there either.
  virtual os::Result<> recover_pins(const std::filesystem::path& pins, os::IfIndex device) = 0;
  /// Is there a program of the bond that is pinned there on the device?
  virtual os::Result<bool> carries_program(const std::filesystem::path& pins, os::IfIndex device) = 0;
  /// Takes the programs of the bond that was pinned there off a device. True if there was one.
  virtual os::Result<bool> take_remains_off(const std::filesystem::path& pins, os::IfIndex device,
                                            bool remove_qdisc) = 0;
  virtual os::Result<std::unique_ptr<Programs>> create_programs(const std::filesystem::path& pins,
                                                                const core::DatapathSpec& spec,
                                                                os::IfIndex lower) = 0;
  virtual os::Result<std::unique_ptr<Programs>> adopt_programs(const std::filesystem::path& pins,
                                                               const core::DatapathSpec& spec,
                                                               os::IfIndex lower) = 0;
  virtual bool has_carrier_hook() const = 0;
  virtual void unwatch_carrier(os::IfIndex slave) = 0;

  // Frames
  virtual os::Result<> send(os::IfIndex out, wire::ByteView frame) = 0;
  virtual std::unique_ptr<Ears> make_ears(Ears::Heard heard) = 0;

  // News
  using EventsHeard = std::function<void(const os::Result<os::LinkEventBatch>&)>;
  /// Calls `heard` on the loop with what netlink tells, from now on.
  virtual void hear_events(EventsHeard heard) = 0;

 private:
  std::string label_;
};

}  // namespace ebond::daemon
