// Runner's commands: what people ask of a bond. All or nothing.
#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/interface_name.h"
#include "core/options/option_table.h"
#include "daemon/bond/remains.h"
#include "daemon/bond/runner.h"
#include "daemon/errors.h"

namespace ebond::daemon {

namespace {

using Kind = control::Error::Kind;

}  // namespace

control::KeyValues with_true_names(Hands& hands, control::KeyValues options) {
  for (auto& [key, value] : options) {
    const auto* option = core::find_option(key);
    if (option == nullptr || (option->name != "primary" && option->name != "active_slave")) continue;
    if (value.empty()) continue;
    if (const auto link = hands.link(value)) value = link->name;
  }
  return options;
}

std::string own_netns_of(const std::string& bond) {
  return "bond-" + bond;
}

control::KeyValues Runner::with_true_names(control::KeyValues options) {
  options = daemon::with_true_names(*hands_, std::move(options));
  return has_slaves_away() ? daemon::with_true_names(home_.hands(), std::move(options)) : options;
}

// All or nothing

os::Result<> Runner::begin_attempt() {
  before_ = bond_.memory();
  auto saved = save(true);
  if (!saved) before_.reset();
  return saved;
}

os::Result<> Runner::keep_attempt() {
  const auto before = std::exchange(before_, std::nullopt);
  const bool was_in_part = std::exchange(in_part_, false);
  auto saved = save();
  if (!saved) before_ = before, in_part_ = was_in_part;
  return saved;
}

void Runner::undo_attempt() {
  const auto now = hands_->now();
  const bool had_other_mac = bond_.mac() != before_->mac;
  bond_ = core::Bond::restore(*before_, now);
  before_.reset();
  slaves_.keep_taking_nothing();
  executor_.note_programs(executor_.load_programs());
  if (had_other_mac) executor_.set_bond_mac();
  enslavement_.watch_carriers();
  mending_.look_at_all();
  settle();
}

control::Result<> Runner::refuse_if_ending() const {
  if (!ending_) return {};
  const auto undone = dues_.all();
  return refuse(Kind::conflict,
                fmt::format("{} is being deleted{}: `ebond forget --force {}` ends it whatever "
                            "cannot be put back",
                            name(), undone.empty() ? "" : " (" + undone.front() + ")", name()));
}

control::Result<> Runner::attempt(const std::vector<Change>& changes) {
  if (auto ending = refuse_if_ending(); !ending) return ending;
  const auto now = hands_->now();
  if (auto saved = begin_attempt(); !saved) return refuse_unsaved(name(), saved.error());
  const auto undo = [this](std::unexpected<control::Error> error) -> control::Result<> {
    undo_attempt();
    return error;
  };
  for (const auto& change : changes) {
    const auto actions = change(now);
    if (!actions && &change == &changes.front()) {
      before_.reset();  // the core has refused, and nothing is otherwise
      return refuse(actions.error());
    }
    if (!actions) return undo(refuse(actions.error()));
    if (auto done = executor_.try_to(*actions, now); !done) return undo(refuse(done.error()));
  }
  if (auto saved = keep_attempt(); !saved) return undo(refuse_unsaved(name(), saved.error()));
  return {};
}

control::Result<> Runner::check_device_fits(const control::KeyValues& options) {
  auto wanted = bond_.options();
  if (!core::apply_options(wanted, options, {})) return {};  // refused elsewhere, with the reason
  if (!core::needs_veth(wanted.mode) || core::needs_veth(bond_.options().mode)) return {};
  const auto lower = hands_->link(device_.lower());
  if (!lower) return refuse(lower.error());
  if (lower->kind != "netkit") return {};
  return refuse(Kind::conflict,
                fmt::format("{} is a netkit device, which mode {} cannot work with: delete it and "
                            "add it again in that mode",
                            name(), core::mode_name(wanted.mode)));
}

control::Result<> Runner::set(const control::KeyValues& options) {
  if (auto fits = check_device_fits(with_true_names(options)); !fits) return fits;
  auto done = attempt({[&](core::TimePoint now) { return bond_.set(with_true_names(options), now); }});
  if (!done) return done;
  enslavement_.watch_carriers();
  settle();
  return {};
}

void Runner::give_up(const std::vector<os::IfIndex>& slaves) {
  const auto now = hands_->now();
  for (const auto slave : slaves) (void)enslavement_.release(slave, now);
  // The first slave gives the bond its MAC, and maybe fail_over_mac.
  if (before_->slaves.empty()) return undo_attempt();
  before_.reset();
  settle();
}

control::Result<std::vector<std::string>> Runner::enslave(const std::vector<std::string>& interfaces,
                                                          control::Absent absent) {
  if (auto ending = refuse_if_ending(); !ending) return std::unexpected(ending.error());
  // What was done to bond0 an instant ago (its MAC, its MTU) counts, whether its news has come or not.
  if (auto upper = upper_.hands().link(upper_.ifindex())) upper_changed(*upper, hands_->now());
  // Look at all of them before any is touched.
  std::vector<os::LinkInfo> links;
  std::vector<std::string> awaited;
  for (const auto& interface : interfaces) {
    // It came back by itself after it was pulled out: that is what is asked for.
    if (absentees_.has_returned(true_name(interface))) continue;
    auto link = find_enslavable(interface);
    if (!link && link.error().kind == Kind::no_such_interface && absent == control::Absent::awaited) {
      if (const auto fault = core::any_interface_name_fault(interface); !fault.empty()) {
        return refuse(Kind::no_such_interface, fault);
      }
      awaited.push_back(interface);
      continue;
    }
    if (!link) return std::unexpected(link.error());
    if (std::ranges::any_of(links, [&](const auto& other) { return other.ifindex == link->ifindex; })) {
      return refuse(Kind::conflict, fmt::format("{} is named twice", interface));
    }
    links.push_back(std::move(*link));
  }
  std::vector<std::string> warnings;
  if (auto done = enslave_all(links, awaited, warnings); !done) return std::unexpected(done.error());
  for (const auto& interface : interfaces) absentees_.forget_return(true_name(interface));
  settle();
  return warnings;
}

control::Result<> Runner::enslave_all(const std::vector<os::LinkInfo>& links,
                                      const std::vector<std::string>& awaited,
                                      std::vector<std::string>& warnings, Enslavement::Belonging belonging) {
  if (auto saved = begin_attempt(); !saved) return refuse_unsaved(name(), saved.error());
  const auto absent_before = absentees_;
  std::vector<os::IfIndex> taken;
  const auto undo = [&](control::Error error) -> control::Result<> {
    absentees_ = absent_before;
    give_up(taken);
    return std::unexpected(std::move(error));
  };
  for (const auto& link : links) {
    const auto slave = enslavement_.enslave(link, warnings, belonging);
    if (!slave) return undo(slave.error());
    taken.push_back(*slave);
    know_primary(link);
  }
  for (const auto& interface : awaited) {
    if (!absentees_.contains(interface)) absentees_.left({.name = interface});
    warnings.push_back(fmt::format("{} is not there: {} takes it when it appears", interface, name()));
  }
  if (auto saved = keep_attempt(); !saved) return undo(refuse_unsaved(name(), saved.error()).error());
  return {};
}

os::Result<> Runner::take_after(const os::LinkInfo& link) {
  // What decides what addresses and routes the kernel makes by itself, and what it does with them.
  constexpr std::array kSettings{"disable_ipv6",     "addr_gen_mode",   "accept_ra",
                                 "accept_ra_defrtr", "accept_ra_pinfo", "accept_ra_rt_info_max_plen",
                                 "accept_ra_mtu",    "autoconf",        "use_tempaddr",
                                 "forwarding",       "proxy_ndp"};
  auto& home = home_.hands();
  for (const auto* setting : kSettings) {
    const auto theirs = home.ipv6_setting(link.name, setting);
    const auto own = theirs ? home.ipv6_setting(name(), setting) : theirs;
    if (!own && own.error().errno_value != ENOENT) return std::unexpected(own.error());
    if (!own || *own == *theirs) continue;
    if (auto set = home.set_ipv6_setting(name(), setting, *theirs); !set) return set;
  }
  if (link.mtu != slaves_.mtu()) {
    if (auto set = home.set_mtu(upper_.ifindex(), link.mtu); !set) return set;
  }
  if (link.is_up()) {
    if (auto up = home.set_up(upper_.ifindex(), true); !up) return up;
  }
  const auto upper = home.link(upper_.ifindex());
  if (!upper) return std::unexpected(upper.error());
  upper_changed(*upper, hands_->now());
  return {};
}

control::Result<std::vector<std::string>> Runner::adopt_interface(const std::string& interface) {
  const auto link = find_enslavable(interface);
  if (!link) return std::unexpected(link.error());
  std::vector<std::string> warnings;
  const auto shared = home_.hands().count_shared_routes(link->ifindex);
  if (!shared) return refuse(shared.error());
  if (*shared > 0) {
    warnings.push_back(
        fmt::format("{} route{} with several next hops go{} by {}, too: that hop is lost, set it "
                    "by hand",
                    *shared, *shared == 1 ? "" : "s", *shared == 1 ? "es" : "", interface));
  }
  if (auto ready = take_after(*link); !ready) return refuse(ready.error());
  if (auto done = enslave_all({*link}, {}, warnings, Enslavement::Belonging::moved_to_bond); !done) {
    return std::unexpected(done.error());
  }
  settle();
  return warnings;
}

std::string Runner::true_name(const std::string& interface) {
  auto link = hands_->link(interface);
  if (!link && has_slaves_away()) link = home_.hands().link(interface);
  return link ? link->name : interface;
}

void Runner::know_primary(const os::LinkInfo& link) {
  const auto& primary = bond_.options().primary;
  if (primary == link.name || !link.is_called(primary)) return;
  const auto now = hands_->now();
  if (auto actions = bond_.set({{"primary", link.name}}, now)) (void)executor_.carry_out(*actions, now);
}

control::Result<> Runner::release(const std::vector<std::string>& interfaces) {
  if (auto ending = refuse_if_ending(); !ending) return ending;
  std::vector<os::IfIndex> slaves;
  for (const auto& interface : interfaces) {
    auto link = hands_->link(interface);
    if (link && has_slave(link->ifindex)) {
      slaves.push_back(link->ifindex);
      absentees_.forget_return(link->name);
    } else if (!link && link.error().errno_value != ENODEV) {
      return refuse(link.error());
    } else if (absentees_.contains(interface)) {
      continue;
    } else {
      return refuse(Kind::no_such_interface, fmt::format("{} is not a slave of {}", interface, name()));
    }
  }
  const auto absent_before = absentees_;
  for (const auto& interface : interfaces) absentees_.forget(interface);
  for (const auto slave : slaves) slaves_.set_leaving(slave, true);
  if (auto saved = save(); !saved) {
    for (const auto slave : slaves) slaves_.set_leaving(slave, false);
    absentees_ = absent_before;
    return refuse_unsaved(name(), saved.error());
  }
  const auto now = hands_->now();
  os::Result<> first_failure;
  for (const auto slave : slaves) {
    const auto originals = *slaves_.find(slave);
    if (auto done = enslavement_.release(slave, now); !done && first_failure) first_failure = done;
    warn_of_two_with_one_mac(originals);
  }
  settle();
  if (first_failure) return {};
  return refuse(
      Kind::system,
      fmt::format("released, but not everything could be put back yet ({}): it is tried again until "
                  "that is done",
                  first_failure.error().message()));
}

void Runner::warn_of_two_with_one_mac(const SlaveOriginals& released) {
  const bool is_up = (released.flags & IFF_UP) != 0;
  if (!is_up || released.mac != bond_.mac() || bond_.slaves().empty()) return;
  reporter_.report(
      {.kind = core::EventKind::warning,
       .slave = released.name,
       .why = fmt::format("is up again with its own MAC {0}, which {1} keeps: what either sends has the "
                          "switch mistake it for the other; set {2} down, or another MAC for one of them",
                          released.mac.to_string(), name(), released.name)});
}

namespace {

/// What a slave's options would be, if all of them can be set; nothing is.
std::expected<core::SlaveOptions, core::Refusal> check_slave_options(const core::Bond& bond,
                                                                     os::IfIndex slave,
                                                                     core::SlaveOptions wanted,
                                                                     const control::KeyValues& options,
                                                                     std::uint16_t tx_queues) {
  std::vector<std::uint16_t> other_queue_ids;
  for (const auto& other : bond.slaves()) {
    if (other.ifindex != slave) other_queue_ids.push_back(other.options.queue_id);
  }
  core::SlaveOptionContext context;
  context.mode = bond.options().mode;
  context.tx_queues = tx_queues;
  context.other_queue_ids = other_queue_ids;
  for (const auto& [key, value] : options) {
    if (auto applied = core::apply_slave_option(wanted, key, value, context); !applied) {
      return std::unexpected(applied.error());
    }
  }
  return wanted;
}

}  // namespace

std::uint16_t Runner::tx_queues() const {
  const auto link = upper_.hands().link(upper_.ifindex());
  return link ? static_cast<std::uint16_t>(link->tx_queues) : core::SlaveOptionContext{}.tx_queues;
}

control::Result<> Runner::set_slave(os::IfIndex slave, const control::KeyValues& options) {
  if (auto ending = refuse_if_ending(); !ending) return ending;
  if (bond_.find(slave) == nullptr) {
    return refuse(Kind::no_such_interface,
                  fmt::format("{} is not a slave of {}", slaves_.name_of(slave), name()));
  }
  const auto checked = check_slave_options(bond_, slave, bond_.find(slave)->options, options, tx_queues());
  if (!checked) return refuse(checked.error());
  std::vector<Change> changes;
  for (const auto& option : options) {
    changes.emplace_back([this, slave, &option](core::TimePoint now) {
      return bond_.set_slave(slave, option.first, option.second, now);
    });
  }
  if (auto done = attempt(changes); !done) return done;
  settle();
  return {};
}

control::Result<> Runner::drain(os::IfIndex slave, bool on, bool force) {
  if (auto done = attempt({[&](core::TimePoint now) { return bond_.drain(slave, on, force, now); }}); !done) {
    return done;
  }
  settle();
  return {};
}

control::Result<> Runner::set_absent_slave(const std::string& slave, const control::KeyValues& options) {
  if (auto ending = refuse_if_ending(); !ending) return ending;
  auto absent = absentees_.at(slave);
  const auto wanted = check_slave_options(bond_, {}, absent.options, options, tx_queues());
  if (!wanted) return refuse(wanted.error());
  absent.options = *wanted;
  const auto absent_before = absentees_;
  absentees_.left(std::move(absent));
  if (auto saved = save(); !saved) {
    absentees_ = absent_before;
    return refuse_unsaved(name(), saved.error());
  }
  settle();
  return {};
}

void Runner::release_all(core::TimePoint heard) {
  std::vector<os::IfIndex> slaves;
  for (const auto& slave : bond_.slaves()) slaves.push_back(slave.ifindex);
  for (const auto slave : slaves) (void)enslavement_.release(slave, heard);
  // What earlier releases could not give back in full.
  for (const auto slave : slaves_.leaving()) (void)enslavement_.release(slave, heard);
}

/// Both halves go with one.
os::Result<> Runner::delete_device() {
  const bool is_below = !upper_.is_apart() && upper_.ifindex() != os::IfIndex{};
  return hands_->delete_link(is_below ? upper_.ifindex() : device_.lower());
}

std::vector<std::string> Runner::forget() {
  ending_ = true;
  write_state();
  std::vector<std::string> failures;
  for (const auto& slave : slaves_.originals()) {
    auto done = enslavement_.release(slave.ifindex, hands_->now());
    if (!done) done = enslavement_.release(slave.ifindex, hands_->now());
    if (!done) failures.push_back(done.error().message());
  }
  const auto attempt = [&](const std::function<os::Result<>()>& step, int harmless) {
    auto done = step();
    if (!done && done.error().errno_value != harmless) done = step();
    if (!done && done.error().errno_value != harmless) failures.push_back(done.error().message());
  };
  attempt([this] { return delete_device(); }, ENODEV);
  reporter_.report({.kind = core::EventKind::deleted, .why = "forgotten"});
  attempt([this] { return clear_away(); }, 0);
  return failures;
}

control::Result<> Runner::destroy() {
  ending_ = true;
  // A disk that is full keeps no bond: then a crash in the middle is not finished by the next daemon.
  write_state();
  const auto ended = end();
  if (ended) return {};
  settle();
  return refuse(Kind::system,
                fmt::format("the deletion of {0} has begun and is tried again until it is done "
                            "({1}); `ebond forget --force {0}` ends it whatever cannot be put back",
                            name(), ended.error().message()));
}

os::Result<> Runner::end() {
  release_all(hands_->now());
  // What a slave was stays written down until it is so again.
  if (const auto leaving = slaves_.leaving(); !leaving.empty()) {
    return os::errno_error("not everything could be given back yet: " + slaves_.name_of(leaving.front()),
                           EAGAIN);
  }
  const auto gone = delete_device();
  const bool is_gone = gone || gone.error().errno_value == ENODEV;
  auto cleared = is_gone ? clear_away() : gone;
  dues_.note(kDeletion, cleared);
  if (cleared) reporter_.report({.kind = core::EventKind::deleted});
  return cleared;
}

}  // namespace ebond::daemon
