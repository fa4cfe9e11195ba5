// Hands that write down what they are told and do it to a FakeKernel.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "daemon/bond/hands.h"
#include "fake_kernel.h"
#include "script.h"

namespace ebond::daemon {

/// The time of a test, and the alarms set in it.
class FakeTime {
 public:
  std::unique_ptr<Alarm> make_alarm();
  core::TimePoint now{std::chrono::seconds(1000)};
  /// Time passes; what is due rings, in order.
  void pass(core::Duration duration);
  bool rings_at_all() const;

 private:
  class FakeAlarm;
  std::set<FakeAlarm*> alarms_;
};

class FakeHands : public Hands {
 public:
  FakeHands(Script& script, FakeKernel& kernel, FakeTime& time)
      : script_(script), kernel_(kernel), time_(time) {
    relabel(kernel.label);
  }

  os::NamespaceId where() const override { return kernel_.where; }
  std::uint64_t namespace_cookie() override { return kernel_.cookie; }
  std::string make_cookie() override { return std::to_string(++kernel_.cookies_made); }
  std::string process_name(std::uint32_t id) override { return id == 4711 ? "tc" : ""; }
  core::TimePoint now() override { return time_.now; }
  std::int64_t realtime_ns() override { return 1'000'000'000'000 + time_.now.time_since_epoch().count(); }
  std::unique_ptr<Alarm> make_alarm() override { return time_.make_alarm(); }
  os::Result<std::string> label_now() override {
    if (auto ok = script_.ask("label"); !ok) return std::unexpected(ok.error());
    return kernel_.label;
  }

  os::Result<std::shared_ptr<Hands>> make_namespace(const std::string& name,
                                                    const std::string& cookie) override;
  os::Result<std::shared_ptr<Hands>> hands_in(const std::string& name) override;
  os::Result<bool> name_again(const std::string& name) override;
  os::Result<> take_name_off(const std::string& name) override;
  os::Result<> move_link(os::IfIndex link, Hands& there, const Arrival& as) override;

  os::Result<std::vector<os::LinkInfo>> links() override;
  os::Result<os::LinkInfo> link(os::IfIndex ifindex) override;
  os::Result<os::LinkInfo> link(const std::string& name) override;
  LinksElsewhere links_elsewhere() override;
  void look_elsewhere(std::function<void(const LinksElsewhere&)> seen) override { seen(links_elsewhere()); }
  void visit_elsewhere(std::function<void(Hands&, const LinksElsewhere&)> visit) override;
  os::Result<> set_up(os::IfIndex ifindex, bool up) override;
  os::Result<> set_flags(os::IfIndex ifindex, std::uint32_t mask, std::uint32_t value) override;
  os::Result<> set_mac(os::IfIndex ifindex, const wire::MacAddress& mac) override;
  os::Result<> set_mtu(os::IfIndex ifindex, std::uint32_t mtu) override;
  os::Result<> set_gso_limits(os::IfIndex ifindex, const os::GsoLimits& limits) override;
  os::Result<os::DriverInfo> driver(const std::string& name) override;
  os::Result<bool> lro(const std::string& name) override;
  os::Result<> set_lro(const std::string& name, bool on) override;
  os::Result<> delete_link(os::IfIndex ifindex) override;
  os::Result<> leave_master(os::IfIndex ifindex) override;
  os::Result<os::BondDevice> create_device(const std::string& name, const std::string& cookie,
                                           core::Bond0Device kind) override;
  os::Result<core::LinkState> link_state(const std::string& name, bool use_carrier) override;
  std::unique_ptr<LinkWatch> watch_links(LinkWatch::Told told) override;
  os::Result<std::shared_ptr<Hands>> hands_at(const os::LinkInfo& left) override;

  os::Result<std::vector<os::Address>> addresses(os::IfIndex ifindex) override;
  os::Result<> add_address(const os::Address& address) override;
  os::Result<> delete_address(const os::Address& address) override;
  os::Result<std::vector<os::Route>> routes(os::IfIndex ifindex) override;
  os::Result<> add_route(const os::Route& route) override;
  os::Result<> delete_route(const os::Route& route) override;
  os::Result<std::size_t> count_shared_routes(os::IfIndex ifindex) override;
  os::Result<std::vector<os::Neighbour>> written_neighbours(os::IfIndex ifindex) override;
  os::Result<> add_neighbour(const os::Neighbour& neighbour) override;
  os::Result<> delete_neighbour(const os::Neighbour& neighbour) override;
  os::Result<std::vector<os::Rule>> rules_naming(const std::string& interface) override;
  os::Result<> add_rule(const os::Rule& rule) override;
  os::Result<> delete_rule(const os::Rule& rule) override;
  os::Result<os::NextHop> next_hop(const os::IpAddress& target, std::optional<os::IfIndex> out) override;

  os::Result<std::string> ipv6_setting(const std::string& interface, const std::string& key) override;
  os::Result<> set_ipv6_setting(const std::string& interface, const std::string& key,
                                const std::string& value) override;

  os::Result<std::vector<wire::MacAddress>> groups(os::IfIndex device) override;
  os::Result<> add_group(const std::string& device, const wire::MacAddress& group) override;
  os::Result<> remove_group(const std::string& device, const wire::MacAddress& group) override;
  os::Result<os::TakenAddresses> taken_addresses(os::IfIndex device) override;
  void look_at(os::IfIndex device, std::optional<os::TakenAddresses> known, Seen seen) override;
  os::Result<> take_address(os::IfIndex device, const wire::MacAddress& mac) override;
  os::Result<> drop_address(os::IfIndex device, const wire::MacAddress& mac) override;
  os::Result<> let_vlan_in(os::IfIndex card, const core::VlanKey& vlan) override;
  os::Result<> keep_vlan_out(os::IfIndex card, const core::VlanKey& vlan) override;
  void forget_vlans_of(const os::NamespaceId& gone) override {
    script_.store("forget VLANs of " + gone.to_string());
  }
  bool groups_changed() override {
    ++looks_at_groups;
    return std::exchange(groups_changed_, false);
  }
  bool hears_of_groups() const override { return hears_of_groups_too; }
  os::Result<std::vector<os::ForwardingEntry>> forwarding_entries() override;
  os::Result<os::PortVlans> port_vlans() override;
  os::Result<os::JoinedGroups> joined_groups(os::IfIndex device) override;

  os::Result<bool> has_clsact(os::IfIndex device) override;
  os::Result<bool> add_clsact(os::IfIndex device) override;
  os::Result<> recover_pins(const std::filesystem::path& pins, os::IfIndex device) override;
  os::Result<bool> carries_program(const std::filesystem::path& pins, os::IfIndex device) override;
  os::Result<bool> take_remains_off(const std::filesystem::path& pins, os::IfIndex device,
                                    bool remove_qdisc) override;
  os::Result<std::unique_ptr<Programs>> create_programs(const std::filesystem::path& pins,
                                                        const core::DatapathSpec& spec,
                                                        os::IfIndex lower) override;
  os::Result<std::unique_ptr<Programs>> adopt_programs(const std::filesystem::path& pins,
                                                       const core::DatapathSpec& spec,
                                                       os::IfIndex lower) override;
  bool has_carrier_hook() const override { return kernel_.has_hook; }
  void unwatch_carrier(os::IfIndex slave) override;

  os::Result<> send(os::IfIndex out, wire::ByteView frame) override;
  std::unique_ptr<Ears> make_ears(Ears::Heard heard) override;
  void hear_events(EventsHeard heard) override { events_heard_ = std::move(heard); }

  // For tests
  /// Netlink tells this; devices that are asked then answer.
  void tell(os::LinkEventBatch batch);
  void tell_of(const std::string& name) {
    tell({.events = {os::LinkChanged{kernel_.at(name).as_told()}}, .overrun = false});
  }
  /// Frames of this slave are heard, if anyone listens.
  void hear(os::IfIndex slave, const wire::Bytes& frame);
  /// A period passes: every link that is polled is, and those that are otherwise than known are told of.
  /// False if nothing is polled.
  bool poll();
  /// Those answer that somebody asked for.
  void answer();
  /// The answer that is on its way waits until answer(); what is asked meanwhile too.
  bool answers_wait = false;
  /// A poll saw a carrier lost at this time and could not tell yet.
  std::optional<core::TimePoint> seen_lost;
  /// Groups were joined somewhere.
  void change_groups() { groups_changed_ = true; }
  bool hears_of_groups_too = false;
  unsigned looks_at_groups = 0;
  std::map<os::IfIndex, unsigned> looks_at_devices;
  unsigned looks_at_all_of_one = 0;  ///< not at its addresses alone
  /// What is looked at now is told when it is answer_looks().
  bool looks_wait = false;
  void answer_looks() {
    for (const auto& answer : std::exchange(waiting_looks_, {})) answer();
  }
  unsigned looks_at_drivers = 0;
  /// Where bonds have namespaces of their own.
  FakeNamespaces* namespaces = nullptr;
  /// The hands that were made there, by name.
  std::map<std::string, std::weak_ptr<FakeHands>>* made_there = nullptr;
  /// Where links that leave go.
  FakeKernel* elsewhere = nullptr;
  std::weak_ptr<FakeHands> latest_there;  ///< the first hands that were given there
  os::JoinedGroups joined;
  std::map<std::string, os::NextHop> next_hops;  ///< by target, or "TARGET by DEVICE"

 private:
  class FakeEars;
  class FakeWatch;
  os::Result<FakeLink*> reach(os::IfIndex ifindex);
  os::Result<FakeLink*> reach(const std::string& name);
  std::string name_of(os::IfIndex ifindex);

  Script& script_;
  FakeKernel& kernel_;
  FakeTime& time_;
  EventsHeard events_heard_;
  std::set<FakeEars*> ears_;
  std::set<FakeWatch*> watches_;
  bool groups_changed_ = false;
  std::vector<std::function<void()>> waiting_looks_;
};

}  // namespace ebond::daemon
