#include "core/lacp/port_key.h"

#include <algorithm>
#include <array>

namespace ebond::core::lacp {

std::uint16_t speed_class(std::uint32_t speed_mbps) {
  // The last three only newer drivers number (Linux 7.3), and 80 Gbit/s there in its order, which moves those
  // behind it: a partner would see the keys of ports change with the kernel. Only that they differ means
  // anything.
  static constexpr std::array<std::uint32_t, 19> kSpeeds{
      1,      10,     100,    1'000,   2'500,   5'000,   10'000,  14'000,    20'000, 25'000,
      40'000, 50'000, 56'000, 100'000, 200'000, 400'000, 800'000, 1'600'000, 80'000};
  // The driver numbers 1 Mbit/s but no NIC reports it, and it takes none.
  const auto* const found = std::find(kSpeeds.begin() + 1, kSpeeds.end(), speed_mbps);
  return found == kSpeeds.end() ? 0 : static_cast<std::uint16_t>(found - kSpeeds.begin() + 1);
}

std::uint16_t port_key(std::uint16_t user_key, bool link_up, std::uint32_t speed_mbps, Duplex duplex) {
  const auto user = static_cast<std::uint16_t>(user_key << 6);
  if (!link_up) return user;
  return static_cast<std::uint16_t>(user | speed_class(speed_mbps) << 1 | (duplex == Duplex::full ? 1 : 0));
}

}  // namespace ebond::core::lacp
