#include "fake_hands.h"

#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>

namespace ebond::daemon {
namespace {

/// What `answer` makes of the link, if there is one. (libstdc++ 12 has no expected::transform.)
template <class Answer>
auto map(os::Result<FakeLink*> link, Answer answer) -> os::Result<decltype(answer(*link))> {
  if (!link) return std::unexpected(link.error());
  if constexpr (std::is_void_v<decltype(answer(*link))>) {
    answer(*link);
    return {};
  } else {
    return answer(*link);
  }
}

}  // namespace

// Time

class FakeTime::FakeAlarm : public Alarm {
 public:
  explicit FakeAlarm(FakeTime& time) : time_(time) { time_.alarms_.insert(this); }
  ~FakeAlarm() override { time_.alarms_.erase(this); }
  void set(core::TimePoint when, std::function<void()> ring) override {
    when_ = when, ring_ = std::move(ring);
  }
  void cancel() override { when_.reset(); }
  std::optional<core::TimePoint> when() const { return when_; }
  void ring() {
    when_.reset();
    std::exchange(ring_, nullptr)();
  }

 private:
  FakeTime& time_;
  std::optional<core::TimePoint> when_;
  std::function<void()> ring_;
};

std::unique_ptr<Alarm> FakeTime::make_alarm() {
  return std::make_unique<FakeAlarm>(*this);
}

void FakeTime::pass(core::Duration duration) {
  const auto end = now + duration;
  for (;;) {
    FakeAlarm* next = nullptr;
    for (auto* alarm : alarms_) {
      if (alarm->when() && *alarm->when() <= end && (next == nullptr || *alarm->when() < *next->when()))
        next = alarm;
    }
    if (next == nullptr) break;
    now = std::max(now, *next->when());
    next->ring();
  }
  now = end;
}

bool FakeTime::rings_at_all() const {
  return std::ranges::any_of(alarms_, [](const auto* alarm) { return alarm->when().has_value(); });
}

// Programs

namespace {

void take_program_off(FakeLink& link, bool remove_qdisc) {
  link.rx.reset();
  link.own_vlans = 0;
  if (remove_qdisc) link.clsact = false;
}

class FakePrograms : public Programs {
 public:
  FakePrograms(Script& script, FakeKernel& kernel, std::filesystem::path pins)
      : script_(script), kernel_(kernel), path_(std::move(pins)) {}

  os::Result<> attach_slave(os::IfIndex slave, core::SlotId slot) override {
    if (auto ok = script_.change("attach rx to " + name(slave)); !ok) return ok;
    auto* link = kernel_.find(slave);
    if (link == nullptr) return os::errno_error("cannot attach", ENODEV);
    link->clsact = true;
    link->rx = slot;
    pins().slots[slot] = slave;
    pins().bond0_is_apart = apart_;
    return {};
  }
  os::Result<> detach_slave(os::IfIndex slave, core::SlotId slot, bool remove_qdisc) override {
    auto off = script_.change("detach rx from " + name(slave));
    if (!script_.dead()) pins().slots.erase(slot);
    if (!off) return off;
    if (auto* link = kernel_.find(slave)) take_program_off(*link, remove_qdisc);
    return {};
  }
  os::Result<> check_free(os::IfIndex device) override {
    if (auto ok = script_.ask("programs of " + name(device)); !ok) return ok;
    const auto* link = kernel_.find(device);
    if (link == nullptr || !link->others_program) return {};
    return os::errno_error(name(device) + " carries a program of another bond", EBUSY);
  }
  os::Result<> take_off(os::IfIndex device, bool remove_qdisc) override {
    if (auto ok = script_.change("take program off " + name(device)); !ok) return ok;
    if (auto* link = kernel_.find(device)) take_program_off(*link, remove_qdisc);
    return {};
  }
  os::Result<> set_own_vlans(os::IfIndex slave, os::VlanSet vlans) override {
    if (auto ok = script_.change(fmt::format("leave {} VLANs to {}", vlans.size(), name(slave))); !ok)
      return ok;
    if (auto* link = kernel_.find(slave)) link->own_vlans = vlans.size();
    return {};
  }
  os::Result<std::vector<os::DatapathRepair>> repair() override {
    if (auto ok = script_.ask("look for programs"); !ok) return std::unexpected(ok.error());
    std::vector<os::DatapathRepair> repairs;
    for (const auto& [slot, slave] : pins().slots) {
      auto* link = kernel_.find(slave);
      if (link == nullptr || link->rx) continue;
      link->rx = slot;
      link->clsact = true;
      repairs.push_back({.device = slave, .what = "its program was gone and is put back"});
    }
    return repairs;
  }
  void bond0_is_apart(bool apart) override { apart_ = apart; }
  void bond0_lets_all_in(bool lets) override {
    const auto pinned = kernel_.pins.find(path_);
    if (pinned != kernel_.pins.end() && !script_.dead()) pinned->second.bond0_lets_all_in = lets;
  }
  void forget_slave(core::SlotId slot) override {
    script_.store(fmt::format("forget slot {}", std::to_underlying(slot)));
    if (!script_.dead()) pins().slots.erase(slot);
  }
  void forget_all_but(const std::vector<core::SlotId>& slots) override {
    script_.store("forget all slots but those in use");
    if (script_.dead()) return;
    std::erase_if(pins().slots,
                  [&](const auto& each) { return std::ranges::find(slots, each.first) == slots.end(); });
  }
  os::Result<> respecialise(const core::DatapathSpec& spec,
                            const std::map<core::SlotId, os::IfIndex>& slaves) override {
    if (auto ok = script_.change("respecialise"); !ok) return ok;
    pins().spec = spec;
    pins().bond0_is_apart = apart_;
    if (auto* below = kernel_.find(pins().lower)) below->tx = below->clsact = true;
    for (const auto& [slot, slave] : slaves) {
      auto* link = kernel_.find(slave);
      if (link != nullptr) link->rx = slot, link->clsact = true;
    }
    return {};
  }
  void publish(const core::Table& table) override {
    script_.store(fmt::format("publish {} buckets of {} slaves", table.buckets.size(), table.slots.size()));
    if (!script_.dead()) pins().table = table;
  }
  os::Result<core::TxTotals> tx_totals() override {
    if (auto ok = script_.ask("tx totals"); !ok) return std::unexpected(ok.error());
    return core::TxTotals{};
  }
  os::Result<std::uint64_t> rx_inactive(core::SlotId slot) override {
    if (auto ok = script_.ask("rx inactive"); !ok) return std::unexpected(ok.error());
    return std::to_underlying(slot) + 7U;
  }
  os::Result<std::uint64_t> tx_without_slave() override {
    if (auto ok = script_.ask("tx without slave"); !ok) return std::unexpected(ok.error());
    return std::uint64_t{3};
  }
  std::optional<core::TimePoint> last_rx(core::SlotId) override { return std::nullopt; }
  os::Result<> watch_carrier(os::IfIndex slave, core::SlotId, bool cuts) override {
    if (!kernel_.has_hook) return {};
    auto ok = script_.change(fmt::format("watch {}{}", name(slave), cuts ? "" : " without cutting"));
    if (ok && kernel_.find(slave) != nullptr) kernel_.find(slave)->watched = true;
    return ok;
  }
  os::Result<bool> keep_pins() override {
    if (auto ok = script_.ask("look for pins"); !ok) return std::unexpected(ok.error());
    if (kernel_.pins.contains(path_)) return false;
    kernel_.pins[path_] = {};
    return true;
  }
  void remove() override {
    script_.store("unpin");
    if (!script_.dead()) kernel_.pins.erase(path_);
  }

 private:
  FakePins& pins() { return kernel_.pins[path_]; }
  std::string name(os::IfIndex slave) {
    const auto* link = kernel_.find(slave);
    return link == nullptr ? fmt::format("#{}", std::to_underlying(slave)) : link->info.name;
  }
  Script& script_;
  FakeKernel& kernel_;
  std::filesystem::path path_;
  bool apart_ = false;
};

}  // namespace

// Ears

class FakeHands::FakeEars : public Ears {
 public:
  FakeEars(FakeHands& hands, Heard heard) : hands_(hands), heard_(std::move(heard)) {
    hands_.ears_.insert(this);
  }
  ~FakeEars() override { hands_.ears_.erase(this); }
  std::vector<os::Error> hear(const Wanted& wanted) override {
    std::vector<os::Error> failures;
    std::set<os::IfIndex> slaves;
    for (const auto& [slave, listening] : wanted) {
      if (listening == core::Listening{}) continue;
      if (!heard_slaves_.contains(slave)) {
        auto ok = hands_.script_.change("hear " + hands_.name_of(slave));
        if (!ok) {
          failures.push_back(ok.error());
          continue;
        }
      }
      slaves.insert(slave);
    }
    for (const auto slave : heard_slaves_) {
      if (wanted.contains(slave)) continue;
      also_.erase(slave);
      hands_.script_.store("hear no more of " + hands_.name_of(slave));
    }
    heard_slaves_ = std::move(slaves);
    return failures;
  }
  os::Result<> hear_also(os::IfIndex slave, const wire::MacAddress& mac) override {
    if (const auto known = also_.find(slave); known != also_.end() && known->second == mac) return {};
    also_[slave] = mac;
    return hands_.script_.change(fmt::format("hear {} also for {}", hands_.name_of(slave), mac.to_string()));
  }
  void drain() override {}
  bool tell(os::IfIndex slave, const wire::Bytes& frame) {
    if (!heard_slaves_.contains(slave)) return false;
    heard_(slave, {frame});
    return true;
  }

 private:
  FakeHands& hands_;
  Heard heard_;
  std::set<os::IfIndex> heard_slaves_;
  std::map<os::IfIndex, wire::MacAddress> also_;
};

std::unique_ptr<Ears> FakeHands::make_ears(Ears::Heard heard) {
  return std::make_unique<FakeEars>(*this, std::move(heard));
}

void FakeHands::hear(os::IfIndex slave, const wire::Bytes& frame) {
  for (auto* ears : ears_) {
    if (ears->tell(slave, frame)) return;
  }
}

void FakeHands::tell(os::LinkEventBatch batch) {
  if (events_heard_) events_heard_(batch);
  if (!answers_wait) answer();
}

// Links

std::string FakeHands::name_of(os::IfIndex ifindex) {
  const auto* link = kernel_.find(ifindex);
  return link == nullptr ? fmt::format("#{}", std::to_underlying(ifindex)) : link->info.name;
}

os::Result<FakeLink*> FakeHands::reach(os::IfIndex ifindex) {
  auto* link = kernel_.find(ifindex);
  if (link == nullptr) return os::errno_error("there is no such interface", ENODEV);
  return link;
}

os::Result<FakeLink*> FakeHands::reach(const std::string& name) {
  auto* link = kernel_.find(name);
  if (link == nullptr) return os::errno_error("there is no interface " + name, ENODEV);
  return link;
}

os::Result<std::shared_ptr<Hands>> FakeHands::make_namespace(const std::string& name,
                                                             const std::string& cookie) {
  if (auto ok = script_.change("make namespace " + name); !ok) return std::unexpected(ok.error());
  if (namespaces->find(name) != nullptr) return os::errno_error("it is there", EEXIST);
  namespaces->make(name, cookie, kernel_);
  auto hands = std::make_shared<FakeHands>(script_, *namespaces->find(name), time_);
  hands->namespaces = namespaces;
  hands->elsewhere = &kernel_;
  (*made_there)[name] = hands;
  return hands;
}

os::Result<std::shared_ptr<Hands>> FakeHands::hands_in(const std::string& name) {
  if (auto ok = script_.ask("hands in " + name); !ok) return std::unexpected(ok.error());
  auto* there = namespaces->find(name);
  if (there == nullptr) return os::errno_error("there is no namespace " + name, ENOENT);
  auto hands = std::make_shared<FakeHands>(script_, *there, time_);
  hands->namespaces = namespaces;
  hands->elsewhere = &kernel_;
  return hands;
}

os::Result<bool> FakeHands::name_again(const std::string& name) {
  if (kernel_.label == name) return false;
  if (auto ok = script_.change("name it again: " + name); !ok) return std::unexpected(ok.error());
  if (namespaces->find(name) != nullptr) return os::errno_error("another one is " + name, EEXIST);
  kernel_.label = name;
  return true;
}

os::Result<> FakeHands::take_name_off(const std::string& name) {
  if (auto ok = script_.change("take name off " + name); !ok) return ok;
  if (kernel_.label == name) namespaces->take_name_off(kernel_);
  return {};
}

os::Result<> FakeHands::move_link(os::IfIndex link, Hands& there, const Arrival& as) {
  auto& to = dynamic_cast<FakeHands&>(there).kernel_;
  if (auto ok = script_.change(fmt::format("move {} to '{}'", name_of(link), to.label)); !ok) return ok;
  const auto moved = reach(link);
  if (!moved) return std::unexpected(moved.error());
  const auto name = as.name.empty() ? (*moved)->info.name : as.name;
  if (to.find(name) != nullptr) return os::errno_error("the name is taken", EEXIST);
  if (as.ifindex && to.find(*as.ifindex) != nullptr) return os::errno_error("the number is taken", EBUSY);
  const auto number = as.ifindex.value_or(os::IfIndex(to.next_ifindex));
  if (!as.ifindex) ++to.next_ifindex;
  FakeNamespaces::move(kernel_, link, to, number);
  to.find(number)->info.name = name;
  return {};
}

os::Result<std::vector<os::LinkInfo>> FakeHands::links() {
  if (auto ok = script_.ask("links"); !ok) return std::unexpected(ok.error());
  std::vector<os::LinkInfo> all;
  for (const auto& [ifindex, link] : kernel_.links) all.push_back(link.as_told());
  return all;
}

os::Result<os::LinkInfo> FakeHands::link(os::IfIndex ifindex) {
  if (auto ok = script_.ask("link " + name_of(ifindex)); !ok) return std::unexpected(ok.error());
  return map(reach(ifindex), [](const auto* link) { return link->as_told(); });
}

os::Result<os::LinkInfo> FakeHands::link(const std::string& name) {
  if (auto ok = script_.ask("link " + name); !ok) return std::unexpected(ok.error());
  return map(reach(name), [](const auto* link) { return link->as_told(); });
}

void FakeHands::visit_elsewhere(std::function<void(Hands&, const LinksElsewhere&)> visit) {
  const auto links = links_elsewhere();
  if (links.empty()) return;
  FakeHands there(script_, *elsewhere, time_);
  there.joined = joined;
  visit(there, links);
}

Hands::LinksElsewhere FakeHands::links_elsewhere() {
  LinksElsewhere all;
  if (elsewhere == nullptr || !script_.ask("links elsewhere")) return all;
  for (const auto& [ifindex, link] : elsewhere->links) {
    if (link.info.lower_netnsid) all.push_back(link.info);
  }
  return all;
}

os::Result<> FakeHands::set_up(os::IfIndex ifindex, bool up) {
  if (auto ok = script_.change(fmt::format("set {} {}", name_of(ifindex), up ? "up" : "down")); !ok)
    return ok;
  return map(reach(ifindex), [&](auto* link) {
    constexpr std::uint32_t kUp = IFF_UP;
    link->info.flags = up ? link->info.flags | kUp : link->info.flags & ~kUp;
  });
}

os::Result<> FakeHands::set_flags(os::IfIndex ifindex, std::uint32_t mask, std::uint32_t value) {
  if (auto ok = script_.change(fmt::format("set flags {:x} of {} to {:x}", mask, name_of(ifindex), value));
      !ok) {
    return ok;
  }
  auto link = reach(ifindex);
  if (!link) return std::unexpected(link.error());
  const auto wanted = ((*link)->info.flags & ~mask) | (value & mask);
  if (((wanted ^ (*link)->info.flags) & (*link)->fixed_flags) != 0) {
    return os::errno_error("cannot change its flags", EOPNOTSUPP);
  }
  (*link)->info.flags = wanted;
  return {};
}

os::Result<> FakeHands::set_mac(os::IfIndex ifindex, const wire::MacAddress& mac) {
  if (auto ok = script_.change(fmt::format("set mac of {} to {}", name_of(ifindex), mac.to_string())); !ok)
    return ok;
  auto link = reach(ifindex);
  if (!link) return std::unexpected(link.error());
  if ((*link)->mac_errno != 0) return os::errno_error("cannot change its MAC", (*link)->mac_errno);
  if ((*link)->mac_needs_down && (*link)->info.is_up())
    return os::errno_error("cannot change its MAC", EBUSY);
  if ((*link)->info.mac != mac) (*link)->neighbours.clear();  // as neigh_changeaddr()
  (*link)->info.mac = mac;
  return {};
}

os::Result<> FakeHands::set_mtu(os::IfIndex ifindex, std::uint32_t mtu) {
  if (auto ok = script_.change(fmt::format("set mtu of {} to {}", name_of(ifindex), mtu)); !ok) return ok;
  auto link = reach(ifindex);
  if (!link) return std::unexpected(link.error());
  if ((*link)->largest_mtu && mtu > *(*link)->largest_mtu) return os::errno_error("MTU too large", EINVAL);
  (*link)->info.mtu = mtu;
  return {};
}

os::Result<> FakeHands::set_gso_limits(os::IfIndex ifindex, const os::GsoLimits& limits) {
  if (auto ok = script_.change(fmt::format("limit {} to {} octets", name_of(ifindex), limits.size)); !ok) {
    return ok;
  }
  return map(reach(ifindex), [&](auto* link) { link->info.gso = limits; });
}

os::Result<os::DriverInfo> FakeHands::driver(const std::string& name) {
  ++looks_at_drivers;
  return map(reach(name), [](const auto* link) { return os::DriverInfo{.name = "fake", .bus = link->bus}; });
}

os::Result<bool> FakeHands::lro(const std::string& name) {
  if (auto ok = script_.ask("lro of " + name); !ok) return std::unexpected(ok.error());
  return map(reach(name), [](const auto* link) { return link->lro; });
}

os::Result<> FakeHands::set_lro(const std::string& name, bool on) {
  if (auto ok = script_.change(fmt::format("lro of {} {}", name, on ? "on" : "off")); !ok) return ok;
  return map(reach(name), [&](auto* link) { link->lro = on; });
}

os::Result<> FakeHands::delete_link(os::IfIndex ifindex) {
  if (auto ok = script_.change("delete " + name_of(ifindex)); !ok) return ok;
  if (auto link = reach(ifindex); !link) return std::unexpected(link.error());
  FakeNamespaces::remove(kernel_, ifindex, elsewhere);
  return {};
}

os::Result<> FakeHands::leave_master(os::IfIndex ifindex) {
  if (auto ok = script_.change(fmt::format("take {} out of its master", name_of(ifindex))); !ok) return ok;
  return map(reach(ifindex), [](auto* link) { link->info.master.reset(); });
}

os::Result<os::BondDevice> FakeHands::create_device(const std::string& name, const std::string& cookie,
                                                    core::Bond0Device kind) {
  if (auto ok = script_.change("create " + name); !ok) return std::unexpected(ok.error());
  if (kernel_.find(name) != nullptr) return os::errno_error("it exists", EEXIST);
  const auto upper = kernel_.next_ifindex++, lower = kernel_.next_ifindex++;
  if (kind == core::Bond0Device::netkit && !kernel_.has_netkit) {
    return os::errno_error("this kernel has no netkit", EOPNOTSUPP);
  }
  const auto* made = kind == core::Bond0Device::veth || !kernel_.has_netkit ? "veth" : "netkit";
  auto& above = kernel_.add(name, upper, made);
  above.info.lower = os::IfIndex(lower);
  above.info.tx_queues = os::BondDevice::kTxQueues;
  auto& below = kernel_.add(fmt::format("ebl{}", lower), lower, made);
  below.info.lower = os::IfIndex(upper);
  below.info.alias = fmt::format("lower half of {}, {} (ebond)", name, cookie);
  below.ipv6["disable_ipv6"] = "1";
  below.info.flags = IFF_NOARP;
  return os::BondDevice::adopt(os::IfIndex(upper), os::IfIndex(lower));
}

os::Result<core::LinkState> FakeHands::link_state(const std::string& name, bool) {
  if (auto ok = script_.ask("link state of " + name); !ok) return std::unexpected(ok.error());
  return map(reach(name),
             [](const auto* link) { return link->info.is_up() ? link->nic : core::LinkState{}; });
}

class FakeHands::FakeWatch : public LinkWatch {
 public:
  FakeWatch(FakeHands& hands, Told told) : hands_(hands), told_(std::move(told)) {
    hands_.watches_.insert(this);
  }
  ~FakeWatch() override { hands_.watches_.erase(this); }
  void watch(const Wanted& wanted) override { wanted_ = wanted; }
  void ask(core::IfIndex link, const Cause& cause) override {
    asked_.emplace(link, std::pair(cause, hands_.now()));
  }
  void look_closer(core::IfIndex link) override { ask(link, {.heard = hands_.now()}); }
  std::optional<core::TimePoint> seen_lost(core::IfIndex) override { return hands_.seen_lost; }

  bool polls() const { return wanted_.every.has_value(); }
  void poll() {
    for (const auto& link : wanted_.links) ask(link.ifindex, {.heard = hands_.now()});
    answer();
  }
  void answer() {
    const auto asked = std::exchange(asked_, {});
    std::vector<Answer> answers;
    for (const auto& link : wanted_.links) {
      const auto question = asked.find(link.ifindex);
      const auto* device = hands_.kernel_.find(link.ifindex);
      if (question == asked.end() || device == nullptr) continue;
      const auto state = device->info.is_up() ? device->nic : core::LinkState{};
      if (state == link.known) continue;
      const auto& [cause, when] = question->second;
      answers.push_back({.ifindex = link.ifindex, .link = state, .asked = when, .cause = cause});
    }
    if (!answers.empty()) told_(answers);
  }

 private:
  FakeHands& hands_;
  Told told_;
  Wanted wanted_;
  std::map<core::IfIndex, std::pair<Cause, core::TimePoint>> asked_;
};

std::unique_ptr<LinkWatch> FakeHands::watch_links(LinkWatch::Told told) {
  return std::make_unique<FakeWatch>(*this, std::move(told));
}

bool FakeHands::poll() {
  bool polled = false;
  for (auto* watch : std::set(watches_)) {
    if (!watch->polls()) continue;
    polled = true;
    watch->poll();
  }
  return polled;
}

void FakeHands::answer() {
  for (auto* watch : std::set(watches_)) {
    if (watches_.contains(watch)) watch->answer();
  }
}

os::Result<std::shared_ptr<Hands>> FakeHands::hands_at(const os::LinkInfo& left) {
  if (auto ok = script_.ask("hands where " + left.name + " went"); !ok) return std::unexpected(ok.error());
  if (elsewhere == nullptr) return os::errno_error("it is nowhere", ENOENT);
  auto hands = std::make_shared<FakeHands>(script_, *elsewhere, time_);
  if (latest_there.expired()) latest_there = hands;
  return hands;
}

// Addresses and routes

os::Result<std::vector<os::Address>> FakeHands::addresses(os::IfIndex ifindex) {
  if (auto ok = script_.ask("addresses of " + name_of(ifindex)); !ok) return std::unexpected(ok.error());
  return map(reach(ifindex), [](const auto* link) { return link->addresses; });
}

os::Result<> FakeHands::add_address(const os::Address& address) {
  if (auto ok = script_.change(
          fmt::format("add address {} to {}", os::to_string(address.local), name_of(address.ifindex)));
      !ok) {
    return ok;
  }
  auto link = reach(address.ifindex);
  if (!link) return std::unexpected(link.error());
  if (std::ranges::find((*link)->addresses, address) != (*link)->addresses.end()) {
    return os::errno_error("it is there", EEXIST);
  }
  (*link)->addresses.push_back(address);
  return {};
}

os::Result<> FakeHands::delete_address(const os::Address& address) {
  if (auto ok = script_.change(
          fmt::format("delete address {} of {}", os::to_string(address.local), name_of(address.ifindex)));
      !ok) {
    return ok;
  }
  return map(reach(address.ifindex), [&](auto* link) {
    // By what it is, as the kernel does: how long it has left is told anew each time.
    std::erase_if(link->addresses, [&](const os::Address& each) { return each.local == address.local; });
    link->routes.clear();  // as the kernel does with routes by a gateway that is reached no more
  });
}

os::Result<std::vector<os::Route>> FakeHands::routes(os::IfIndex ifindex) {
  if (auto ok = script_.ask("routes of " + name_of(ifindex)); !ok) return std::unexpected(ok.error());
  return map(reach(ifindex), [](const auto* link) { return link->routes; });
}

os::Result<> FakeHands::add_route(const os::Route& route) {
  if (auto ok = script_.change(fmt::format("add route {} by {}",
                                           route.destination ? os::to_string(*route.destination) : "default",
                                           name_of(route.ifindex)));
      !ok) {
    return ok;
  }
  auto link = reach(route.ifindex);
  if (!link) return std::unexpected(link.error());
  if (std::ranges::find((*link)->routes, route) != (*link)->routes.end())
    return os::errno_error("it is there", EEXIST);
  (*link)->routes.push_back(route);
  return {};
}

os::Result<> FakeHands::delete_route(const os::Route& route) {
  if (auto ok = script_.change(fmt::format("delete route {} by {}",
                                           route.destination ? os::to_string(*route.destination) : "default",
                                           name_of(route.ifindex)));
      !ok) {
    return ok;
  }
  auto link = reach(route.ifindex);
  if (!link) return std::unexpected(link.error());
  if (std::erase((*link)->routes, route) == 0) return os::errno_error("it is not there", ESRCH);
  return {};
}

os::Result<std::size_t> FakeHands::count_shared_routes(os::IfIndex ifindex) {
  if (auto ok = script_.ask("shared routes of " + name_of(ifindex)); !ok) return std::unexpected(ok.error());
  return map(reach(ifindex), [](const auto* link) { return link->shared_routes; });
}

// Neighbours and rules

os::Result<std::vector<os::Neighbour>> FakeHands::written_neighbours(os::IfIndex ifindex) {
  if (auto ok = script_.ask("neighbours of " + name_of(ifindex)); !ok) return std::unexpected(ok.error());
  return map(reach(ifindex), [](const auto* link) { return link->neighbours; });
}

os::Result<> FakeHands::add_neighbour(const os::Neighbour& neighbour) {
  if (auto ok = script_.change(fmt::format("add neighbour {} to {}", os::to_string(neighbour.address),
                                           name_of(neighbour.ifindex)));
      !ok) {
    return ok;
  }
  auto link = reach(neighbour.ifindex);
  if (!link) return std::unexpected(link.error());
  if (std::ranges::find((*link)->neighbours, neighbour) != (*link)->neighbours.end()) {
    return os::errno_error("it is there", EEXIST);
  }
  (*link)->neighbours.push_back(neighbour);
  return {};
}

os::Result<> FakeHands::delete_neighbour(const os::Neighbour& neighbour) {
  if (auto ok = script_.change(fmt::format("delete neighbour {} of {}", os::to_string(neighbour.address),
                                           name_of(neighbour.ifindex)));
      !ok) {
    return ok;
  }
  auto link = reach(neighbour.ifindex);
  if (!link) return std::unexpected(link.error());
  if (std::erase((*link)->neighbours, neighbour) == 0) return os::errno_error("it is not there", ENOENT);
  return {};
}

os::Result<std::vector<os::Rule>> FakeHands::rules_naming(const std::string& interface) {
  if (auto ok = script_.ask("rules of " + interface); !ok) return std::unexpected(ok.error());
  std::vector<os::Rule> found;
  std::ranges::copy_if(kernel_.rules, std::back_inserter(found),
                       [&](const os::Rule& rule) { return rule.names(interface); });
  return found;
}

os::Result<> FakeHands::add_rule(const os::Rule& rule) {
  if (auto ok = script_.change("add a rule"); !ok) return ok;
  if (std::ranges::find(kernel_.rules, rule) != kernel_.rules.end()) {
    return os::errno_error("it is there", EEXIST);
  }
  kernel_.rules.push_back(rule);
  return {};
}

os::Result<> FakeHands::delete_rule(const os::Rule& rule) {
  if (auto ok = script_.change("delete a rule"); !ok) return ok;
  if (std::erase(kernel_.rules, rule) == 0) return os::errno_error("it is not there", ENOENT);
  return {};
}

os::Result<os::NextHop> FakeHands::next_hop(const os::IpAddress& target, std::optional<os::IfIndex> out) {
  if (auto ok = script_.ask("next hop to " + os::to_string(target)); !ok) return std::unexpected(ok.error());
  auto found = next_hops.find(os::to_string(target));
  if (out) found = next_hops.find(fmt::format("{} by {}", os::to_string(target), name_of(*out)));
  if (found == next_hops.end()) return os::errno_error("no route", ENETUNREACH);
  return found->second;
}

// Settings and groups

os::Result<std::string> FakeHands::ipv6_setting(const std::string& interface, const std::string& key) {
  if (auto ok = script_.ask(fmt::format("ipv6 {} of {}", key, interface)); !ok)
    return std::unexpected(ok.error());
  auto link = reach(interface);
  if (!link || !(*link)->ipv6.contains(key)) return os::errno_error("cannot read it", ENOENT);
  return (*link)->ipv6.at(key);
}

os::Result<> FakeHands::set_ipv6_setting(const std::string& interface, const std::string& key,
                                         const std::string& value) {
  if (auto ok = script_.change(fmt::format("set ipv6 {} of {} to {}", key, interface, value)); !ok) return ok;
  auto link = reach(interface);
  if (!link) return os::errno_error("cannot write it", ENOENT);
  (*link)->ipv6[key] = value;
  return {};
}

os::Result<std::vector<wire::MacAddress>> FakeHands::groups(os::IfIndex device) {
  if (auto ok = script_.ask("groups of " + name_of(device)); !ok) return std::unexpected(ok.error());
  return map(reach(device), [](const auto* link) {
    return std::vector<wire::MacAddress>(link->groups.begin(), link->groups.end());
  });
}

os::Result<> FakeHands::add_group(const std::string& device, const wire::MacAddress& group) {
  if (auto ok = script_.change(fmt::format("add group {} to {}", group.to_string(), device)); !ok) return ok;
  return map(reach(device), [&](auto* link) { link->groups.insert(group); });
}

os::Result<> FakeHands::remove_group(const std::string& device, const wire::MacAddress& group) {
  if (auto ok = script_.change(fmt::format("remove group {} of {}", group.to_string(), device)); !ok)
    return ok;
  return map(reach(device), [&](auto* link) { link->groups.erase(group); });
}

os::Result<os::TakenAddresses> FakeHands::taken_addresses(os::IfIndex device) {
  if (auto ok = script_.ask("addresses taken by " + name_of(device)); !ok) return std::unexpected(ok.error());
  return map(reach(device), [](const auto* link) { return os::TakenAddresses{link->taken, link->groups}; });
}

void FakeHands::look_at(os::IfIndex device, std::optional<os::TakenAddresses> known, Seen seen) {
  ++looks_at_devices[device];
  const auto* link = kernel_.find(device);
  std::optional<Standing> standing;
  if (link != nullptr && script_.ask("look at " + name_of(device))) {
    const os::TakenAddresses addresses{link->taken, link->groups};
    if (addresses != known) standing = Standing{link->info, addresses};
  }
  if (standing) ++looks_at_all_of_one;
  if (!looks_wait) return seen(standing);
  waiting_looks_.emplace_back([seen = std::move(seen), standing] { seen(standing); });
}

os::Result<> FakeHands::take_address(os::IfIndex device, const wire::MacAddress& mac) {
  if (auto ok = script_.change(fmt::format("{} takes {}", name_of(device), mac.to_string())); !ok) return ok;
  const auto link = reach(device);
  if (!link) return std::unexpected(link.error());
  if ((*link)->taken.insert(mac).second) return {};
  return os::errno_error(fmt::format("{} takes it already", name_of(device)), EEXIST);
}

os::Result<> FakeHands::drop_address(os::IfIndex device, const wire::MacAddress& mac) {
  if (auto ok = script_.change(fmt::format("{} drops {}", name_of(device), mac.to_string())); !ok) return ok;
  const auto link = reach(device);
  if (!link) return std::unexpected(link.error());
  if ((*link)->taken.erase(mac) > 0) return {};
  return os::errno_error(fmt::format("{} does not take it", name_of(device)), ENOENT);
}

os::Result<> FakeHands::let_vlan_in(os::IfIndex card, const core::VlanKey& vlan) {
  if (auto ok = script_.change(fmt::format("{} lets VLAN {} in", name_of(card), vlan.id)); !ok) return ok;
  return map(reach(card), [&](auto* link) { link->vlans_in.insert(vlan); });
}

os::Result<> FakeHands::keep_vlan_out(os::IfIndex card, const core::VlanKey& vlan) {
  if (auto ok = script_.change(fmt::format("{} keeps VLAN {} out", name_of(card), vlan.id)); !ok) return ok;
  return map(reach(card), [&](auto* link) { link->vlans_in.erase(vlan); });
}

os::Result<std::vector<os::ForwardingEntry>> FakeHands::forwarding_entries() {
  if (auto ok = script_.ask("forwarding entries"); !ok) return std::unexpected(ok.error());
  return kernel_.forwarding;
}

os::Result<os::PortVlans> FakeHands::port_vlans() {
  if (auto ok = script_.ask("VLANs of ports"); !ok) return std::unexpected(ok.error());
  return kernel_.port_vlans;
}

os::Result<os::JoinedGroups> FakeHands::joined_groups(os::IfIndex device) {
  if (auto ok = script_.ask("joined groups of " + name_of(device)); !ok) return std::unexpected(ok.error());
  return joined;
}

// The data path

os::Result<bool> FakeHands::has_clsact(os::IfIndex device) {
  if (auto ok = script_.ask("clsact of " + name_of(device)); !ok) return std::unexpected(ok.error());
  return map(reach(device), [](const auto* link) { return link->clsact; });
}

os::Result<bool> FakeHands::add_clsact(os::IfIndex device) {
  if (auto ok = script_.change("add clsact to " + name_of(device)); !ok) return std::unexpected(ok.error());
  return map(reach(device), [](auto* link) { return !std::exchange(link->clsact, true); });
}

os::Result<> FakeHands::recover_pins(const std::filesystem::path& pins, os::IfIndex device) {
  if (auto ok = script_.change("recover pins"); !ok) return ok;
  if (kernel_.pins.contains(pins)) return {};
  const auto* on = kernel_.find(device);
  if (on == nullptr || (!on->tx && !on->rx)) {
    return os::errno_error("no program tells of the bond's maps", ENOENT);
  }
  const auto is_lower_half = [](const auto& each) { return each.second.info.name.starts_with("ebl"); };
  const auto lower = on->tx ? device : std::ranges::find_if(kernel_.links, is_lower_half)->first;
  FakePins found{.spec = {}, .lower = lower, .slots = {}, .table = {}};
  for (const auto& [ifindex, link] : kernel_.links) {
    if (link.rx) found.slots.emplace(*link.rx, ifindex);
  }
  kernel_.pins[pins] = std::move(found);
  return {};
}

os::Result<bool> FakeHands::carries_program(const std::filesystem::path&, os::IfIndex device) {
  if (auto ok = script_.ask("programs on " + name_of(device)); !ok) return std::unexpected(ok.error());
  return map(reach(device), [](const auto* link) { return link->rx.has_value(); });
}

os::Result<bool> FakeHands::take_remains_off(const std::filesystem::path&, os::IfIndex device,
                                             bool remove_qdisc) {
  if (auto ok = script_.change("take remains off " + name_of(device)); !ok)
    return std::unexpected(ok.error());
  auto* link = kernel_.find(device);
  const bool had_one = link != nullptr && link->rx;
  if (link != nullptr) take_program_off(*link, remove_qdisc);
  return had_one;
}

os::Result<std::unique_ptr<Programs>> FakeHands::create_programs(const std::filesystem::path& pins,
                                                                 const core::DatapathSpec& spec,
                                                                 os::IfIndex lower) {
  if (auto ok = script_.change("create programs on " + name_of(lower)); !ok)
    return std::unexpected(ok.error());
  kernel_.pins[pins] = FakePins{.spec = spec, .lower = lower, .slots = {}, .table = {}};
  if (auto* link = kernel_.find(lower)) link->tx = link->clsact = true;
  return std::make_unique<FakePrograms>(script_, kernel_, pins);
}

os::Result<std::unique_ptr<Programs>> FakeHands::adopt_programs(const std::filesystem::path& pins,
                                                                const core::DatapathSpec&,
                                                                os::IfIndex lower) {
  if (auto ok = script_.ask("adopt programs"); !ok) return std::unexpected(ok.error());
  if (!kernel_.pins.contains(pins)) return os::errno_error("cannot open the pinned map", ENOENT);
  if (kernel_.pins[pins].lower != lower) return os::errno_error("the maps are those of another bond", EPROTO);
  return std::make_unique<FakePrograms>(script_, kernel_, pins);
}

void FakeHands::unwatch_carrier(os::IfIndex slave) {
  if (!kernel_.has_hook) return;
  script_.store("unwatch " + name_of(slave));
  if (auto* link = kernel_.find(slave); link != nullptr && !script_.dead()) link->watched = false;
}

os::Result<> FakeHands::send(os::IfIndex out, wire::ByteView) {
  return script_.change("send out of " + name_of(out));
}

}  // namespace ebond::daemon
