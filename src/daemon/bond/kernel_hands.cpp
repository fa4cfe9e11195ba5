#include "daemon/bond/kernel_hands.h"

#include <fcntl.h>

#include <asio/posix/stream_descriptor.hpp>
#include <chrono>

#include "daemon/bond/kernel_alarm.h"
#include "daemon/listener.h"
#include "daemon/network.h"
#include "daemon/network_devices.h"
#include "os/clsact.h"
#include "os/datapath.h"
#include "os/machine_facts.h"
#include "os/named_namespace.h"
#include "os/stacked_elsewhere.h"
#include "os/sysctl.h"
#include "os/vlan_filter.h"

namespace ebond::daemon {
namespace {

class KernelPrograms : public Programs {
 public:
  KernelPrograms(KernelCommons& commons, std::shared_ptr<Network> network, os::Datapath datapath)
      : commons_(commons), network_(std::move(network)), datapath_(std::move(datapath)) {}

  os::Result<> attach_slave(os::IfIndex slave, core::SlotId slot) override {
    return inside([&] { return datapath_.attach_slave(slave, slot); });
  }
  os::Result<> detach_slave(os::IfIndex slave, core::SlotId slot, bool remove_qdisc) override {
    return inside([&] { return datapath_.detach_slave(slave, slot, remove_qdisc); });
  }
  os::Result<> check_free(os::IfIndex device) override {
    return inside([&] { return datapath_.check_free(device); });
  }
  os::Result<> take_off(os::IfIndex device, bool remove_qdisc) override {
    return inside([&] { return datapath_.take_off(device, remove_qdisc); });
  }
  os::Result<> set_own_vlans(os::IfIndex slave, os::VlanSet vlans) override {
    return inside([&] { return datapath_.set_own_vlans(slave, std::move(vlans)); });
  }
  os::Result<std::vector<os::DatapathRepair>> repair() override {
    return inside([&] { return datapath_.repair(); });
  }
  void forget_slave(core::SlotId slot) override { datapath_.forget_slave(slot); }
  void forget_all_but(const std::vector<core::SlotId>& slots) override { datapath_.forget_all_but(slots); }
  os::Result<> respecialise(const core::DatapathSpec& spec,
                            const std::map<core::SlotId, os::IfIndex>& slaves) override {
    return inside([&] { return datapath_.respecialise(spec, slaves); });
  }
  void bond0_is_apart(bool apart) override { datapath_.bond0_is_apart(apart); }
  void bond0_lets_all_in(bool lets) override { datapath_.bond0_lets_all_in(lets); }
  void publish(const core::Table& table) override { datapath_.publish(table); }
  os::Result<core::TxTotals> tx_totals() override { return datapath_.tx_totals(); }
  os::Result<std::uint64_t> rx_inactive(core::SlotId slot) override {
    const auto counters = datapath_.counters(slot);
    if (!counters) return std::unexpected(counters.error());
    return counters->rx_inactive;
  }
  os::Result<std::uint64_t> tx_without_slave() override {
    return network_->netlink.ingress_drops(datapath_.lower());
  }
  std::optional<core::TimePoint> last_rx(core::SlotId slot) override { return datapath_.last_rx(slot); }
  os::Result<> watch_carrier(os::IfIndex slave, core::SlotId slot, bool cuts) override {
    if (commons_.hook == nullptr) return {};
    return commons_.hook->watch(network_->where.id(), slave, datapath_.link_of(slot), cuts);
  }
  os::Result<bool> keep_pins() override { return datapath_.keep_pins(); }
  void remove() override { datapath_.remove(); }

 private:
  template <class Work>
  auto inside(Work work) -> decltype(work()) {
    auto scope = os::NamespaceScope::enter(network_->where);
    if (!scope) return std::unexpected(scope.error());
    return work();
  }

  KernelCommons& commons_;
  std::shared_ptr<Network> network_;
  os::Datapath datapath_;
};

class KernelEars : public Ears {
 public:
  KernelEars(asio::io_context& loop, std::shared_ptr<Network> network, Heard heard)
      : listener_(loop, std::move(network), std::move(heard)) {}
  std::vector<os::Error> hear(const Wanted& wanted) override { return listener_.hear(wanted); }
  os::Result<> hear_also(os::IfIndex slave, const wire::MacAddress& mac) override {
    return listener_.hear_also(slave, mac);
  }
  void drain() override { listener_.drain(); }

 private:
  Listener listener_;
};

Hands::LinksElsewhere all_links(const std::vector<os::StackedElsewhere>& found) {
  Hands::LinksElsewhere all;
  for (const auto& each : found) all.insert(all.end(), each.links.begin(), each.links.end());
  return all;
}

class KernelHands : public Hands, public std::enable_shared_from_this<KernelHands> {
 public:
  KernelHands(KernelCommons& commons, Network network)
      : commons_(commons),
        network_(std::make_shared<Network>(std::move(network))),
        devices_(std::make_shared<NetworkDevices>(network_)),
        readable_(commons.loop) {
    relabel(network_->label_now(commons_.names).value_or(network_->where.id().to_string()));
  }

  os::NamespaceId where() const override { return network_->where.id(); }
  std::uint64_t namespace_cookie() override { return namespace_cookie_; }
  std::string make_cookie() override { return os::random_digits(); }
  core::TimePoint now() override {
    return core::TimePoint(std::chrono::steady_clock::now().time_since_epoch());
  }
  std::int64_t realtime_ns() override {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  std::unique_ptr<Alarm> make_alarm() override { return make_kernel_alarm(commons_.loop); }
  os::Result<std::string> label_now() override { return network_->label_now(commons_.names); }
  std::string process_name(std::uint32_t id) override { return os::process_name(id); }

  os::Result<std::shared_ptr<Hands>> make_namespace(const std::string& name,
                                                    const std::string& cookie) override {
    auto made = os::make_named_namespace(name, cookie);
    if (!made) return std::unexpected(made.error());
    commons_.names.forget();
    return open_kernel_hands(commons_, std::move(*made));
  }
  os::Result<std::shared_ptr<Hands>> hands_in(const std::string& name) override {
    auto where = os::Namespace::open_named(name);
    if (!where) return std::unexpected(where.error());
    return open_kernel_hands(commons_, std::move(*where));
  }
  os::Result<bool> name_again(const std::string& name) override {
    commons_.names.forget();
    return os::name_again(network_->where, name);
  }
  os::Result<> take_name_off(const std::string& name) override {
    commons_.names.forget();
    return os::take_name_off(network_->where, name);
  }
  os::Result<> move_link(os::IfIndex link, Hands& there, const Arrival& as) override {
    return network_->netlink.move_to(link, dynamic_cast<KernelHands&>(there).network_->where, as.ifindex,
                                     as.name);
  }

  os::Result<std::vector<os::LinkInfo>> links() override { return network_->netlink.links(); }
  os::Result<os::LinkInfo> link(os::IfIndex ifindex) override { return network_->netlink.link(ifindex); }
  os::Result<os::LinkInfo> link(const std::string& name) override { return network_->netlink.link(name); }
  LinksElsewhere links_elsewhere() override { return os::links_stacked_elsewhere(network_->where); }
  void look_elsewhere(std::function<void(const LinksElsewhere&)> seen) override {
    commons_.onlooker.look_for_vlans_elsewhere(
        network_,
        [seen = std::move(seen)](const std::vector<os::StackedElsewhere>& all) { seen(all_links(all)); });
  }
  void visit_elsewhere(std::function<void(Hands&, const LinksElsewhere&)> visit) override {
    commons_.onlooker.look_elsewhere(
        network_, [&commons = commons_, visit = std::move(visit)](std::vector<os::StackedElsewhere> all) {
          for (auto& [where, links] : all) {
            if (auto there = open_kernel_hands(commons, std::move(where))) visit(**there, links);
          }
        });
  }
  os::Result<> set_up(os::IfIndex ifindex, bool up) override { return network_->netlink.set_up(ifindex, up); }
  os::Result<> set_flags(os::IfIndex ifindex, std::uint32_t mask, std::uint32_t value) override {
    return network_->netlink.set_flags(ifindex, mask, value);
  }
  os::Result<> set_mac(os::IfIndex ifindex, const wire::MacAddress& mac) override {
    return network_->netlink.set_mac(ifindex, mac);
  }
  os::Result<> set_mtu(os::IfIndex ifindex, std::uint32_t mtu) override {
    return network_->netlink.set_mtu(ifindex, mtu);
  }
  os::Result<> leave_master(os::IfIndex ifindex) override {
    return network_->netlink.set_master(ifindex, std::nullopt);
  }
  os::Result<> set_gso_limits(os::IfIndex ifindex, const os::GsoLimits& limits) override {
    return network_->netlink.set_gso_limits(ifindex, limits);
  }
  os::Result<os::DriverInfo> driver(const std::string& name) override {
    return network_->ethtool.driver(name);
  }
  os::Result<bool> lro(const std::string& name) override { return network_->ethtool.lro(name); }
  os::Result<> set_lro(const std::string& name, bool on) override {
    return network_->ethtool.set_lro(name, on);
  }
  os::Result<> delete_link(os::IfIndex ifindex) override { return network_->netlink.delete_link(ifindex); }
  os::Result<os::BondDevice> create_device(const std::string& name, const std::string& cookie,
                                           core::Bond0Device kind) override {
    return os::BondDevice::create(network_->where, network_->netlink, name, cookie, kind);
  }
  os::Result<core::LinkState> link_state(const std::string& name, bool use_carrier) override {
    auto state = network_->ethtool.link_state(name, use_carrier);
    if (!state || !state->carrier) return state;
    const auto link = network_->netlink.link(name);
    state->carrier = !link || link->carrier();
    return state;
  }
  std::unique_ptr<LinkWatch> watch_links(LinkWatch::Told told) override {
    return commons_.poller.watch(devices_, std::move(told));
  }
  os::Result<std::shared_ptr<Hands>> hands_at(const os::LinkInfo& left) override {
    if (!left.new_netnsid) return os::errno_error("it is not told where " + left.name + " went", ENOENT);
    auto where = network_->netlink.namespace_known_as(*left.new_netnsid);
    if (!where) return std::unexpected(where.error());
    return open_kernel_hands(commons_, std::move(*where));
  }

  os::Result<std::vector<os::Address>> addresses(os::IfIndex ifindex) override {
    return network_->netlink.addresses(ifindex);
  }
  os::Result<> add_address(const os::Address& address) override {
    return network_->netlink.add_address(address);
  }
  os::Result<> delete_address(const os::Address& address) override {
    return network_->netlink.delete_address(address);
  }
  os::Result<std::vector<os::Route>> routes(os::IfIndex ifindex) override {
    return network_->netlink.routes(ifindex);
  }
  os::Result<> add_route(const os::Route& route) override { return network_->netlink.add_route(route); }
  os::Result<> delete_route(const os::Route& route) override { return network_->netlink.delete_route(route); }
  os::Result<std::size_t> count_shared_routes(os::IfIndex ifindex) override {
    return network_->netlink.count_shared_routes(ifindex);
  }
  os::Result<std::vector<os::Neighbour>> written_neighbours(os::IfIndex ifindex) override {
    return network_->netlink.written_neighbours(ifindex);
  }
  os::Result<> add_neighbour(const os::Neighbour& neighbour) override {
    return network_->netlink.add_neighbour(neighbour);
  }
  os::Result<> delete_neighbour(const os::Neighbour& neighbour) override {
    return network_->netlink.delete_neighbour(neighbour);
  }
  os::Result<std::vector<os::Rule>> rules_naming(const std::string& interface) override {
    return network_->netlink.rules_naming(interface);
  }
  os::Result<> add_rule(const os::Rule& rule) override { return network_->netlink.add_rule(rule); }
  os::Result<> delete_rule(const os::Rule& rule) override { return network_->netlink.delete_rule(rule); }
  os::Result<os::NextHop> next_hop(const os::IpAddress& target, std::optional<os::IfIndex> out) override {
    return network_->netlink.next_hop(target, out);
  }

  os::Result<std::string> ipv6_setting(const std::string& interface, const std::string& key) override {
    return os::read_interface_sysctl(network_->where, os::IpFamily::ipv6, interface, key);
  }
  os::Result<> set_ipv6_setting(const std::string& interface, const std::string& key,
                                const std::string& value) override {
    return os::write_interface_sysctl(network_->where, os::IpFamily::ipv6, interface, key, value);
  }

  os::Result<std::vector<wire::MacAddress>> groups(os::IfIndex device) override {
    return network_->multicast.list(device);
  }
  os::Result<> add_group(const std::string& device, const wire::MacAddress& group) override {
    return network_->multicast.add(device, group);
  }
  os::Result<> remove_group(const std::string& device, const wire::MacAddress& group) override {
    return network_->multicast.remove(device, group);
  }
  bool hears_of_groups() const override { return network_->events.tells_groups(); }
  bool groups_changed() override { return network_->multicast.changed(); }
  os::Result<std::vector<os::ForwardingEntry>> forwarding_entries() override {
    return network_->bridges.forwarding_entries();
  }
  os::Result<os::PortVlans> port_vlans() override { return network_->bridges.port_vlans(); }
  os::Result<os::JoinedGroups> joined_groups(os::IfIndex device) override {
    return os::joined_groups(network_->where, device);
  }

  os::Result<os::TakenAddresses> taken_addresses(os::IfIndex device) override {
    return network_->addresses.list(device);
  }
  void look_at(os::IfIndex device, std::optional<os::TakenAddresses> known, Seen seen) override {
    commons_.onlooker.look_at(network_, device, std::move(known), std::move(seen));
  }
  os::Result<> take_address(os::IfIndex device, const wire::MacAddress& mac) override {
    return network_->addresses.add(device, mac);
  }
  os::Result<> drop_address(os::IfIndex device, const wire::MacAddress& mac) override {
    return network_->addresses.remove(device, mac);
  }
  os::Result<> let_vlan_in(os::IfIndex card, const core::VlanKey& vlan) override {
    auto filter = vlans();
    return filter ? (*filter)->add(card, vlan) : std::unexpected(filter.error());
  }
  os::Result<> keep_vlan_out(os::IfIndex card, const core::VlanKey& vlan) override {
    auto filter = vlans();
    return filter ? (*filter)->remove(card, vlan) : std::unexpected(filter.error());
  }

  void forget_vlans_of(const os::NamespaceId& gone) override {
    os::VlanFilter::end_one(commons_.vlan_directory / std::to_string(gone.inode));
  }

  os::Result<bool> has_clsact(os::IfIndex device) override {
    auto scope = os::NamespaceScope::enter(network_->where);
    if (!scope) return std::unexpected(scope.error());
    return os::has_clsact(device);
  }
  os::Result<bool> add_clsact(os::IfIndex device) override {
    auto scope = os::NamespaceScope::enter(network_->where);
    if (!scope) return std::unexpected(scope.error());
    return os::add_clsact(device);
  }
  os::Result<> recover_pins(const std::filesystem::path& pins, os::IfIndex device) override {
    auto scope = os::NamespaceScope::enter(network_->where);
    if (!scope) return std::unexpected(scope.error());
    return os::Datapath::recover_pins(pins, device);
  }
  os::Result<bool> carries_program(const std::filesystem::path& pins, os::IfIndex device) override {
    auto scope = os::NamespaceScope::enter(network_->where);
    if (!scope) return std::unexpected(scope.error());
    return os::Datapath::is_on(pins, device);
  }
  os::Result<bool> take_remains_off(const std::filesystem::path& pins, os::IfIndex device,
                                    bool remove_qdisc) override {
    auto scope = os::NamespaceScope::enter(network_->where);
    if (!scope) return std::unexpected(scope.error());
    return os::Datapath::take_remains_off(pins, device, remove_qdisc);
  }
  os::Result<std::unique_ptr<Programs>> create_programs(const std::filesystem::path& pins,
                                                        const core::DatapathSpec& spec,
                                                        os::IfIndex lower) override {
    auto scope = os::NamespaceScope::enter(network_->where);
    if (!scope) return std::unexpected(scope.error());
    return held(os::Datapath::create(pins, spec, lower, commons_.links));
  }
  os::Result<std::unique_ptr<Programs>> adopt_programs(const std::filesystem::path& pins,
                                                       const core::DatapathSpec& spec,
                                                       os::IfIndex lower) override {
    auto scope = os::NamespaceScope::enter(network_->where);
    if (!scope) return std::unexpected(scope.error());
    return held(os::Datapath::adopt(pins, spec, lower, commons_.links));
  }
  bool has_carrier_hook() const override { return commons_.hook != nullptr; }
  void unwatch_carrier(os::IfIndex slave) override {
    if (commons_.hook != nullptr) commons_.hook->unwatch(where(), slave);
  }

  os::Result<> send(os::IfIndex out, wire::ByteView frame) override {
    return network_->sender.send(out, frame);
  }
  std::unique_ptr<Ears> make_ears(Ears::Heard heard) override {
    return std::make_unique<KernelEars>(commons_.loop, network_, std::move(heard));
  }

  void hear_events(EventsHeard heard) override {
    // The descriptor belongs to LinkEvents; asio gets one of its own.
    asio::error_code failed;
    failed = readable_.assign(::fcntl(network_->events.fd(), F_DUPFD_CLOEXEC, 0), failed);
    if (failed) return heard(os::errno_error("cannot wait for netlink's news", failed.value()));
    heard_ = std::move(heard);
    wait_for_events();
  }

 private:
  /// Opened when it is first needed: most bonds have no VLANs.
  os::Result<os::VlanFilter*> vlans() {
    if (vlans_) return &*vlans_;
    auto opened =
        os::VlanFilter::open(network_->where, commons_.vlan_directory / std::to_string(where().inode));
    if (!opened) return std::unexpected(opened.error());
    vlans_.emplace(std::move(*opened));
    return &*vlans_;
  }
  os::Result<std::unique_ptr<Programs>> held(os::Result<os::Datapath> datapath) {
    if (!datapath) return std::unexpected(datapath.error());
    return std::make_unique<KernelPrograms>(commons_, network_, std::move(*datapath));
  }
  void wait_for_events() {
    readable_.async_wait(asio::posix::stream_descriptor::wait_read,
                         [weak = weak_from_this()](const asio::error_code& cancelled) {
                           // What is heard may be the end of these hands' last user.
                           const auto self = weak.lock();
                           if (cancelled || !self) return;
                           self->heard_(self->network_->events.read());
                           if (self.use_count() > 1) self->wait_for_events();
                         });
  }

  std::optional<os::VlanFilter> vlans_;
  KernelCommons& commons_;
  std::shared_ptr<Network> network_;
  std::shared_ptr<Devices> devices_;
  asio::posix::stream_descriptor readable_;
  EventsHeard heard_;
  std::uint64_t namespace_cookie_ = network_->where.cookie();
};

}  // namespace

os::Result<std::shared_ptr<Hands>> open_kernel_hands(KernelCommons& commons, os::Namespace where) {
  auto network = Network::open(std::move(where), commons.keeper);
  if (!network) return std::unexpected(network.error());
  return std::make_shared<KernelHands>(commons, std::move(*network));
}

}  // namespace ebond::daemon
