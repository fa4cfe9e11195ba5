// Writes classic BPF: a program made of rules, by which a frame is accepted if it meets every condition of
// one of them.
//
// Used by frame_filter, which says the rules. It knows where tags end and an IPv4 header does, and no
// protocol.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "os/frame_filter.h"
#include "wire/mac_address.h"

namespace ebond::os {

/// Offsets into a frame without tags: of its EtherType, and of what that names.
inline constexpr std::uint32_t kEtherTypeAt = 12, kPayloadAt = 14;

/// What a field's offset counts from.
enum class From : std::uint8_t {
  frame,        ///< its first octet
  behind_tags,  ///< the same, less the VLAN tags that are still in the frame
  ip4_body      ///< what `behind_tags` says, less the IPv4 header, however long that is
};

/// Where a value is read from.
struct Field {
  int size = BPF_W;  ///< BPF_B, BPF_H, BPF_W
  std::uint32_t offset = 0;
  From from = From::behind_tags;
  bool operator==(const Field&) const = default;
};
/// What must stand in a field.
struct Part {
  Field field;
  std::uint32_t value = 0;
};
/// All of its parts must be as they say.
using Choice = std::vector<Part>;

class FilterRules {
 public:
  /// `any`: a frame may have tags beside the one the kernel took off.
  enum class Tags : std::uint8_t { none, any };
  explicit FilterRules(Tags tags);

  FilterRules& is(const Part& part);
  FilterRules& is(const Choice& choice);
  FilterRules& is_not(const Part& part);
  FilterRules& masked(const Field& field, std::uint32_t mask, std::uint32_t value);
  FilterRules& is_at_least(std::uint32_t frame_size);
  /// One of them; no condition if there is none. Fields of more than one choice are read once.
  FilterRules& any_of(const std::vector<Choice>& choices);
  /// Ends the rule.
  void accept();
  FrameFilter finish();

 private:
  void put(int code, std::uint32_t value);
  void put_jump(int condition, std::uint32_t value, std::size_t if_so, std::size_t otherwise);
  void look_behind_tags();
  void index(From from);
  void load(const Field& field);
  FilterRules& compare(std::uint32_t value);
  FilterRules& fail();
  void point_to_end(std::size_t jump);

  FrameFilter program_;
  Tags tags_;
  From index_ = From::frame;  ///< what X says now; `frame`: nobody knows
  std::vector<std::size_t> fails_;
};

/// An address of any kind, in words and, at its end, a half.
template <std::size_t N>
Choice address_at(const Field& first, const std::array<std::uint8_t, N>& octets) {
  Choice parts;
  for (std::size_t at = 0; at < N; at += 4) {
    const auto size = N - at < 4 ? N - at : 4;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | octets[at + i];
    const Field field{size == 4 ? BPF_W : BPF_H, first.offset + static_cast<std::uint32_t>(at), first.from};
    parts.push_back({field, value});
  }
  return parts;
}
inline Choice address_at(const Field& first, const wire::MacAddress& mac) {
  return address_at(first, mac.octets());
}

/// The most that the kernel makes of a program, in instructions of its own (bpf_convert_filter).
std::size_t kernel_instructions(const FrameFilter& program);

}  // namespace ebond::os
