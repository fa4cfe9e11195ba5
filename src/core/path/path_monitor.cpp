#include "core/path/path_monitor.h"

#include <algorithm>

#include "core/bfd/bfd_watch.h"
#include "core/bfd/micro_bfd_watch.h"
#include "core/path/icmp_watch.h"

namespace ebond::core {

std::unique_ptr<PathWatch> make_path_watch(PathMonitor kind) {
  if (kind == PathMonitor::icmp) return std::make_unique<IcmpWatch>();
  if (kind == PathMonitor::bfd) return std::make_unique<bfd::BfdWatch>();
  if (kind == PathMonitor::micro_bfd) return std::make_unique<bfd::MicroBfdWatch>();
  return nullptr;
}

MacAddress probe_mac(const Slave& slave, std::span<const Slave> slaves, const MacAddress& bond_mac) {
  const auto is_free = [&](const MacAddress& mac) {
    return mac.is_valid_unicast() && mac != bond_mac && std::ranges::none_of(slaves, [&](const Slave& other) {
             return other.ifindex != slave.ifindex && (other.mac == mac || other.permanent_mac == mac);
           });
  };
  if (is_free(slave.permanent_mac)) return slave.permanent_mac;
  // The local bit first; where that is taken too, bits that mean nothing beside it.
  constexpr std::uint8_t kTurned[] = {0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80};
  auto octets = slave.permanent_mac.octets();
  const auto first = octets[0];
  for (const auto turned : kTurned) {
    octets[0] = static_cast<std::uint8_t>((first ^ turned) | 0x02);
    if (is_free(MacAddress(octets))) return MacAddress(octets);
  }
  return slave.permanent_mac;
}

}  // namespace ebond::core
