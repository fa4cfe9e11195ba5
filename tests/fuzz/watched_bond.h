// What the fuzz targets of path monitors share: a bond's slaves by number, its target, spoiled frames, time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "core/bond.h"
#include "wire/bytes.h"

namespace ebond::fuzz {

inline constexpr core::Ipv4Address kOurs{192, 0, 2, 1}, kTarget{192, 0, 2, 254};
inline constexpr core::Ipv6Address kOurs6{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
inline constexpr core::Ipv6Address kTarget6{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
inline constexpr core::MacAddress kTargetMac({2, 0, 0, 0, 0, 0xfe});

inline core::MacAddress mac(std::uint8_t last) {
  return core::MacAddress({2, 0, 0, 0, 0, last});
}
inline core::IfIndex nic(std::uint8_t number) {
  return core::IfIndex{number + 1U};
}

/// A few octets changed, as `code` says, and now and then the end cut off.
inline wire::Bytes spoiled(wire::Reader& code, wire::Bytes frame) {
  for (std::uint8_t left = code.u8() % 4; left > 0; --left) frame[code.u8() % frame.size()] = code.u8();
  frame.resize(frame.size() - std::min<std::size_t>(frame.size(), code.u8() % 8 == 0 ? code.u8() : 0));
  return frame;
}

/// Has the bond act at each of its deadlines until `end`; `done` is given what it wants done. Aborts if a
/// deadline does not pass.
template <class Done>
void pass(core::Bond& bond, core::TimePoint& now, core::TimePoint end, Done done) {
  for (int turns = 0; const auto next = bond.next_deadline(); ++turns) {
    if (*next > end) break;
    if (turns > 100'000) std::abort();
    now = std::max(now, *next);
    done(bond.advance(now));
  }
  now = end;
}

}  // namespace ebond::fuzz
