#include "daemon/daemon.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <optional>

#include "daemon/bond/adoption.h"
#include "daemon/bond/birth.h"
#include "daemon/bond/remains.h"
#include "daemon/errors.h"

namespace ebond::daemon {

namespace {
namespace fs = std::filesystem;
using Kind = control::Error::Kind;

/// How often it is looked for what nobody tells of: groups and addresses on a bond, and, every so many times,
/// whether a nameless namespace is still held by anyone but us, and what stands on bonds in other namespaces.
constexpr std::chrono::milliseconds kLook{200};
constexpr unsigned kLooksAtNameless = 25;
/// And for awaited interfaces, of whose alternative names the kernel does not always tell.
constexpr unsigned kLooksForAbsent = 5;

std::unexpected<control::Error> refuse_failed(const std::string& bond, const std::string& why) {
  return refuse(Kind::system, fmt::format("{} has failed ({}): restart ebondd to have it taken up again, or "
                                          "end it with `ebond del {}`",
                                          bond, why, bond));
}

/// Of two that are both known.
template <class Cookie>
bool differ(const Cookie& written, const Cookie& now) {
  return written != Cookie{} && now != Cookie{} && written != now;
}

/// A command to one bond. What it throws ends that bond's work and not the daemon.
template <class Work>
auto guarded(Runner& bond, Work work) -> decltype(work()) {
  if (!bond.failed().empty()) return refuse_failed(bond.name(), bond.failed());
  std::optional<decltype(work())> result;
  bond.guard([&] { result = work(); });
  if (!result) return refuse_failed(bond.name(), bond.failed());
  return std::move(*result);
}

}  // namespace

Daemon::Daemon(Machine& machine, const RunDirectory& directory)
    : machine_(machine),
      directory_(directory),
      history_(machine),
      started_ns_(machine.realtime_ns()),
      host_{.disk = machine.disk(),
            .boot_id = machine.boot_id(),
            .directory = directory_,
            .claimed_by = [this](const Hands& hands,
                                 os::IfIndex ifindex) { return sites_.claimed_by(hands.where(), ifindex); },
            .publish = [this](const Hands& hands,
                              const core::StampedEvent& event) { publish(hands.where(), event); },
            .visit = [this](std::shared_ptr<Hands> there,
                            Runner& bond) { return sites_.visit(std::move(there), bond); },
            .belong = [this](std::shared_ptr<Hands> there,
                             Runner& bond) { return sites_.belong(std::move(there), bond); },
            .is_over = [this] { sites_.let_go_soon(); }},
      sites_(machine),
      orphans_(machine, directory_),
      checkpoints_(machine, directory_, [this](const Checkpoint& checkpoint) { return go_back(checkpoint); }),
      look_alarm_(machine.make_alarm()),
      later_alarm_(machine.make_alarm()) {
  machine_.hear_names([this] { sites_.look_at_names(false); });
  machine_.hear_carriers([this](const os::CarrierNews& news) { sites_.carrier_changed(news); });
}

void Daemon::take_leave() {
  const auto left = machine_.disk().list(directory_.state_dir());
  if (left && left->empty()) machine_.take_leave();
}

void Daemon::look_after() {
  looking_ = !sites_.empty();
  if (!looking_) return;
  const auto due = machine_.now() + kLook;
  look_alarm_->set(due, [this, due] {
    lag_.note(std::chrono::duration_cast<std::chrono::microseconds>(machine_.now() - due).count());
    sites_.look_at_groups();
    sites_.look_at_bonds();
    ++looks_;
    if (looks_ % kLooksForAbsent == 0) sites_.look_for_absent();
    if (looks_ % kLooksAtNameless == 0) {
      sites_.look_at_names(true);
      sites_.look_elsewhere();
    }
    look_after();
  });
}

control::Result<Site*> Daemon::find_site(control::NamespaceRef netns) {
  const auto where = machine_.identify(netns);
  if (!where) return refuse(where.error());
  return sites_.find(*where);
}

control::Result<std::pair<Site*, Runner*>> Daemon::find(control::NamespaceRef netns,
                                                        const std::string& name) {
  auto site = find_site(netns);
  if (!site) return std::unexpected(site.error());
  auto* bond = *site == nullptr ? nullptr : (*site)->find(name);
  if (bond == nullptr && *site != nullptr) {
    if (const auto link = (*site)->hands->link(name)) bond = (*site)->find(link->name);
  }
  if (bond != nullptr) return std::pair{*site, bond};
  const auto where = machine_.identify(netns);
  if (const auto* why = where ? orphans_.why(*where, name) : nullptr) {
    return refuse(
        Kind::system,
        fmt::format("{} could not be taken over: {}; `ebond forget --force {}` ends it", name, *why, name));
  }
  return refuse(Kind::no_such_bond, fmt::format("there is no bond {} in this network namespace", name));
}

// Adoption

bool Daemon::undo_births() {
  const auto births = Birth::all_unfinished(machine_.disk(), directory_);
  if (!births) return false;
  bool all_done = true;
  for (const auto& birth : *births) {
    os::Result<> done;
    if (birth.where) {
      if (auto hands = machine_.open_hands(*birth.where)) {
        done = Birth::undo(**hands, machine_.disk(), directory_, birth);
      } else if (hands.error().errno_value != ENOENT) {
        done = std::unexpected(hands.error());
      }
    }
    if (done) done = machine_.disk().remove(birth.note);
    all_done = all_done && done.has_value();
  }
  return all_done;
}

bool Daemon::is_running(const fs::path& file) {
  return sites_.any([&](const Site& site) {
    return std::ranges::any_of(site.bonds, [&](const auto& bond) {
      return directory_.state_file(RunDirectory::bond_key(site.hands->where(), bond->made_as())) == file;
    });
  });
}

void Daemon::adopt_all() {
  const bool births_undone = undo_births();
  const bool files_done = adopt_files();
  if (!births_undone || !files_done) return try_later();
  later_ = {};
  checkpoints_.take_over();
  collect_pins();
}

void Daemon::try_later() {
  constexpr core::Milliseconds kSoonest{200}, kLatest{60'000};
  later_ = std::clamp(later_ * 2, kSoonest, kLatest);
  later_alarm_->set(machine_.now() + later_, [this] { adopt_all(); });
}

/// False if something is to be tried again.
bool Daemon::adopt_files() {
  const auto files = machine_.disk().list(directory_.state_dir());
  if (!files) return false;
  bool all_done = true;
  for (const auto& file : *files) {
    if (file.extension() == ".json" && !is_running(file) && !orphans_.is_for_good(file)) {
      orphans_.drop(file);
      all_done = adopt_one(file) && all_done;
    }
    // A daemon was killed while it wrote.
    if (file.extension() == ".tmp") (void)machine_.disk().remove(file);
  }
  return all_done;
}

void Daemon::collect_pins() {
  const auto pins = machine_.disk().list(directory_.pin_dir());
  if (!pins) return;
  for (const auto& pin : *pins) {
    const auto key = RunDirectory::parse_key(pin.filename().string());
    if (!key || machine_.disk().exists(directory_.state_file(pin.filename())).value_or(true)) continue;
    const auto where = machine_.identify({.inode = key->first});
    if (!where) continue;
    const auto hands = machine_.open_hands(*where);
    if (!hands && hands.error().errno_value != ENOENT) continue;
    if (hands) {
      // What is still a bond is for `ebond forget` to take apart, and its maps tell which programs are its
      // own.
      const auto link = (*hands)->link(key->second);
      if (!link && link.error().errno_value != ENODEV) continue;
      if (link && is_a_bond(**hands, *link).value_or(true)) continue;
    }
    spdlog::info("maps of a bond that is gone are removed: {}", pin.string());
    (void)machine_.disk().remove_tree(pin);
  }
}

/// False if it is to be tried again.
bool Daemon::adopt_one(const fs::path& file) {
  const auto text = machine_.disk().read(file);
  auto stored = text ? from_text(*text, file) : std::unexpected(text.error());
  if (!stored) return orphans_.add(file, "", stored.error());
  const auto name = stored->memory.name;
  const auto id = stored->where;
  const auto gone = [&](const std::string& why) {
    spdlog::warn("{}: {}, and so is the bond", name, why);
    const auto key = RunDirectory::bond_key(id, stored->memory.ifindex);
    return machine_.disk().remove_tree(directory_.bond_pin_dir(key)) &&
           machine_.disk().remove(directory_.proc_file(stored->label, name)) && machine_.disk().remove(file);
  };
  if (differ(stored->boot_id, host_.boot_id)) return gone("the boot in which it was made is over");
  std::shared_ptr<Hands> home;
  if (stored->home) {
    auto found = find_home(*stored->home);
    if (!found) return orphans_.add(file, name, found.error(), stored->home->where);
    home = std::move(*found);
  }
  const auto place_of = stored->home ? std::optional(stored->home->where) : std::nullopt;
  auto site = sites_.of(id);
  const bool is_another = site && differ(stored->namespace_cookie, (*site)->hands->namespace_cookie());
  const bool is_gone = is_another || (!site && site.error().errno_value == ENOENT);
  if (is_gone) {
    const auto initial = machine_.open_initial_hands(home.get());
    if (auto given = give_back_after_its_namespace(home.get(), initial.get(), *stored); !given) {
      sites_.close_empty();
      return orphans_.add(file, name, given.error(), place_of);
    }
  }
  if (!site && site.error().errno_value == ENOENT) {
    sites_.close_empty();
    return gone(fmt::format("its network namespace {} is gone", id.to_string()));
  }
  if (is_another) {
    const bool removed =
        gone(fmt::format("its network namespace {} is gone, another one has its number", id.to_string()));
    sites_.close_empty();
    return removed;
  }
  if (!site) return orphans_.add(file, name, site.error(), place_of);
  os::Result<std::unique_ptr<Runner>> bond;
  try {
    bond = Runner::adopt(host_, (*site)->hands, std::move(home), std::move(*stored));
  } catch (const std::exception& error) {
    bond = os::errno_error(error.what(), EINVAL);
  }
  if (!bond) {
    bool is_done = true;
    if (bond.error().errno_value == ENODEV) {
      spdlog::warn("{}", bond.error().message());
    } else {
      is_done = orphans_.add(file, name, bond.error(), place_of);
    }
    sites_.close_empty();
    return is_done;
  }
  sites_.admit(std::move(*bond));
  if (!looking_) look_after();
  return true;
}

/// None if it is gone. Any other error: that cannot be told.
os::Result<std::shared_ptr<Hands>> Daemon::find_home(const StoredHome& home) {
  const auto site = sites_.of(home.where);
  if (!site && site.error().errno_value == ENOENT) return nullptr;
  if (!site) return std::unexpected(site.error());
  auto hands = (*site)->hands;
  if (differ(home.namespace_cookie, hands->namespace_cookie())) return nullptr;
  return hands;
}

// Commands

control::Result<> Daemon::add(control::NamespaceRef netns, const std::string& name,
                              const control::KeyValues& options) {
  return make(netns, name, options, Runner::Made::whole);
}

control::Result<std::vector<std::string>> Daemon::add_adopting(control::NamespaceRef netns,
                                                               const std::string& name,
                                                               const control::KeyValues& options,
                                                               const std::string& interface) {
  if (auto made = make(netns, name, options, Runner::Made::in_part); !made) {
    return std::unexpected(made.error());
  }
  const auto found = find(netns, name);
  if (!found) return std::unexpected(found.error());
  auto& bond = *found->second;
  auto done = guarded(bond, [&] { return bond.adopt_interface(interface); });
  if (done) return done;
  if (auto undone = del(netns, name); !undone) {
    done.error().message += fmt::format(" (and not all is as it was yet: {})", undone.error().message);
  }
  return done;
}

control::Result<> Daemon::make(control::NamespaceRef netns, const std::string& name,
                               const control::KeyValues& options, Runner::Made made) {
  auto site = sites_.of(netns);
  if (!site) return refuse(site.error());
  if (const auto* known = (*site)->find(name); known != nullptr && known->is_away()) {
    return refuse(Kind::conflict, fmt::format("there is a bond {} here already, whose interface stands in "
                                              "another network namespace: choose another name",
                                              name));
  }
  auto bond = Runner::create(host_, (*site)->hands, name, options, made);
  if (bond) sites_.admit(std::move(*bond));
  // The note of it goes with it, unless it could not be removed or the bond not be undone.
  if (!undo_births()) try_later();
  if (!bond) {
    sites_.close_empty();
    return std::unexpected(bond.error());
  }
  if (!looking_) look_after();
  return {};
}

control::Result<> Daemon::del(control::NamespaceRef netns, const std::string& name) {
  auto found = find(netns, name);
  if (!found) return std::unexpected(found.error());
  auto [site, bond] = *found;
  try {
    if (auto done = bond->destroy(); !done) return done;
  } catch (const std::exception& error) {
    return refuse(Kind::system, fmt::format("cannot delete {}: {}", name, error.what()));
  }
  sites_.remove(bond);
  sites_.close_empty();
  return {};
}

control::Result<std::vector<std::string>> Daemon::forget(control::NamespaceRef netns,
                                                         const std::string& name) {
  auto site = sites_.of(netns);
  if (!site) return refuse(site.error());
  const auto hands = (*site)->hands;
  const auto forget = [&]() -> control::Result<std::vector<std::string>> {
    auto* bond = (*site)->find(name);
    if (bond == nullptr) return orphans_.forget(*hands, name);
    const auto end_of = [&] { sites_.remove(bond); };
    try {
      auto failures = bond->forget();
      end_of();
      return failures;
    } catch (const std::exception& error) {
      const auto key = RunDirectory::bond_key(bond->hands()->where(), bond->made_as());
      end_of();
      (void)orphans_.add(directory_.state_file(key), name, os::errno_error(error.what(), EINVAL).error(),
                         hands->where());
      return orphans_.forget(*hands, name);
    }
  };
  auto failures = forget();
  sites_.close_empty();
  return failures;
}

control::Result<> Daemon::set(control::NamespaceRef netns, const std::string& bond,
                              const control::KeyValues& options) {
  auto found = find(netns, bond);
  if (!found) return std::unexpected(found.error());
  return guarded(*found->second, [&] { return found->second->set(options); });
}

control::Result<std::vector<std::string>> Daemon::enslave(control::NamespaceRef netns,
                                                          const std::string& bond,
                                                          const std::vector<std::string>& interfaces,
                                                          control::Absent absent) {
  auto found = find(netns, bond);
  if (!found) return std::unexpected(found.error());
  return guarded(*found->second, [&] { return found->second->enslave(interfaces, absent); });
}

control::Result<> Daemon::release(control::NamespaceRef netns, const std::string& bond,
                                  const std::vector<std::string>& interfaces) {
  auto found = find(netns, bond);
  if (!found) return std::unexpected(found.error());
  return guarded(*found->second, [&] { return found->second->release(interfaces); });
}

control::Result<> Daemon::with_slave(control::NamespaceRef netns, const std::string& interface,
                                     const std::function<control::Result<>(Runner&, os::IfIndex)>& at_slave,
                                     const std::function<control::Result<>(Runner&)>& at_absent) {
  auto site = find_site(netns);
  if (!site) return std::unexpected(site.error());
  if (*site != nullptr) {
    const auto here = (*site)->hands->link(interface);
    for (auto* bond : (*site)->of_here()) {
      const auto link = bond->has_slaves_away() ? bond->hands()->link(interface) : here;
      if (link && bond->has_slave(link->ifindex)) {
        return guarded(*bond, [&] { return at_slave(*bond, link->ifindex); });
      }
      if (!link && at_absent && bond->awaits(interface)) {
        return guarded(*bond, [&] { return at_absent(*bond); });
      }
    }
  }
  return refuse(Kind::no_such_interface,
                fmt::format("{} is not a slave of any bond in this network namespace", interface));
}

control::Result<> Daemon::set_slave(control::NamespaceRef netns, const std::string& interface,
                                    const control::KeyValues& options) {
  return with_slave(
      netns, interface, [&](Runner& bond, os::IfIndex slave) { return bond.set_slave(slave, options); },
      [&](Runner& bond) { return bond.set_absent_slave(interface, options); });
}

control::Result<> Daemon::drain(control::NamespaceRef netns, const std::string& interface, bool on,
                                bool force) {
  return with_slave(netns, interface,
                    [&](Runner& bond, os::IfIndex slave) { return bond.drain(slave, on, force); });
}

std::vector<std::string> Daemon::namespaces_with_bonds() {
  auto all = orphans_.where();
  for (const auto& id : sites_.all()) all.insert(id);
  std::vector<std::string> texts;
  for (const auto& id : all) texts.push_back(id.to_string());
  return texts;
}

control::Result<std::vector<core::BondReport>> Daemon::show(control::NamespaceRef netns,
                                                            const std::string& name) {
  std::vector<core::BondReport> views;
  const auto where = machine_.identify(netns);
  if (where) views = orphans_.reports(*where, name);
  if (!name.empty() && !views.empty()) return views;
  if (!name.empty()) {
    auto found = find(netns, name);
    if (!found) return std::unexpected(found.error());
    views.push_back(found->second->view(found->first->hands->links().value_or(std::vector<os::LinkInfo>{})));
    return views;
  }
  auto site = find_site(netns);
  if (!site) return std::unexpected(site.error());
  if (*site != nullptr) {
    const auto links = (*site)->hands->links().value_or(std::vector<os::LinkInfo>{});
    for (auto* bond : (*site)->of_here()) {
      if (!bond->over()) views.push_back(bond->view(links));
    }
  }
  return views;
}

control::Result<core::Foresight> Daemon::foresee(control::NamespaceRef netns, const std::string& name) {
  const auto found = find(netns, name);
  if (!found) return std::unexpected(found.error());
  return found->second->foresee();
}

// Events

core::DaemonReport Daemon::about_itself() {
  core::DaemonReport report{.started_ns = started_ns_, .lag = lag_};
  for (const auto& where : sites_.all()) report.bonds += sites_.find(where)->of_here().size();
  report.not_taken_over = orphans_.count();
  report.events_kept = history_.size();
  if (ask_about_hooks_) ask_about_hooks_(report);
  return report;
}

control::Result<core::EventShelf::Part> Daemon::history(control::NamespaceRef netns, std::int64_t since_ns,
                                                        std::uint64_t from) {
  const auto where = machine_.identify(netns);
  if (!where) return refuse(where.error());
  return history_.part(*where, from, since_ns);
}

std::shared_ptr<void> Daemon::subscribe(control::NamespaceRef netns, EventSink sink,
                                        std::optional<std::uint64_t> from) {
  const auto where = machine_.identify(netns);
  if (!where) return nullptr;
  if (from) {
    for (const auto& event : history_.from(*where, *from)) sink(*event);
  }
  const auto place = subscriptions_.insert(subscriptions_.end(), {*where, std::move(sink)});
  return {nullptr, [this, place](std::nullptr_t) { subscriptions_.erase(place); }};
}

void Daemon::publish(const os::NamespaceId& where, const core::StampedEvent& event) {
  const core::PlacedEvent placed{where.inode, std::make_shared<const core::StampedEvent>(event)};
  history_.note(placed);
  if (witness_) witness_(placed);
  for (const auto& subscription : subscriptions_) {
    if (subscription.where == where) subscription.sink(event);
  }
}

}  // namespace ebond::daemon
