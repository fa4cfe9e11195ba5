#include "os/datapath.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bitset>
#include <cstring>
#include <vector>

#include "os/libbpf_words.h"
#include "os/machine_facts.h"
#include "os/netkit.h"
#include "os/netns.h"
#include "os/number.h"
#include "os/table_image.h"
#include "os/tcx.h"

namespace ebond::os {

namespace {

constexpr std::uint32_t kHandle = 0xeb0d;
constexpr std::uint16_t kLastPriority = 0xffff;

}  // namespace

Result<> Datapath::open_maps(bool create) {
  const auto bond_pin = pin_dir_ / "bond", counters_pin = pin_dir_ / "counters", turn_pin = pin_dir_ / "turn",
             loads_pin = pin_dir_ / "loads";
  auto bond = create ? PinnedValue<ebond_bond>::create(bond_pin, "ebond_bond")
                     : PinnedValue<ebond_bond>::open(bond_pin);
  if (!bond) return std::unexpected(bond.error());
  auto counters =
      create ? create_percpu_array(counters_pin, "ebond_counters", sizeof(ebond_counters), EBOND_MAX_SLOTS)
             : open_map(counters_pin, sizeof(ebond_counters));
  if (!counters) return std::unexpected(counters.error());
  auto turn = create ? create_percpu_array(turn_pin, "ebond_turn", sizeof(__u32), 1)
                     : open_map(turn_pin, sizeof(__u32));
  if (!turn) return std::unexpected(turn.error());
  auto loads = create ? create_percpu_array(loads_pin, "ebond_loads", sizeof(ebond_loads), 1)
                      : open_map(loads_pin, sizeof(ebond_loads));
  if (!loads) return std::unexpected(loads.error());
  bond_ = std::move(*bond);
  counters_ = std::move(*counters);
  turn_ = std::move(*turn);
  loads_ = std::move(*loads);
  return open_sources();
}

namespace {

Result<UniqueFd> open_or_create_lru(const std::filesystem::path& pin, const std::string& name,
                                    std::size_t value_size, unsigned entries) {
  auto map = open_map(pin, value_size);
  if (map || map.error().errno_value != ENOENT) return map;
  return create_lru_hash(pin, name, sizeof(ebond_source), value_size, entries);
}

}  // namespace

/// Made when a bond first needs them. Once there they stay: a mode may come back.
Result<> Datapath::open_sources() {
  if (spec_.mode != core::Mode::balance_slb || sources_) return {};
  auto strays =
      open_or_create_lru(pin_dir_ / "strays", "ebond_strays", sizeof(ebond_stray), EBOND_MAX_STRAYS);
  if (!strays) return std::unexpected(strays.error());
  auto sources = open_or_create_lru(pin_dir_ / "sources", "ebond_sources", sizeof(__u64), EBOND_MAX_SOURCES);
  if (!sources) return std::unexpected(sources.error());
  strays_ = std::move(*strays);
  sources_ = std::move(*sources);
  return {};
}

Result<Datapath> Datapath::create(const std::filesystem::path& pin_dir, const core::DatapathSpec& spec,
                                  core::IfIndex lower, LinkBits& links) {
  keep_libbpf_words();
  if (auto made = make_pin_dir(pin_dir); !made) return std::unexpected(made.error());
  Datapath path(links);
  path.pin_dir_ = pin_dir;
  path.spec_ = spec;
  path.lower_ = lower;
  auto set_up = [&]() -> Result<> {
    if (auto opened = path.open_maps(true); !opened) return opened;
    path.bond_->layout = EBOND_LAYOUT;
    path.bond_->lower_ifindex = number(lower);
    path.is_netkit_ = netkit::is_primary(lower);
    return path.hang(lower, std::nullopt);
  };
  if (auto done = set_up(); !done) {
    path.remove();
    return std::unexpected(done.error());
  }
  return path;
}

Result<Datapath> Datapath::adopt(const std::filesystem::path& pin_dir, const core::DatapathSpec& spec,
                                 core::IfIndex lower, LinkBits& links) {
  keep_libbpf_words();
  Datapath path(links);
  path.pin_dir_ = pin_dir;
  path.spec_ = spec;
  if (auto opened = path.open_maps(false); !opened) return std::unexpected(opened.error());
  if (path.bond_->layout != EBOND_LAYOUT) {
    return errno_error(fmt::format("{} has layout {}, but this ebond knows layout {}: left untouched",
                                   pin_dir.string(), path.bond_->layout, EBOND_LAYOUT),
                       EPROTO);
  }
  path.lower_ = core::IfIndex(path.bond_->lower_ifindex);
  if (path.lower_ != lower) {
    return errno_error(
        fmt::format("the maps in {} are those of another bond: left untouched", pin_dir.string()), EPROTO);
  }
  path.is_netkit_ = netkit::is_primary(lower);
  if (auto claimed = path.claim_links(); !claimed) return std::unexpected(claimed.error());
  return path;
}

/// A link that is another bond's, too, was given away by an earlier build: this bond gets one of its own.
Result<> Datapath::claim_links() {
  for (auto& slot : bond_->slots) {
    if (slot.link == 0 || links_->claim(LinkId(slot.link), pin_dir_)) continue;
    const auto own = links_->allocate(pin_dir_);
    if (!own) return std::unexpected(own.error());
    links_->set(*own, links_->alive(LinkId(slot.link)));
    std::atomic_ref(slot.link).store(static_cast<__u32>(*own), std::memory_order_release);
  }
  return {};
}

DatapathMaps Datapath::maps() const {
  const bool is_slb = spec_.mode == core::Mode::balance_slb;
  return {.bond = bond_.fd(),
          .links = links_->fd(),
          .counters = counters_.get(),
          .turn = turn_.get(),
          .loads = loads_.get(),
          .sources = is_slb ? sources_.get() : -1,
          .strays = is_slb ? strays_.get() : -1};
}

// ---- programs on devices ----

namespace {

/// The filters on a device's ingress: programs of this bond, and all others.
struct Sorted {
  std::vector<TcFilter> ours, others;
};

/// `known` is ours without asking; 0: none is.
Result<Sorted> sort_filters(core::IfIndex device, int bond_map, std::uint32_t known = 0) {
  auto filters = tc_filters(device, TcSide::ingress);
  if (!filters) return std::unexpected(filters.error());
  Sorted sorted;
  for (auto& filter : *filters) {
    if (filter.handle == 0) continue;
    auto owner = ProgramOwner::stranger;
    if (filter.program != 0 && filter.program == known) {
      owner = ProgramOwner::this_bond;
    } else if (filter.program != 0) {
      const auto asked = owner_of_program(filter.program, bond_map);
      if (!asked) return std::unexpected(asked.error());
      owner = *asked;
    }
    (owner == ProgramOwner::this_bond ? sorted.ours : sorted.others).push_back(std::move(filter));
  }
  return sorted;
}

/// The short cuts on a device that are of one of these owners. A device that goes to another namespace keeps
/// them, and loses its filters: so it is RX in tc that tells whose slave it is.
Result<std::vector<std::uint32_t>> shortcuts_on(core::IfIndex device, int bond_map,
                                                std::initializer_list<ProgramOwner> owners = {
                                                    ProgramOwner::this_bond}) {
  const auto programs = tcx::programs_on(device);
  if (!programs && programs.error().errno_value == ENXIO) return std::vector<std::uint32_t>{};
  if (!programs) return programs;
  std::vector<std::uint32_t> ours;
  for (const auto program : *programs) {
    const auto owner = owner_of_program(program, bond_map);
    if (!owner) return std::unexpected(owner.error());
    if (std::ranges::find(owners, *owner) != owners.end()) ours.push_back(program);
  }
  return ours;
}

Result<> take_shortcuts_off(core::IfIndex device, int bond_map,
                            std::initializer_list<ProgramOwner> owners = {ProgramOwner::this_bond}) {
  const auto shortcuts = shortcuts_on(device, bond_map, owners);
  if (!shortcuts) return std::unexpected(shortcuts.error());
  for (const auto program : *shortcuts) {
    if (auto gone = tcx::detach(device, program); !gone) return gone;
  }
  return {};
}

/// True if there were any.
Result<bool> take_programs_off(core::IfIndex device, int bond_map, bool remove_qdisc) {
  const auto sorted = sort_filters(device, bond_map);
  if (!sorted) return std::unexpected(sorted.error());
  for (const auto& filter : sorted->ours) {
    if (auto gone = remove_filter(device, filter); !gone) return std::unexpected(gone.error());
  }
  const auto removed = remove_qdisc ? remove_empty_clsact(device) : Result<>{};
  if (!removed) return std::unexpected(removed.error());
  // Behind what takes no time: the kernel waits until no processor has the old list.
  if (auto off = take_shortcuts_off(device, bond_map); !off) return std::unexpected(off.error());
  return !sorted->ours.empty();
}

}  // namespace

Datapath::Place Datapath::place_among(const std::vector<TcFilter>& others) const {
  const auto accepting = std::ranges::find(others, TcEnding::accepts, &TcFilter::ending);
  if (accepting != others.end()) {
    const auto first = std::ranges::min(others, {}, &TcFilter::priority).priority;
    if (first > 1) {
      return {.priority = static_cast<std::uint16_t>(first - 1),
              .shows_filters = true,
              .why = fmt::format("{} at priority {}", accepting->kind, accepting->priority)};
    }
  }
  auto priority = kLastPriority;
  while (std::ranges::find(others, priority, &TcFilter::priority) != others.end()) --priority;
  return {.priority = priority};
}

void Datapath::bond0_is_apart(bool apart) {
  bond0_is_apart_ = apart && is_linux_at_least(6, 7);
}

void Datapath::bond0_lets_all_in(bool lets) {
  std::atomic_ref(bond_->lets_all_in).store(lets ? 1 : 0, std::memory_order_relaxed);
}

Result<> Datapath::hang(core::IfIndex device, const std::optional<ReceiveSpec>& receive) {
  if (device == lower_ && is_netkit_) return hang_above();
  if (auto qdisc = add_clsact(device); !qdisc) return std::unexpected(qdisc.error());
  const auto sorted = sort_filters(device, bond_.fd());
  if (!sorted) return std::unexpected(sorted.error());
  const auto place = place_among(sorted->others);
  Hanging made{.receive = receive, .priority = place.priority};
  if (made.receive) {
    made.receive->shows_filters = place.shows_filters;
    made.receive->bond0_is_apart = bond0_is_apart_ && spec_.mode != core::Mode::balance_alb;
  }
  const auto stands_there = [&](const TcFilter& each) {
    return each.priority == place.priority && each.handle == kHandle;
  };
  const auto before = std::ranges::find_if(sorted->ours, stands_there);
  if (before != sorted->ours.end()) {
    const auto is_such = is_such_a_program(before->program, spec_, lower_, maps(), made.receive);
    if (!is_such) return std::unexpected(is_such.error());
    if (*is_such) made.program = before->program;
  }
  if (made.program == 0) {
    const auto program = load_datapath_program(spec_, lower_, maps(), made.receive);
    if (!program) return std::unexpected(program.error());
    const auto attached = attach_program(device, program->get(), place.priority, kHandle);
    if (!attached) return std::unexpected(attached.error());
    made.program = *attached;
  }
  if (made.receive) put_ahead(device, made);
  hangings_.insert_or_assign(device, std::move(made));
  // What it takes the place of, at another priority: only now, so that no frame meets neither.
  for (const auto& old : sorted->ours) {
    if (stands_there(old)) continue;
    if (auto gone = remove_filter(device, old); !gone) return gone;
  }
  return {};
}

Result<bool> Datapath::try_ahead(core::IfIndex slave, const ReceiveSpec& receive) {
  static bool kernel_has_it = is_linux_at_least(6, 6);  // until it refuses
  if (!kernel_has_it) return false;
  auto ours = shortcuts_on(slave, bond_.fd());
  if (!ours) return std::unexpected(ours.error());
  for (const auto program : *ours) {
    const auto is_such = is_such_a_program(program, spec_, lower_, maps(), receive);
    if (!is_such) return is_such;
    if (*is_such && ours->size() == 1) return true;
  }
  const auto program = load_datapath_program(spec_, lower_, maps(), receive);
  if (!program) {
    const int error = program.error().errno_value;
    kernel_has_it =
        error == EMFILE || error == ENFILE || error == ENOMEM || error == EINTR || error == EAGAIN;
    return std::unexpected(program.error());
  }
  auto put =
      ours->empty() ? tcx::attach(slave, program->get()) : tcx::replace(slave, ours->back(), program->get());
  if (!put) return std::unexpected(put.error());
  if (!ours->empty()) ours->pop_back();
  for (const auto old : *ours) {
    if (auto gone = tcx::detach(slave, old); !gone) return std::unexpected(gone.error());
  }
  return true;
}

void Datapath::put_ahead(core::IfIndex slave, const Hanging& hanging) {
  if (const auto here = Namespace::current()) {
    auto receive = *hanging.receive;
    receive.ahead = {.priority = hanging.priority, .netns = here->cookie()};
    if (try_ahead(slave, receive)) return;
  }
  // Rather none than one of an earlier spec.
  (void)take_shortcuts_off(slave, bond_.fd());
}

Result<std::optional<std::string>> Datapath::repair_one(core::IfIndex device, Hanging& hanging) {
  if (device == lower_ && is_netkit_) return repair_above();
  const auto sorted = sort_filters(device, bond_.fd(), hanging.program);
  if (!sorted) return std::unexpected(sorted.error());
  const bool is_there =
      std::ranges::find(sorted->ours, hanging.program, &TcFilter::program) != sorted->ours.end();
  const auto place = place_among(sorted->others);
  const bool shows = hanging.receive && hanging.receive->shows_filters;
  if (is_there && place.priority == hanging.priority && (!hanging.receive || shows == place.shows_filters)) {
    if (hanging.receive) put_ahead(device, hanging);
    return std::nullopt;
  }
  if (auto done = hang(device, hanging.receive); !done) {
    if (done.error().errno_value == ENODEV) return std::nullopt;  // the daemon's to find out
    return std::unexpected(done.error());
  }
  if (!is_there) return "its program was gone and is put back";
  if (place.shows_filters) {
    return fmt::format(
        "its program goes before the filters of others: {} accepts frames, which would never "
        "reach the bond; let it end with 'continue', and it is asked first",
        place.why);
  }
  return "its program goes behind the filters of others again";
}

Result<std::vector<DatapathRepair>> Datapath::repair() {
  std::vector<DatapathRepair> repairs;
  std::optional<Error> failure;
  for (auto& [device, hanging] : hangings_) {
    auto done = repair_one(device, hanging);
    if (!done && !failure) failure = done.error();
    if (done && *done) repairs.push_back({device, std::move(**done)});
  }
  if (failure) return std::unexpected(std::move(*failure));
  return repairs;
}

Result<> Datapath::check_free(core::IfIndex device) const {
  const auto filters = tc_filters(device, TcSide::ingress);
  if (!filters) return std::unexpected(filters.error());
  auto programs = netkit::programs_on_peer(device).value_or(std::vector<std::uint32_t>{});
  for (const auto& filter : *filters) programs.push_back(filter.program);
  for (const auto program : programs) {
    const auto owner = owner_of_program(program, bond_.fd());
    if (!owner) return std::unexpected(owner.error());
    if (*owner == ProgramOwner::stranger) continue;
    return errno_error(fmt::format("{} carries a program of {} (BPF program {}), which must release it first",
                                   name_of_device(device),
                                   *owner == ProgramOwner::this_bond ? "this bond" : "another bond", program),
                       EBUSY);
  }
  return {};
}

Result<> Datapath::take_off(core::IfIndex device, bool remove_qdisc) {
  hangings_.erase(device);
  const auto off = take_programs_off(device, bond_.fd(), remove_qdisc);
  if (!off) return std::unexpected(off.error());
  return {};
}

Result<bool> Datapath::is_on(const std::filesystem::path& pin_dir, core::IfIndex device) {
  keep_libbpf_words();
  const auto bond = open_map(pin_dir / "bond", sizeof(ebond_bond));
  if (!bond) return std::unexpected(bond.error());
  const auto sorted = sort_filters(device, bond->get());
  if (!sorted) return std::unexpected(sorted.error());
  return !sorted->ours.empty();
}

Result<bool> Datapath::take_remains_off(const std::filesystem::path& pin_dir, core::IfIndex device,
                                        bool remove_qdisc) {
  keep_libbpf_words();
  const auto bond = open_map(pin_dir / "bond", sizeof(ebond_bond));
  if (!bond) return std::unexpected(bond.error());
  return take_programs_off(device, bond->get(), remove_qdisc);
}

Result<> Datapath::attach_slave(core::IfIndex slave, core::SlotId slot) {
  if (auto free = check_free(slave); !free) return free;
  const auto off = take_shortcuts_off(slave, bond_.fd(), {ProgramOwner::this_bond, ProgramOwner::other_bond});
  if (!off) return off;
  auto link = links_->allocate(pin_dir_);
  if (!link) return std::unexpected(link.error());
  auto& entry = slot_entry(slot);
  entry = ebond_slot{};
  entry.ifindex = number(slave);
  entry.link = static_cast<__u32>(*link);
  auto attached = hang(slave, ReceiveSpec{.slot = slot});
  if (!attached) forget_slave(slot);
  return attached;
}

Result<> Datapath::detach_slave(core::IfIndex slave, core::SlotId slot, bool remove_qdisc) {
  auto off = take_off(slave, remove_qdisc);
  forget_slave(slot);
  return off;
}

Result<> Datapath::set_own_vlans(core::IfIndex slave, VlanSet vlans) {
  const auto found = hangings_.find(slave);
  if (found == hangings_.end() || !found->second.receive) {
    return errno_error(fmt::format("{} is not a slave", name_of_device(slave)), ENODEV);
  }
  if (found->second.receive->own_vlans == vlans) return {};
  auto receive = *found->second.receive;
  receive.own_vlans = std::move(vlans);
  return hang(slave, receive);
}

void Datapath::forget_all_but(const std::vector<core::SlotId>& slots) {
  for (std::size_t i = 0; i < EBOND_MAX_SLOTS; ++i) {
    const auto slot = core::SlotId(i);
    if (slot_entry(slot).link != 0 && std::ranges::find(slots, slot) == slots.end()) forget_slave(slot);
  }
}

void Datapath::forget_slave(core::SlotId slot) {
  auto& entry = slot_entry(slot);
  if (entry.link != 0) links_->release(LinkId(entry.link));
  named_.reset(index_of(slot));
  entry = ebond_slot{};
  bond_->activity[index_of(slot)] = ebond_activity{};
  std::erase_if(hangings_,
                [&](const auto& each) { return each.second.receive && each.second.receive->slot == slot; });
}

Result<> Datapath::respecialise(const core::DatapathSpec& spec,
                                const std::map<core::SlotId, core::IfIndex>& slaves) {
  spec_ = spec;
  if (auto opened = open_sources(); !opened) return opened;
  if (auto done = hang(lower_, std::nullopt); !done) return done;
  for (auto [slot, slave] : slaves) {
    const auto known = hangings_.find(slave);
    const auto receive = known != hangings_.end() ? known->second.receive : std::nullopt;
    auto done = hang(slave, receive.value_or(ReceiveSpec{.slot = slot}));
    // A slave that went while nobody looked is the daemon's to find out.
    if (!done && done.error().errno_value != ENODEV) return done;
  }
  return {};
}

void Datapath::publish(const core::Table& table) {
  const auto named = slots_that_send(table);
  SlotSet accepting;

  // Before the flip: all that the new table leads to must be true.
  for (const auto& want : table.slots) {
    auto& entry = slot_entry(want.slot);
    accepting.set(index_of(want.slot), want.accepts);
    write_speaker(entry, want, want.accepts ? acceptance_of(want) : entry.accepts);
    if (named.test(index_of(want.slot)) && !named_.test(index_of(want.slot)))
      links_->set(LinkId(entry.link), true);
  }
  write_bond(*bond_, table);
  flip_to(*bond_, table);

  // After it: what only the old table led to may go. No slot accepts that this table does not say it of: one
  // that is released has its program for a while yet, and what another sends must not come back by it.
  for (std::size_t i = 0; i < EBOND_MAX_SLOTS; ++i) {
    if (!accepting.test(i))
      std::atomic_ref(bond_->slots[i].accepts).store(EBOND_ACCEPTS_NONE, std::memory_order_release);
  }
  for (const auto& want : table.slots) {
    if (!named.test(index_of(want.slot))) links_->set(LinkId(slot_entry(want.slot).link), false);
    std::atomic_ref(bond_->activity[index_of(want.slot)].shortcut_head)
        .store(bond_->head, std::memory_order_release);
  }
  named_ = named;
}

Result<core::TxTotals> Datapath::tx_totals() const {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus < 1) return errno_error("cannot count the processors", -cpus);
  std::vector<ebond_loads> values(static_cast<std::size_t>(cpus));
  const __u32 key = 0;
  if (bpf_map_lookup_elem(loads_.get(), &key, values.data()) != 0) {
    return errno_error("cannot read what a bond's buckets sent", errno);
  }
  core::TxTotals sum;
  for (const auto& value : values) {
    for (std::size_t i = 0; i < sum.buckets.size(); ++i) sum.buckets[i] += value.bucket[i];
    sum.unbalanced += value.unbalanced;
  }
  return sum;
}

Result<SlotCounters> Datapath::counters(core::SlotId slot) const {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus < 1) return errno_error("cannot count the processors", -cpus);
  std::vector<ebond_counters> values(static_cast<std::size_t>(cpus));
  const auto key = static_cast<__u32>(slot);
  if (bpf_map_lookup_elem(counters_.get(), &key, values.data()) != 0) {
    return errno_error("cannot read a bond's counters", errno);
  }
  SlotCounters sum;
  for (const auto& value : values) {
    sum.rx_inactive += value.rx_inactive;
  }
  return sum;
}

std::optional<core::TimePoint> Datapath::last_rx(core::SlotId slot) const {
  const auto stamp =
      std::atomic_ref(bond_->activity[index_of(slot)].last_rx_ns).load(std::memory_order_relaxed);
  if (stamp == 0) return std::nullopt;
  return core::TimePoint(core::Duration(stamp));
}

LinkId Datapath::link_of(core::SlotId slot) const {
  return LinkId(bond_->slots[index_of(slot)].link);
}

void Datapath::remove() {
  std::error_code ignored;
  for (const auto& [name, map] : pinned_maps()) std::filesystem::remove(pin_dir_ / name, ignored);
  std::filesystem::remove(pin_dir_, ignored);
}

}  // namespace ebond::os
