#include "wire/mld.h"

#include <algorithm>

#include "wire/checksum.h"
#include "wire/ethernet.h"
#include "wire/ip_header.h"
#include "wire/nd.h"

namespace ebond::wire {
namespace {

constexpr Ipv6Address kReports{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x16};
constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kReportType = 143;
constexpr std::uint8_t kModeIsInclude = 1;
constexpr std::uint8_t kModeIsExclude = 2;
constexpr std::size_t kChecksumOffset = 2;

/// As many as an Ethernet frame of 1500 octets holds with room to spare.
constexpr std::size_t kMaxSources = 80;

Bytes message_of(const Ipv6Address& source, const Ipv6Address& group,
                 std::span<const Ipv6Address> only_from) {
  const auto sources = only_from.first(std::min(only_from.size(), kMaxSources));
  Writer out;
  out.u8(kReportType).u8(0).u16(0).u16(0).u16(1);
  out.u8(sources.empty() ? kModeIsExclude : kModeIsInclude).u8(0);
  out.u16(static_cast<std::uint16_t>(sources.size())).bytes(group);
  for (const auto& each : sources) out.bytes(each);
  Bytes message = std::move(out).finish();
  InternetChecksum sum;
  sum.add_ipv6_pseudo_header(source, kReports, message.size(), ip_protocol::kIcmpv6).add(message);
  store_checksum(message, kChecksumOffset, sum.value());
  return message;
}

}  // namespace

Bytes mld_report(const MacAddress& mac, const Ipv6Address& source, const Ipv6Address& group,
                 std::span<const Ipv6Address> only_from) {
  Writer packet;
  // One unit of eight: Router Alert 0 (MLD), and two octets of padding.
  packet.u8(ip_protocol::kIcmpv6).u8(0).u8(0x05).u8(2).u16(0).u8(0x01).u8(0);
  packet.bytes(message_of(source, group, only_from));
  Writer out;
  write_ethernet(
      out,
      {.destination = multicast_mac(kReports), .source = mac, .tags = {}, .ethertype = ethertype::kIpv6});
  write_ipv6(out,
             {.traffic_class = 0,
              .next_header = kHopByHop,
              .hop_limit = 1,
              .source = source,
              .destination = kReports},
             std::move(packet).finish());
  return std::move(out).finish();
}

}  // namespace ebond::wire
