#include "os/roll_call.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <bit>
#include <span>

#include "bpf/abi.h"
#include "os/libbpf_words.h"
#include "os/pinned_map.h"
#include "roll.skel.h"

namespace ebond::os {
namespace {

constexpr std::size_t kLeastRoom = 16;

struct DestroyRoll {
  void operator()(roll_bpf* skeleton) const { roll_bpf__destroy(skeleton); }
};

/// An array of the program's, as large as it is to be, seen from here.
template <class T>
class Lines {
 public:
  static Result<> make_room(bpf_map* map, std::size_t room) {
    const int error = bpf_map__set_max_entries(map, static_cast<__u32>(room));
    if (error != 0) return libbpf_error("cannot make room for the roll call", error);
    return {};
  }
  Result<> map(const bpf_map* map, std::size_t room) {
    auto mapped = Mapping::of_map(bpf_map__fd(map), room * sizeof(T));
    if (!mapped) return std::unexpected(mapped.error());
    mapping_ = std::move(*mapped);
    room_ = room;
    return {};
  }
  std::span<T> all() const { return {static_cast<T*>(mapping_.get()), room_}; }
  std::size_t room() const { return room_; }

 private:
  Mapping mapping_;
  std::size_t room_ = 0;
};

std::size_t namespaces_in(const DeviceList& devices) {
  std::set<std::uint64_t> inodes;
  for (const auto& each : devices) inodes.insert(each.namespace_inode);
  return inodes.size();
}

std::size_t room_for(std::size_t lines) {
  return std::bit_ceil(std::max(lines, kLeastRoom));
}

}  // namespace

Roll::Roll(const Answers& up) : answers_(up.begin(), up.end()) {}

std::optional<bool> Roll::is_up(const DeviceAnywhere& device) const {
  using Answer = std::pair<DeviceAnywhere, bool>;
  const auto found = std::ranges::lower_bound(answers_, device, {}, &Answer::first);
  if (found == answers_.end() || found->first != device) return std::nullopt;
  return found->second;
}

struct RollCall::Parts {
  std::unique_ptr<roll_bpf, DestroyRoll> skeleton;
  Lines<ebond_roll_namespace> namespaces;
  Lines<ebond_roll_device> devices;
  std::shared_ptr<const DeviceList> listed{};
  std::shared_ptr<const Roll> latest{};
  std::uint64_t news = 0;
};

RollCall::RollCall(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
RollCall::RollCall(RollCall&&) noexcept = default;
RollCall& RollCall::operator=(RollCall&&) noexcept = default;
RollCall::~RollCall() = default;

Result<std::unique_ptr<RollCall::Parts>> RollCall::load(std::size_t namespaces, std::size_t devices) {
  auto parts = std::make_unique<Parts>();
  parts->skeleton.reset(roll_bpf__open());
  if (!parts->skeleton) return libbpf_error("cannot open the roll call", -errno);
  auto& maps = parts->skeleton->maps;
  if (auto done = parts->namespaces.make_room(maps.namespaces, namespaces); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = parts->devices.make_room(maps.devices, devices); !done) {
    return std::unexpected(done.error());
  }
  if (const int error = roll_bpf__load(parts->skeleton.get()); error != 0) {
    return libbpf_error("this kernel refuses the roll call", error);
  }
  if (auto done = parts->namespaces.map(maps.namespaces, namespaces); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = parts->devices.map(maps.devices, devices); !done) return std::unexpected(done.error());
  return parts;
}

Result<RollCall> RollCall::open(const DeviceList& devices) {
  auto parts = load(room_for(namespaces_in(devices)), room_for(devices.size()));
  if (!parts) return std::unexpected(parts.error());
  return RollCall(std::move(*parts));
}

Result<> RollCall::list(const DeviceList& devices) {
  const auto namespaces = namespaces_in(devices);
  if (devices.size() > parts_->devices.room() || namespaces > parts_->namespaces.room()) {
    auto larger = load(std::max(room_for(namespaces), parts_->namespaces.room()),
                       std::max(room_for(devices.size()), parts_->devices.room()));
    if (!larger) return std::unexpected(larger.error());
    parts_ = std::move(*larger);
  }
  auto line = parts_->devices.all().begin();
  auto place = parts_->namespaces.all().begin();
  __u32 count = 0;
  for (const auto& [inode, ifindex] : devices) {
    if (count == 0 || std::prev(place)->inode != static_cast<__u32>(inode)) {
      *place++ = {
          .address = 0, .inode = static_cast<__u32>(inode), .sequence = 0, .first = count, .count = 0};
    }
    ++std::prev(place)->count;
    ++count;
    *line++ = {.address = 0, .ifindex = std::to_underlying(ifindex), .answer = EBOND_ROLL_ABSENT};
  }
  parts_->skeleton->data_roll->roll.namespaces = static_cast<__u32>(namespaces);
  return {};
}

std::shared_ptr<const Roll> RollCall::answers() const {
  Roll::Answers answers;
  auto line = parts_->devices.all().begin();
  for (const auto& device : *parts_->listed) {
    const auto answer = (line++)->answer;
    if (answer != EBOND_ROLL_ABSENT) answers.emplace_hint(answers.end(), device, answer == EBOND_ROLL_UP);
  }
  return std::make_shared<const Roll>(answers);
}

Result<std::shared_ptr<const Roll>> RollCall::call(const std::shared_ptr<const DeviceList>& devices) {
  const bool is_listed = parts_->listed && (parts_->listed == devices || *parts_->listed == *devices);
  if (!is_listed) {
    if (auto done = list(*devices); !done) return std::unexpected(done.error());
    parts_->latest.reset();
  }
  parts_->listed = devices;
  bpf_test_run_opts options{};
  options.sz = sizeof(options);
  const int program = bpf_program__fd(parts_->skeleton->progs.ebond_roll_call);
  if (const int error = bpf_prog_test_run_opts(program, &options); error != 0) {
    return errno_error("cannot call the roll", -error);
  }
  const auto news = parts_->skeleton->data_roll->roll.news;
  if (!parts_->latest || news != parts_->news) parts_->latest = answers();
  parts_->news = news;
  return parts_->latest;
}

}  // namespace ebond::os
