#include "os/datapath_program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "bpf/abi.h"
#include "datapath.skel.h"
#include "os/libbpf_words.h"
#include "os/table_image.h"
#include "shortcut.skel.h"

namespace ebond::os {

namespace {

struct Destroy {
  void operator()(datapath_bpf* skeleton) const { datapath_bpf__destroy(skeleton); }
  void operator()(shortcut_bpf* skeleton) const { shortcut_bpf__destroy(skeleton); }
};

// Of the two objects: their skeletons are types of their own with members of the same names.
using Constants = datapath_bpf::datapath_bpf__rodata;
using ShortcutConstants = shortcut_bpf::shortcut_bpf__rodata;

void describe_bond(auto& constants, const core::DatapathSpec& spec, core::IfIndex lower) {
  auto& facts = constants.spec;
  write_spec(facts, spec);
  facts.lower_ifindex = std::to_underlying(lower);
}

void describe_slave(auto& constants, const ReceiveSpec& receive) {
  auto& facts = constants.spec;
  facts.rx_slot = static_cast<__u32>(receive.slot);
  facts.shows_filters = receive.shows_filters ? 1 : 0;
  facts.bond0_is_apart = receive.bond0_is_apart ? 1 : 0;
  facts.has_own_vlans = receive.own_vlans.empty() ? 0 : 1;
  for (const auto& vlan : receive.own_vlans) {
    auto& ids = constants.own_vlans[vlan.protocol == wire::ethertype::kVlan ? 0 : 1];
    ids.bits[vlan.id / 32 % std::size(ids.bits)] |= 1U << (vlan.id % 32);
  }
}

void describe(Constants& constants, const core::DatapathSpec& spec, core::IfIndex lower,
              const std::optional<ReceiveSpec>& receive) {
  describe_bond(constants, spec, lower);
  if (receive) describe_slave(constants, *receive);
}

void describe(ShortcutConstants& constants, const core::DatapathSpec& spec, core::IfIndex lower,
              const std::optional<ReceiveSpec>& receive) {
  describe_bond(constants, spec, lower);
  describe_slave(constants, receive.value());
  constants.own_priority = receive->ahead->priority;
  constants.own_netns = static_cast<__u32>(receive->ahead->netns);
}

Result<> share_maps(auto& skeleton, const DatapathMaps& maps) {
  // Programs of other modes do not come to where it is used.
  if (maps.sources < 0) bpf_map__set_autocreate(skeleton.maps.sources, false);
  if (maps.strays < 0) bpf_map__set_autocreate(skeleton.maps.strays, false);
  for (auto [map, fd] :
       {std::pair{skeleton.maps.data_bond, maps.bond}, std::pair{skeleton.maps.data_links, maps.links},
        std::pair{skeleton.maps.counters, maps.counters}, std::pair{skeleton.maps.turn, maps.turn},
        std::pair{skeleton.maps.loads, maps.loads}, std::pair{skeleton.maps.sources, maps.sources},
        std::pair{skeleton.maps.strays, maps.strays}}) {
    if (fd < 0) continue;
    if (const int error = bpf_map__reuse_fd(map, fd); error != 0) {
      return libbpf_error(fmt::format("cannot reuse the map {}", bpf_map__name(map)), error);
    }
  }
  return {};
}

/// What tells two programs apart that are of one name: the kernel's hash of the instructions as they were
/// loaded. What they are specialised by is no part of it, nor are their maps.
using Tag = std::array<__u8, BPF_TAG_SIZE>;

struct ProgramFacts {
  std::string name;
  Tag tag{};
  std::vector<__u32> maps;
};

Result<ProgramFacts> look_at(int program) {
  std::vector<__u32> maps(64);
  bpf_prog_info info{};
  info.nr_map_ids = static_cast<__u32>(maps.size());
  info.map_ids = reinterpret_cast<std::uintptr_t>(maps.data());
  __u32 length = sizeof(info);
  if (bpf_obj_get_info_by_fd(program, &info, &length) != 0) {
    return errno_error("cannot ask about a program", errno);
  }
  maps.resize(std::min<std::size_t>(info.nr_map_ids, maps.size()));
  ProgramFacts facts{.name = info.name, .tag = {}, .maps = std::move(maps)};
  std::ranges::copy(info.tag, facts.tag.begin());
  return facts;
}

bool is_shortcut(const std::optional<ReceiveSpec>& receive) {
  return receive && receive->ahead;
}

/// Of TX, of RX and of the short cut, as this process loads them.
std::optional<Tag>& own_tag(const std::optional<ReceiveSpec>& receive) {
  static std::array<std::optional<Tag>, 3> tags;
  return tags[is_shortcut(receive) ? 2 : receive ? 1 : 0];
}

Result<UniqueFd> keep(const bpf_program* program, const std::optional<ReceiveSpec>& receive) {
  UniqueFd own(::fcntl(bpf_program__fd(program), F_DUPFD_CLOEXEC, 0));
  if (!own) return errno_error("cannot keep a program's descriptor", errno);
  if (auto& tag = own_tag(receive); !tag) {
    if (const auto facts = look_at(own.get())) tag = facts->tag;
  }
  return own;
}

Result<UniqueFd> load_shortcut(const core::DatapathSpec& spec, core::IfIndex lower, const DatapathMaps& maps,
                               const std::optional<ReceiveSpec>& receive) {
  const std::unique_ptr<shortcut_bpf, Destroy> skeleton(shortcut_bpf__open());
  if (!skeleton) return libbpf_error("cannot open the object of the short cut", -errno);
  describe(*skeleton->rodata, spec, lower, receive);
  if (auto shared = share_maps(*skeleton, maps); !shared) return std::unexpected(shared.error());
  if (const int error = shortcut_bpf__load(skeleton.get()); error != 0) {
    return libbpf_error("the kernel refused the short cut", error);
  }
  return keep(skeleton->progs.ebond_rx, receive);
}

}  // namespace

Result<UniqueFd> load_datapath_program(const core::DatapathSpec& spec, core::IfIndex lower,
                                       const DatapathMaps& maps, const std::optional<ReceiveSpec>& receive) {
  if (is_shortcut(receive)) return load_shortcut(spec, lower, maps, receive);
  const std::unique_ptr<datapath_bpf, Destroy> skeleton(datapath_bpf__open());
  if (!skeleton) return libbpf_error("cannot open the datapath object", -errno);
  describe(*skeleton->rodata, spec, lower, receive);
  if (auto shared = share_maps(*skeleton, maps); !shared) return std::unexpected(shared.error());
  auto* wanted = receive ? skeleton->progs.ebond_rx : skeleton->progs.ebond_tx;
  for (auto* program : {skeleton->progs.ebond_tx, skeleton->progs.ebond_rx}) {
    bpf_program__set_autoload(program, program == wanted);
  }
  if (const int error = datapath_bpf__load(skeleton.get()); error != 0) {
    return libbpf_error(fmt::format("the kernel refused the program {}", bpf_program__name(wanted)), error);
  }
  return keep(wanted, receive);
}

namespace {

bool is_a_bonds(std::string_view program) {
  return program == "ebond_rx" || program == "ebond_tx";
}

Result<__u32> id_of_map(int map) {
  bpf_map_info info{};
  __u32 length = sizeof(info);
  if (bpf_obj_get_info_by_fd(map, &info, &length) != 0) return errno_error("cannot ask about a map", errno);
  return info.id;
}

}  // namespace

Result<std::map<std::string, UniqueFd>> maps_of_program(std::uint32_t program) {
  std::map<std::string, UniqueFd> maps;
  if (program == 0) return maps;
  const UniqueFd fd(bpf_prog_get_fd_by_id(program));
  if (!fd && errno == ENOENT) return maps;
  if (!fd) return errno_error(fmt::format("cannot look at BPF program {}", program), errno);
  const auto seen = look_at(fd.get());
  if (!seen) return std::unexpected(seen.error());
  if (!is_a_bonds(seen->name)) return maps;
  for (const auto id : seen->maps) {
    UniqueFd map(bpf_map_get_fd_by_id(id));
    if (!map) return errno_error(fmt::format("cannot look at BPF map {}", id), errno);
    bpf_map_info info{};
    __u32 length = sizeof(info);
    if (bpf_obj_get_info_by_fd(map.get(), &info, &length) != 0) {
      return errno_error("cannot ask about a map", errno);
    }
    maps.emplace(info.name, std::move(map));
  }
  return maps;
}

Result<ProgramOwner> owner_of_program(std::uint32_t program, int bond_map) {
  if (program == 0) return ProgramOwner::stranger;
  const UniqueFd fd(bpf_prog_get_fd_by_id(program));
  if (!fd && errno == ENOENT) return ProgramOwner::stranger;
  if (!fd) return errno_error(fmt::format("cannot look at BPF program {}", program), errno);
  const auto seen = look_at(fd.get());
  if (!seen) return std::unexpected(seen.error());
  if (!is_a_bonds(seen->name)) return ProgramOwner::stranger;
  if (bond_map < 0) return ProgramOwner::other_bond;
  const auto own = id_of_map(bond_map);
  if (!own) return std::unexpected(own.error());
  const bool uses_it = std::ranges::find(seen->maps, *own) != seen->maps.end();
  return uses_it ? ProgramOwner::this_bond : ProgramOwner::other_bond;
}

namespace {

/// What a map of a program's constants holds; none if it is another kind of map.
template <class Constants>
Result<std::optional<Constants>> constants_in(__u32 id) {
  const UniqueFd map(bpf_map_get_fd_by_id(id));
  if (!map) return errno_error(fmt::format("cannot look at BPF map {}", id), errno);
  bpf_map_info info{};
  __u32 length = sizeof(info);
  if (bpf_obj_get_info_by_fd(map.get(), &info, &length) != 0) {
    return errno_error("cannot ask about a map", errno);
  }
  Constants constants{};
  if (!std::string_view(info.name).ends_with(".rodata") || info.value_size != sizeof(constants)) {
    return std::nullopt;
  }
  const __u32 key = 0;
  if (bpf_map_lookup_elem(map.get(), &key, &constants) != 0) {
    return errno_error("cannot read a program's constants", errno);
  }
  return constants;
}

template <class Constants>
Result<bool> is_so_described(std::uint32_t program, const core::DatapathSpec& spec, core::IfIndex lower,
                             const DatapathMaps& maps, const std::optional<ReceiveSpec>& receive) {
  const auto& tag = own_tag(receive);
  if (!tag || program == 0) return false;
  const UniqueFd fd(bpf_prog_get_fd_by_id(program));
  if (!fd && errno == ENOENT) return false;
  if (!fd) return errno_error(fmt::format("cannot look at BPF program {}", program), errno);
  const auto seen = look_at(fd.get());
  if (!seen) return std::unexpected(seen.error());
  if (seen->tag != *tag) return false;
  std::vector<__u32> shared;
  for (const int map :
       {maps.bond, maps.links, maps.counters, maps.turn, maps.loads, maps.sources, maps.strays}) {
    if (map < 0) continue;
    const auto id = id_of_map(map);
    if (!id) return std::unexpected(id.error());
    shared.push_back(*id);
  }
  Constants wanted{};
  describe(wanted, spec, lower, receive);
  // The same instructions use as many maps: its constants, and beside them none but these.
  bool is_described = false;
  for (const auto id : seen->maps) {
    if (std::ranges::find(shared, id) != shared.end()) continue;
    const auto constants = constants_in<Constants>(id);
    if (!constants) return std::unexpected(constants.error());
    if (!*constants || std::memcmp(&**constants, &wanted, sizeof wanted) != 0) return false;
    is_described = true;
  }
  return is_described;
}

}  // namespace

Result<bool> is_such_a_program(std::uint32_t program, const core::DatapathSpec& spec, core::IfIndex lower,
                               const DatapathMaps& maps, const std::optional<ReceiveSpec>& receive) {
  if (is_shortcut(receive)) return is_so_described<ShortcutConstants>(program, spec, lower, maps, receive);
  return is_so_described<Constants>(program, spec, lower, maps, receive);
}

}  // namespace ebond::os
