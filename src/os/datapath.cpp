#include "os/datapath.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bitset>
#include <cstring>
#include <memory>
#include <vector>

#include "datapath.skel.h"

namespace ebond::os {

namespace {

constexpr __u32 kHandle = 0xeb0d;
constexpr __u32 kPriority = 1;  // before any filter a user may have

struct Destroy {
  void operator()(datapath_bpf* skeleton) const { datapath_bpf__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<datapath_bpf, Destroy>;

__u32 number(core::IfIndex ifindex) {
  return static_cast<__u32>(ifindex);
}
std::size_t index_of(core::SlotId slot) {
  return static_cast<std::size_t>(slot) % EBOND_MAX_SLOTS;
}

/// libbpf's chatter, kept for the error message instead of stderr.
std::string& last_complaint() {
  static std::string text;
  return text;
}

int keep_complaint(libbpf_print_level level, const char* format, va_list arguments) {
  if (level != LIBBPF_WARN) return 0;
  char line[256];
  const int length = ::vsnprintf(line, sizeof(line), format, arguments);
  last_complaint().assign(
      line, std::min<std::size_t>(length > 0 ? static_cast<std::size_t>(length) : 0, sizeof(line) - 1));
  while (!last_complaint().empty() && last_complaint().back() == '\n') last_complaint().pop_back();
  return 0;
}

std::unexpected<Error> bpf_error(std::string what, int negative_errno) {
  return std::unexpected(Error{-negative_errno, std::move(what), std::exchange(last_complaint(), {})});
}

bpf_tc_hook ingress_of(core::IfIndex device) {
  return {.sz = sizeof(bpf_tc_hook),
          .ifindex = static_cast<int>(number(device)),
          .attach_point = BPF_TC_INGRESS,
          .parent = 0};
}

/// True where the clsact qdisc is new.
Result<bool> make_hook(core::IfIndex device) {
  auto hook = ingress_of(device);
  const int error = bpf_tc_hook_create(&hook);
  if (error == 0) return true;
  if (error == -EEXIST) return false;
  if (error == -ENOENT || error == -EOPNOTSUPP) {
    return bpf_error("this kernel has no clsact qdisc (CONFIG_NET_SCH_INGRESS, CONFIG_NET_CLS_ACT)", error);
  }
  return bpf_error(fmt::format("cannot add a clsact qdisc to interface {}", number(device)), error);
}

Result<> attach(core::IfIndex device, int program, bool replace) {
  auto hook = ingress_of(device);
  bpf_tc_opts options{};
  options.sz = sizeof(options);
  options.prog_fd = program;
  options.handle = kHandle;
  options.priority = kPriority;
  options.flags = replace ? BPF_TC_F_REPLACE : 0;
  const int error = bpf_tc_attach(&hook, &options);
  if (error == 0) return {};
  if (error == -ENOENT || error == -EOPNOTSUPP) {
    return bpf_error("this kernel has no BPF classifier (CONFIG_NET_CLS_BPF)", error);
  }
  return bpf_error(fmt::format("cannot attach a program to interface {}", number(device)), error);
}

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
  return {};
}

Result<Datapath> Datapath::create(const std::filesystem::path& pin_dir, const core::DatapathSpec& spec,
                                  core::IfIndex lower, LinkBits& links) {
  libbpf_set_print(keep_complaint);
  if (auto made = make_pin_dir(pin_dir); !made) return std::unexpected(made.error());
  Datapath path(links);
  path.pin_dir_ = pin_dir;
  path.spec_ = spec;
  path.lower_ = lower;
  auto set_up = [&]() -> Result<> {
    if (auto opened = path.open_maps(true); !opened) return opened;
    path.bond_->layout = EBOND_LAYOUT;
    path.bond_->lower_ifindex = number(lower);
    if (auto hook = make_hook(lower); !hook) return std::unexpected(hook.error());
    return path.load_and_attach_tx(false);
  };
  if (auto done = set_up(); !done) {
    path.remove();
    return std::unexpected(done.error());
  }
  return path;
}

Result<Datapath> Datapath::adopt(const std::filesystem::path& pin_dir, const core::DatapathSpec& spec,
                                 LinkBits& links) {
  libbpf_set_print(keep_complaint);
  Datapath path(links);
  path.pin_dir_ = pin_dir;
  path.spec_ = spec;
  if (auto opened = path.open_maps(false); !opened) return std::unexpected(opened.error());
  if (path.bond_->layout != EBOND_LAYOUT) {
    return errno_error(fmt::format("{} has layout {} where this ebond knows {}: left untouched",
                                   pin_dir.string(), path.bond_->layout, EBOND_LAYOUT),
                       EPROTO);
  }
  path.lower_ = core::IfIndex(path.bond_->lower_ifindex);
  for (const auto& slot : path.bond_->slots) {
    if (slot.link != 0) links.reserve(LinkId(slot.link));
  }
  return path;
}

namespace {

Result<Skeleton> open_skeleton(const core::DatapathSpec& spec, core::IfIndex lower, int bond, int links,
                               int counters, int turn, int loads) {
  Skeleton skeleton(datapath_bpf__open());
  if (!skeleton) return bpf_error("cannot open the datapath object", -errno);
  auto& facts = skeleton->rodata->spec;
  facts.mode = static_cast<__u32>(spec.mode);
  facts.xmit_hash_policy = static_cast<__u32>(spec.xmit_hash_policy);
  facts.packets_per_slave = spec.packets_per_slave;
  facts.count_tx = spec.count_tx ? 1 : 0;
  facts.queue_ids = spec.queue_ids ? 1 : 0;
  facts.by_destination = spec.by_destination ? 1 : 0;
  facts.stamp_rx = spec.stamp_rx ? 1 : 0;
  facts.broadcast_neighbor = spec.broadcast_neighbor ? 1 : 0;
  facts.lower_ifindex = number(lower);
  for (auto [map, fd] :
       {std::pair{skeleton->maps.data_bond, bond}, std::pair{skeleton->maps.data_links, links},
        std::pair{skeleton->maps.counters, counters}, std::pair{skeleton->maps.turn, turn},
        std::pair{skeleton->maps.loads, loads}}) {
    if (const int error = bpf_map__reuse_fd(map, fd); error != 0) {
      return bpf_error(fmt::format("cannot reuse the map {}", bpf_map__name(map)), error);
    }
  }
  return skeleton;
}

Result<int> load(datapath_bpf& skeleton, bpf_program* wanted) {
  for (auto* program : {skeleton.progs.ebond_tx, skeleton.progs.ebond_rx}) {
    bpf_program__set_autoload(program, program == wanted);
  }
  if (const int error = datapath_bpf__load(&skeleton); error != 0) {
    return bpf_error(fmt::format("the kernel refused the program {}", bpf_program__name(wanted)), error);
  }
  return bpf_program__fd(wanted);
}

}  // namespace

Result<> Datapath::load_and_attach_tx(bool replace) {
  auto skeleton =
      open_skeleton(spec_, lower_, bond_.fd(), links_->fd(), counters_.get(), turn_.get(), loads_.get());
  if (!skeleton) return std::unexpected(skeleton.error());
  auto program = load(**skeleton, (*skeleton)->progs.ebond_tx);
  if (!program) return std::unexpected(program.error());
  return attach(lower_, *program, replace);
}

Result<> Datapath::load_and_attach_rx(core::IfIndex slave, core::SlotId slot, bool replace) {
  auto skeleton =
      open_skeleton(spec_, lower_, bond_.fd(), links_->fd(), counters_.get(), turn_.get(), loads_.get());
  if (!skeleton) return std::unexpected(skeleton.error());
  (*skeleton)->rodata->spec.rx_slot = static_cast<__u32>(slot);
  auto program = load(**skeleton, (*skeleton)->progs.ebond_rx);
  if (!program) return std::unexpected(program.error());
  return attach(slave, *program, replace);
}

Result<bool> add_clsact(core::IfIndex device) {
  return make_hook(device);
}

Result<> remove_program(core::IfIndex device, bool remove_qdisc) {
  auto hook = ingress_of(device);
  bpf_tc_opts options{};
  options.sz = sizeof(options);
  options.handle = kHandle;
  options.priority = kPriority;
  int error = bpf_tc_detach(&hook, &options);
  if (remove_qdisc) {
    hook.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS);
    error = bpf_tc_hook_destroy(&hook);
  }
  // EINVAL: the kernel's word for a qdisc that is not there.
  if (error != 0 && error != -ENOENT && error != -ENODEV && error != -EINVAL) {
    return bpf_error(fmt::format("cannot take the program off interface {}", number(device)), error);
  }
  return {};
}

Result<> Datapath::attach_slave(core::IfIndex slave, core::SlotId slot) {
  auto link = links_->allocate();
  if (!link) return std::unexpected(link.error());
  auto& entry = slot_entry(slot);
  entry = ebond_slot{};
  entry.ifindex = number(slave);
  entry.link = static_cast<__u32>(*link);
  auto attached = load_and_attach_rx(slave, slot, false);
  if (!attached) forget_slave(slot);
  return attached;
}

Result<> Datapath::detach_slave(core::IfIndex slave, core::SlotId slot, bool remove_qdisc) {
  auto off = remove_program(slave, remove_qdisc);
  forget_slave(slot);
  return off;
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
}

Result<> Datapath::respecialise(const core::DatapathSpec& spec,
                                const std::map<core::SlotId, core::IfIndex>& slaves) {
  spec_ = spec;
  if (auto done = load_and_attach_tx(true); !done) return done;
  for (auto [slot, slave] : slaves) {
    auto done = load_and_attach_rx(slave, slot, true);
    // A slave that went while nobody looked is the daemon's to find out.
    if (!done && done.error().errno_value != ENODEV && done.error().errno_value != EINVAL) return done;
  }
  return {};
}

namespace {

__u8 acceptance(const core::TableSlot& slot) {
  if (!slot.accepts) return EBOND_ACCEPTS_NONE;
  return slot.unicast_only ? EBOND_ACCEPTS_UNICAST : EBOND_ACCEPTS_ALL;
}

/// MAC and flags, which programs read as one word.
void speak(ebond_slot& entry, const core::TableSlot& want, __u8 accepts) {
  ebond_slot made{};
  if (want.own_mac) std::ranges::copy(want.own_mac->octets(), made.mac);
  made.rewrite_mac = want.rewrites_source ? 1 : 0;
  made.accepts = accepts;
  static_assert(offsetof(ebond_slot, mac) % sizeof(__u64) == 0);
  __u64 word = 0;
  std::memcpy(&word, reinterpret_cast<const char*>(&made) + offsetof(ebond_slot, mac), sizeof(word));
  auto* place = reinterpret_cast<char*>(&entry) + offsetof(ebond_slot, mac);
  std::atomic_ref(*reinterpret_cast<__u64*>(place)).store(word, std::memory_order_release);
}

/// What is the bond's as a whole.
void publish_addresses(ebond_bond& bond, const core::Table& table) {
  constexpr __u8 kNobody = 0xff;
  if (table.bond_mac) std::ranges::copy(table.bond_mac->octets(), bond.mac);
  bond.takes_others = table.takes_others ? 1 : 0;
  for (std::size_t i = 0; i < EBOND_BALANCE_BUCKETS; ++i) {
    bond.receiver[i] = i < table.receivers.size() ? static_cast<__u8>(table.receivers[i]) : kNobody;
  }
}

}  // namespace

void Datapath::publish(const core::Table& table) {
  std::bitset<EBOND_MAX_SLOTS> named, accepting;
  std::array<__u8, EBOND_MAX_QUEUES> queues{};
  for (auto slot : table.buckets) named.set(index_of(slot));
  for (auto slot : table.standby) named.set(index_of(slot));
  if (table.unbalanced) named.set(index_of(*table.unbalanced));

  // Before the flip: all that the new table leads to must be true.
  for (const auto& want : table.slots) {
    auto& entry = slot_entry(want.slot);
    if (want.queue_id < EBOND_MAX_QUEUES) queues[want.queue_id] = static_cast<__u8>(1 + index_of(want.slot));
    accepting.set(index_of(want.slot), want.accepts);
    speak(entry, want, want.accepts ? acceptance(want) : entry.accepts);
    if (named.test(index_of(want.slot)) && !named_.test(index_of(want.slot)))
      links_->set(LinkId(entry.link), true);
  }

  queues[0] = 0;  // what no filter chose
  std::ranges::copy(queues, bond_->queue);
  publish_addresses(*bond_, table);

  const auto generation = static_cast<__u16>(EBOND_HEAD_GENERATION(bond_->head) + 1);
  auto* place = bond_->bucket[generation & 1];
  for (const auto* list : {&table.buckets, &table.standby}) {
    for (auto slot : *list) *place++ = EBOND_BUCKET(generation, static_cast<unsigned>(slot));
  }
  std::atomic_ref(bond_->head)
      .store(EBOND_HEAD(generation, table.buckets.size(), table.standby.size(),
                        table.unbalanced ? static_cast<unsigned>(*table.unbalanced) + 1 : 0),
             std::memory_order_release);

  // After it: what only the old table led to may go.
  for (const auto& want : table.slots) {
    auto& entry = slot_entry(want.slot);
    if (!accepting.test(index_of(want.slot)))
      std::atomic_ref(entry.accepts).store(EBOND_ACCEPTS_NONE, std::memory_order_release);
    if (!named.test(index_of(want.slot))) links_->set(LinkId(entry.link), false);
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
  for (const auto* name : {"bond", "counters", "turn", "loads"})
    std::filesystem::remove(pin_dir_ / name, ignored);
  std::filesystem::remove(pin_dir_, ignored);
}

}  // namespace ebond::os
