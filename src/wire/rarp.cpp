#include "wire/rarp.h"

namespace ebond::wire {

Bytes rarp_announcement(const MacAddress& mac, const VlanTags& tags) {
  constexpr std::size_t kUntaggedSize = 14 + 28;
  constexpr std::uint16_t kHardwareEthernet = 1, kReverseRequest = 3;
  constexpr std::size_t kIpv4Length = 4;
  Writer out;
  write_ethernet(
      out,
      {.destination = MacAddress::broadcast(), .source = mac, .tags = tags, .ethertype = ethertype::kRarp});
  out.u16(kHardwareEthernet).u16(ethertype::kIpv4).u8(6).u8(kIpv4Length).u16(kReverseRequest);
  out.mac(mac).zeros(kIpv4Length).mac(mac).zeros(kIpv4Length);
  out.zeros(kMinFrameSize - kUntaggedSize);
  return std::move(out).finish();
}

}  // namespace ebond::wire
