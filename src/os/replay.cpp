#include "os/replay.h"

#include <algorithm>
#include <array>
#include <utility>

#include "bpf/replay.h"
#include "os/table_image.h"
#include "wire/ethernet.h"

namespace ebond::os {
namespace {

constexpr std::size_t kAddresses = 12;  // both MACs
constexpr std::size_t kTag = 4;
constexpr std::size_t kAlignment = 2;  // NET_IP_ALIGN of a processor that wants words aligned

std::uint16_t number_at(wire::ByteView bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

/// A device's number stands for its slot.
__u32 stand_in(std::size_t slot) {
  return static_cast<__u32>(slot + 1);
}

}  // namespace

struct Replay::Image {
  std::uint64_t number = 0;  ///< which one it is, of all that there were
  ebond_spec spec{};
  ebond_bond bond{};
  ebond_links links{};
};

Replay::Replay(const core::DatapathSpec& spec, const core::Table& table) : image_(std::make_unique<Image>()) {
  static std::uint64_t made = 0;
  image_->number = ++made;
  write_spec(image_->spec, spec);
  const auto alive = slots_that_send(table);
  for (const auto& slot : table.slots) {
    const auto index = index_of(slot.slot);
    auto& entry = image_->bond.slots[index];
    entry.ifindex = entry.link = stand_in(index);
    write_speaker(entry, slot, acceptance_of(slot));
    image_->links.alive[entry.link] = alive.test(index) ? 1 : 0;
  }
  write_bond(image_->bond, table);
  flip_to(image_->bond, table);
}

Replay::Replay(Replay&&) noexcept = default;
Replay::~Replay() = default;

std::vector<core::SlotId> Replay::leaves_by(wire::ByteView frame) const {
  static std::uint64_t loaded = 0;
  if (frame.size() < kAddresses + 2) return {};
  if (std::exchange(loaded, image_->number) != image_->number) {
    ebond_replay_load(&image_->spec, &image_->bond, &image_->links);
  }

  std::vector<std::uint8_t> bytes(frame.begin(), frame.end());
  ebond_replay_frame run{.data = nullptr,
                         .length = 0,
                         .protocol = number_at(bytes, kAddresses),
                         .vlan_tci = 0,
                         .vlan_present = 0};
  const bool is_tagged =
      run.protocol == wire::ethertype::kVlan || run.protocol == wire::ethertype::kServiceVlan;
  if (is_tagged && bytes.size() >= kAddresses + kTag + 2) {
    run.vlan_present = 1;
    run.vlan_tci = number_at(bytes, kAddresses + 2);
    bytes.erase(bytes.begin() + kAddresses, bytes.begin() + kAddresses + kTag);
    run.protocol = number_at(bytes, kAddresses);
  }
  run.length = static_cast<__u32>(bytes.size());
  // Where the kernel has frames too: their IP headers begin at a multiple of four.
  bytes.insert(bytes.begin(), kAlignment, 0);
  run.data = bytes.data() + kAlignment;
  std::array<__u32, EBOND_MAX_SLOTS> devices{};
  const auto count = ebond_replay_run(&run, devices.data());
  std::vector<core::SlotId> slots;
  for (std::size_t i = 0; i < count; ++i)
    slots.push_back(core::SlotId(static_cast<std::uint8_t>(devices.at(i) - 1)));
  return slots;
}

}  // namespace ebond::os
