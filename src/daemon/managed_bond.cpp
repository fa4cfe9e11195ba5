#include "daemon/managed_bond.h"

#include <fmt/format.h>
#include <net/if.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "core/options/option_table.h"
#include "daemon/birth.h"
#include "daemon/errors.h"
#include "os/file.h"
#include "views/proc_text.h"

namespace ebond::daemon {

namespace {

using Kind = control::Error::Kind;

control::Result<> check_name(Network& network, const std::string& name) {
  constexpr std::size_t kLongest = IFNAMSIZ - 1;
  if (name.empty() || name.size() > kLongest) {
    return refuse(Kind::bad_option,
                  fmt::format("the name '{}' has {} characters: an interface name has 1 to {}", name,
                              name.size(), kLongest));
  }
  if (name == "." || name == ".." || name.find_first_of("/: \t\n%") != std::string::npos) {
    return refuse(
        Kind::bad_option,
        fmt::format("'{}' is not an interface name: it may not hold '/', ':', '%' or blanks", name));
  }
  if (network.netlink.link(name)) {
    return refuse(Kind::conflict,
                  fmt::format("an interface named {} exists already: choose another name", name));
  }
  return {};
}

}  // namespace

core::TimePoint monotonic_now() {
  return core::TimePoint(std::chrono::steady_clock::now().time_since_epoch());
}

ManagedBond::ManagedBond(BondHost& host, std::shared_ptr<Network> network, os::BondDevice device,
                         os::Datapath datapath, core::Bond bond)
    : host_(host),
      network_(std::move(network)),
      key_(Paths::bond_key(network_->where.id(), device.upper())),
      device_(device),
      datapath_(std::move(datapath)),
      bond_(std::move(bond)),
      listener_(host.loop, network_,
                [this](os::IfIndex slave, const auto& frames) { frames_heard(slave, frames); }),
      sent_listener_(host.loop, network_, [this](os::IfIndex, const auto& frames) { frames_sent(frames); }),
      way_finder_(network_, device.upper()),
      timer_(host.loop),
      ways_timer_(host.loop) {
  name_ = bond_.memory().name;
}

ManagedBond::~ManagedBond() = default;

control::Result<std::unique_ptr<ManagedBond>> ManagedBond::create(BondHost& host,
                                                                  std::shared_ptr<Network> network,
                                                                  const std::string& name,
                                                                  const control::KeyValues& options) {
  if (auto ok = check_name(*network, name); !ok) return std::unexpected(ok.error());
  core::BondOptions parsed;
  if (auto ok = core::apply_options(parsed, options, {}); !ok) return refuse(ok.error());

  const auto birth = Birth::begin(host.paths, network->where.id(), name);
  if (!birth) return refuse(birth.error());
  auto device = os::BondDevice::create(network->where, network->netlink, name);
  if (!device) return refuse(device.error());
  auto link = network->netlink.link(device->upper());
  if (!link) {
    (void)device->destroy(network->netlink);
    return refuse(link.error());
  }
  core::Bond bond(name, device->upper(), link->mac, false, parsed);
  auto scope = os::NamespaceScope::enter(network->where);
  if (!scope) {
    (void)device->destroy(network->netlink);
    return refuse(scope.error());
  }
  auto datapath =
      os::Datapath::create(host.paths.bond_pin_dir(Paths::bond_key(network->where.id(), device->upper())),
                           bond.datapath_spec(), device->lower(), host.links);
  if (!datapath) {
    (void)device->destroy(network->netlink);
    return refuse(datapath.error());
  }
  std::unique_ptr<ManagedBond> made(
      new ManagedBond(host, std::move(network), *device, std::move(*datapath), std::move(bond)));
  made->mtu_ = link->mtu;
  made->report({.kind = "created", .to = std::string(core::mode_name(parsed.mode))});
  made->settle();
  return made;
}

os::Result<std::unique_ptr<ManagedBond>> ManagedBond::adopt(BondHost& host, std::shared_ptr<Network> network,
                                                            StoredBond stored) {
  const auto key = Paths::bond_key(stored.where, stored.memory.ifindex);
  auto upper = network->netlink.link(stored.memory.ifindex);
  const bool is_ours = upper && upper->kind == "veth" && upper->lower == stored.lower;
  if (!is_ours) {
    // Deleted while nobody looked: what it had taken is given back, what is left of it goes.
    if (auto inside = os::NamespaceScope::enter(network->where)) {
      for (const auto& originals : stored.originals) {
        (void)os::Datapath::take_remains_off(host.paths.bond_pin_dir(key), originals.ifindex,
                                             !originals.had_clsact);
        (void)give_back(*network, originals);
      }
    }
    (void)os::remove_file(host.paths.proc_file(network->label, stored.memory.name));
    std::error_code ignored;
    std::filesystem::remove_all(host.paths.bond_pin_dir(key), ignored);
    std::filesystem::remove(host.paths.state_file(key), ignored);
    return os::errno_error(fmt::format("{} is gone", stored.memory.name), ENODEV);
  }
  auto scope = os::NamespaceScope::enter(network->where);
  if (!scope) return std::unexpected(scope.error());
  auto bond = core::Bond::restore(stored.memory, monotonic_now());
  auto datapath = os::Datapath::adopt(host.paths.bond_pin_dir(key), bond.datapath_spec(), host.links);
  if (!datapath) return std::unexpected(datapath.error());
  std::unique_ptr<ManagedBond> made(
      new ManagedBond(host, std::move(network), os::BondDevice::adopt(stored.memory.ifindex, stored.lower),
                      std::move(*datapath), std::move(bond)));
  made->mtu_ = upper->mtu;
  made->last_failover_ = std::move(stored.last_failover);
  for (auto& absent : stored.absent) made->absent_.emplace(absent.name, absent);

  // An enslaving that was cut short is undone; a slave that went meanwhile is news like any other.
  std::map<core::SlotId, os::IfIndex> slaves;
  const auto memory = made->bond_.memory();
  for (auto& originals : stored.originals) {
    auto known = std::ranges::find(memory.slaves, originals.ifindex,
                                   [](const core::SlaveMemory& slave) { return slave.facts.ifindex; });
    if (known == memory.slaves.end()) {
      (void)made->datapath_.take_off(originals.ifindex, !originals.had_clsact);
      (void)give_back(*made->network_, originals);
      continue;
    }
    const auto link = made->network_->netlink.link(originals.ifindex);
    if (link && link->name == originals.name) slaves.emplace(known->slot, originals.ifindex);
    made->originals_.emplace(originals.ifindex, std::move(originals));
  }
  std::vector<core::SlotId> slots;
  slots.reserve(memory.slaves.size());
  for (const auto& slave : memory.slaves) slots.push_back(slave.slot);
  made->datapath_.forget_all_but(slots);
  if (auto done = made->datapath_.respecialise(made->bond_.datapath_spec(), slaves); !done) {
    // The programs of the earlier daemon go on: they read the same tables.
    made->complain("keeps the previous programs", done.error());
  }
  for (const auto& [slot, slave] : slaves) made->tell_own_vlans(slave);
  made->report({.kind = "adopted"});
  made->carry_out({core::action::PublishTable{}});
  made->watch_carriers();
  made->resynchronise();
  // An earlier daemon may have left one promiscuous (balance-alb).
  for (const auto& [slave, originals] : made->originals_) made->follow_flags_on(slave);
  return made;
}

control::Result<> ManagedBond::set(const control::KeyValues& options) {
  heard_ = monotonic_now();
  auto actions = bond_.set(options, heard_);
  if (!actions) return refuse(actions.error());
  carry_out(*actions);
  watch_carriers();
  settle();
  return {};
}

control::Result<> ManagedBond::destroy() {
  const auto slaves = bond_.memory().slaves;
  for (const auto& slave : slaves) release_one(slave.facts.ifindex);
  auto gone = device_.destroy(network_->netlink);
  if (!gone) return refuse(gone.error());
  report({.kind = "deleted"});
  clear_files();
  return {};
}

void ManagedBond::clear_files() {
  timer_.cancel();
  ways_timer_.cancel();
  datapath_.remove();
  (void)os::remove_file(host_.paths.state_file(key_));
  (void)os::remove_file(proc_file_);
}

void ManagedBond::abandon() {
  for (const auto& slot : bond_.table().slots) {
    if (host_.hook != nullptr) host_.hook->unwatch(network_->where.id(), slot.ifindex);
    datapath_.forget_slave(slot.slot);
  }
  clear_files();
}

void ManagedBond::namespace_renamed() {
  (void)os::remove_file(proc_file_);
  last_proc_.clear();
  write_proc();
}

bool ManagedBond::link_gone(const os::LinkInfo& link) {
  heard_ = monotonic_now();
  const auto ifindex = link.ifindex;
  if (ifindex == device_.upper() || ifindex == device_.lower()) {
    // `ip link del bond0`: its slaves are given back, as the driver does.
    const auto slaves = bond_.memory().slaves;
    for (const auto& slave : slaves) release_one(slave.facts.ifindex);
    report({.kind = "deleted", .why = "the interface was deleted"});
    clear_files();
    return false;
  }
  way_finder_.forget();
  if (link.vlan) look_for_slaves_vlans(link);
  if (!has_slave(ifindex)) return true;
  const auto memory = bond_.memory();
  auto slave = std::ranges::find(memory.slaves, ifindex, [](const auto& each) { return each.facts.ifindex; });
  if (slave != memory.slaves.end()) {
    const auto& facts = slave->facts;
    absent_.insert_or_assign(facts.name, AbsentSlave{facts.name, facts.permanent_mac, slave->options});
    readmitted_.erase(facts.name);
  }
  release_one(ifindex, &link);
  settle();
  return true;
}

void ManagedBond::link_changed(const os::LinkInfo& link) {
  heard_ = monotonic_now();
  if (link.ifindex == device_.upper()) return upper_changed(link);
  if (link.ifindex == device_.lower()) return;
  if (link.vlan) look_for_slaves_vlans(link);
  if (!has_slave(link.ifindex)) {
    way_finder_.forget();
    return readmit(link);
  }

  if (link.name != originals_.at(link.ifindex).name) {
    originals_.at(link.ifindex).name = link.name;
    carry_out(bond_.slave_renamed(link.ifindex, link.name, heard_));
  }
  // The message says that something changed; how things stand now, the device knows better: messages may have
  // waited.
  ++link_news_;
  const auto state = read_link(link.name);
  carry_out(bond_.link_report(link.ifindex, state, core::LinkSource::netlink, heard_));
  settle();
}

void ManagedBond::carrier_changed(const os::CarrierNews& news) {
  heard_ = news.when;
  ++link_news_;
  // Down is believed at once: the hook speaks just before the device's own flag falls. Up is asked for.
  const auto hook = core::LinkSource::hook;
  carry_out(news.carrier
                ? bond_.link_report(news.ifindex, read_link(slave_name(news.ifindex)), hook, monotonic_now())
                : bond_.carrier_lost(news.ifindex, hook, monotonic_now()));
  settle();
}

void ManagedBond::watch_carriers() {
  if (host_.hook == nullptr) return;
  // A downdelay forbids the instant cut: the daemon is told, and waits.
  const bool cuts = bond_.options().downdelay.count() == 0;
  for (const auto& slot : bond_.table().slots) {
    auto watched = host_.hook->watch(network_->where.id(), slot.ifindex, datapath_.link_of(slot.slot), cuts);
    if (!watched) complain("cannot use the carrier hook", watched.error());
  }
}

void ManagedBond::resynchronise() {
  heard_ = monotonic_now();
  repair_programs();
  auto upper = network_->netlink.link(device_.upper());
  if (upper) upper_changed(*upper);
  const auto memory = bond_.memory();
  for (const auto& slave : memory.slaves) {
    auto link = network_->netlink.link(slave.facts.ifindex);
    if (link) {
      link_changed(*link);
    } else if (link.error().errno_value == ENODEV) {
      os::LinkInfo gone;
      gone.ifindex = slave.facts.ifindex;
      link_gone(gone);
    }
  }
  if (!absent_.empty()) {
    if (auto links = network_->netlink.links()) {
      for (const auto& link : *links) readmit(link);
    }
  }
  settle();
}

void ManagedBond::settle() {
  unsettled_ = false;
  if (targets_ != bond_.targets()) look_around();
  listen();
  rearm();
  write_state();
  write_proc();
}

void ManagedBond::rearm() {
  timer_.cancel();
  const auto next = bond_.next_deadline();
  if (!next) return;
  timer_.expires_at(asio::steady_timer::time_point(
      std::chrono::duration_cast<asio::steady_timer::duration>(next->time_since_epoch())));
  // A wait that ended a moment ago is called although it is cancelled now, and the bond may be gone by then.
  timer_.async_wait([this, here = std::weak_ptr(here_)](const asio::error_code& cancelled) {
    if (cancelled || here.expired()) return;
    // What came in meanwhile counts first: a daemon that was kept from running must not take its own silence
    // for its slaves'.
    listener_.drain();
    tell_activity();
    heard_ = monotonic_now();
    carry_out(bond_.advance(heard_));
    if (unsettled_) {
      settle();
    } else {
      rearm();  // a poll that found all as it was leaves nothing to write
    }
  });
}

void ManagedBond::write_state() {
  StoredBond stored{.where = network_->where.id(),
                    .lower = device_.lower(),
                    .memory = bond_.memory(),
                    .last_failover = last_failover_};
  for (const auto& [slave, originals] : originals_) stored.originals.push_back(originals);
  for (const auto& [name, absent] : absent_) stored.absent.push_back(absent);
  if (auto saved = save_if_changed(host_.paths.state_file(key_), stored, last_state_); !saved) {
    complain("cannot save its state", saved.error());
  }
}

void ManagedBond::write_proc() {
  auto text = views::proc_text(bond_.status(monotonic_now()));
  if (text == last_proc_) return;
  proc_file_ = host_.paths.proc_file(network_->label, name_);
  (void)os::make_directories(proc_file_.parent_path());
  if (auto written = os::write_file_atomically(proc_file_, text); !written) {
    complain("cannot write its proc text", written.error());
    return;
  }
  last_proc_ = std::move(text);
}

std::optional<std::string> ManagedBond::claims(os::IfIndex ifindex) const {
  if (ifindex == device_.upper()) return "a bond itself";
  if (ifindex == device_.lower()) return fmt::format("the lower half of {}", name_);
  if (has_slave(ifindex)) return fmt::format("a slave of {} already", name_);
  return std::nullopt;
}

std::string ManagedBond::watched_by() const {
  const auto& options = bond_.options();
  std::string layers = host_.hook != nullptr ? "carrier hook + netlink" : "netlink";
  const auto add = [&](std::string_view what, core::Milliseconds interval) {
    layers += fmt::format(" + {} {} ms", what, interval.count());
  };
  if (options.miimon.count() > 0) add("poll", options.miimon);
  if (!targets_.ipv4.empty()) add("ARP", options.arp_interval);
  if (!targets_.ipv6.empty()) add("ND", options.arp_interval);
  if (!targets_.paths.empty()) add(core::find_option("path_monitor")->get(options), options.path_interval);
  return layers;
}

core::BondReport ManagedBond::view() const {
  core::BondReport view;
  view.status = bond_.status(monotonic_now());
  view.netns = network_->label;
  view.link_layer = watched_by();
  view.last_failover = last_failover_;
  for (const auto& slave : view.status.slaves) {
    auto counters = datapath_.counters(slave.slot);
    view.rx_inactive_dropped.push_back(counters ? counters->rx_inactive : 0);
  }
  return view;
}

}  // namespace ebond::daemon
