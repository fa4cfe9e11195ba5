// Datapath: what holds a bond in the kernel beside tc's filters. Its pins, and the link by which TX hangs
// above a lower half that is a netkit device.
#include <bpf/bpf.h>
#include <fmt/format.h>

#include <array>
#include <iterator>
#include <map>
#include <vector>

#include "os/datapath.h"
#include "os/libbpf_words.h"
#include "os/tcx.h"

namespace ebond::os {

namespace {
constexpr const char* kTxLink = "tx";  // its pin
}  // namespace

// ---- TX above a netkit device ----

std::optional<std::uint32_t> Datapath::program_above() {
  if (!tx_link_) {
    if (auto found = NetkitLink::open(pin_dir_ / kTxLink)) tx_link_ = std::move(*found);
  }
  if (!tx_link_) return std::nullopt;
  return tx_link_.program().value_or(std::nullopt);
}

Result<> Datapath::hang_above() {
  Hanging made{};
  const auto before = program_above();
  if (before) {
    const auto is_such = is_such_a_program(*before, spec_, lower_, maps(), std::nullopt);
    if (!is_such) return std::unexpected(is_such.error());
    if (*is_such) made.program = *before;
  }
  if (made.program == 0) {
    const auto program = load_datapath_program(spec_, lower_, maps(), std::nullopt);
    if (!program) return std::unexpected(program.error());
    if (before) {
      if (auto done = tx_link_.replace(program->get()); !done) return done;
    } else {
      auto link = NetkitLink::attach(lower_, program->get());
      if (!link) return std::unexpected(link.error());
      if (auto pinned = pin_again(link->fd(), pin_dir_ / kTxLink); !pinned) return pinned;
      tx_link_ = std::move(*link);
    }
    made.program = program_above().value_or(0);
  }
  hangings_.insert_or_assign(lower_, made);
  return {};
}

Result<std::optional<std::string>> Datapath::repair_above() {
  if (program_above()) return std::nullopt;
  if (auto done = hang_above(); !done) {
    if (done.error().errno_value == ENODEV) return std::nullopt;  // the daemon's to find out
    return std::unexpected(done.error());
  }
  return "its program was gone and is put back";
}

// ---- Pins ----

namespace {

/// The ids of programs on a device: filters, what is ahead of them, and what is above it if it is netkit's
/// primary half.
Result<std::vector<std::uint32_t>> programs_on(core::IfIndex device) {
  const auto filters = tc_filters(device, TcSide::ingress);
  if (!filters) return std::unexpected(filters.error());
  auto programs = netkit::programs_on_peer(device).value_or(std::vector<std::uint32_t>{});
  std::ranges::copy(tcx::programs_on(device).value_or(std::vector<std::uint32_t>{}),
                    std::back_inserter(programs));
  for (const auto& filter : *filters) programs.push_back(filter.program);
  return programs;
}

/// A map of that name that a bond's program uses is pinned again; else it is made new.
Result<> recover_pin(const std::map<std::string, UniqueFd>& maps, const std::string& map,
                     const std::filesystem::path& pin, std::size_t value_size, unsigned entries) {
  const auto found = maps.find(map);
  if (found != maps.end()) return pin_again(found->second.get(), pin);
  return outcome_of(create_percpu_array(pin, map, value_size, entries));
}

}  // namespace

Result<> Datapath::recover_pins(const std::filesystem::path& pin_dir, core::IfIndex device) {
  keep_libbpf_words();
  const auto is_missing = [&](const char* name) {
    const auto there = is_pinned(pin_dir / name);
    return there && !*there;
  };
  if (std::ranges::none_of(std::array{"bond", "turn", "loads", "counters"}, is_missing)) return {};
  const auto programs = programs_on(device);
  if (!programs) return std::unexpected(programs.error());
  for (const auto program : *programs) {
    const auto maps = maps_of_program(program);
    if (!maps) return std::unexpected(maps.error());
    if (maps->empty()) continue;
    if (auto made = make_pin_dir(pin_dir); !made) return made;
    if (is_missing("bond")) {
      const auto bond = maps->find("ebond_bond");
      if (bond == maps->end()) return errno_error("the program's map ebond_bond is not there", ENOENT);
      if (auto done = pin_again(bond->second.get(), pin_dir / "bond"); !done) return done;
    }
    struct Counting {
      const char *pin, *map;
      std::size_t value_size;
      unsigned entries;
    };
    for (const auto& [pin, map, value_size, entries] :
         {Counting{"turn", "ebond_turn", sizeof(__u32), 1},
          Counting{"loads", "ebond_loads", sizeof(ebond_loads), 1},
          Counting{"counters", "ebond_counters", sizeof(ebond_counters), EBOND_MAX_SLOTS}}) {
      if (!is_missing(pin)) continue;
      if (auto done = recover_pin(*maps, map, pin_dir / pin, value_size, entries); !done) return done;
    }
    return {};
  }
  return errno_error("no program tells of the bond's maps", ENOENT);
}

std::vector<std::pair<const char*, int>> Datapath::pinned_maps() const {
  return {{"bond", bond_.fd()},    {"counters", counters_.get()}, {"turn", turn_.get()},
          {"loads", loads_.get()}, {"sources", sources_.get()},   {"strays", strays_.get()},
          {kTxLink, tx_link_.fd()}};
}

Result<bool> Datapath::keep_pins() {
  bool was_missing = false;
  for (const auto& [name, map] : pinned_maps()) {
    if (map < 0) continue;
    const auto there = is_pinned(pin_dir_ / name);
    if (!there) return there;
    if (*there) continue;
    if (auto made = make_pin_dir(pin_dir_); !made) return std::unexpected(made.error());
    if (auto done = pin_again(map, pin_dir_ / name); !done) return std::unexpected(done.error());
    was_missing = true;
  }
  return was_missing;
}

}  // namespace ebond::os
