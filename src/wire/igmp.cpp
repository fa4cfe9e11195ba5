#include "wire/igmp.h"

#include <algorithm>

#include "wire/checksum.h"
#include "wire/ethernet.h"

namespace ebond::wire {
namespace {

constexpr std::uint8_t kIgmp = 2;                     // its IP protocol number
constexpr std::uint8_t kVersion4With24Octets = 0x46;  // the header carries one option
constexpr std::size_t kHeaderSize = 24;
constexpr std::size_t kHeaderChecksumOffset = 10;
constexpr std::uint8_t kInternetworkControl = 0xc0;
constexpr std::uint16_t kDontFragment = 0x4000;
constexpr std::uint32_t kRouterAlert = 0x94040000;
constexpr std::size_t kIgmpChecksumOffset = 2;
constexpr Ipv4Address kReportsV3{224, 0, 0, 22};

constexpr std::uint8_t kReportTypeV1 = 0x12;
constexpr std::uint8_t kReportTypeV2 = 0x16;
constexpr std::uint8_t kReportTypeV3 = 0x22;
constexpr std::uint8_t kModeIsInclude = 1;
constexpr std::uint8_t kModeIsExclude = 2;

/// As many as an Ethernet frame of 1500 octets holds with room to spare.
constexpr std::size_t kMaxSources = 300;

Bytes with_checksum(Writer out, std::size_t offset) {
  Bytes bytes = std::move(out).finish();
  store_checksum(bytes, offset, InternetChecksum().add(bytes).value());
  return bytes;
}

Bytes message_of(const Ipv4Address& group, IgmpVersion version, std::span<const Ipv4Address> only_from) {
  Writer out;
  if (version != IgmpVersion::v3) {
    out.u8(version == IgmpVersion::v1 ? kReportTypeV1 : kReportTypeV2).u8(0).u16(0).bytes(group);
    return with_checksum(std::move(out), kIgmpChecksumOffset);
  }
  const auto sources = only_from.first(std::min(only_from.size(), kMaxSources));
  out.u8(kReportTypeV3).u8(0).u16(0).u16(0).u16(1);
  out.u8(sources.empty() ? kModeIsExclude : kModeIsInclude).u8(0);
  out.u16(static_cast<std::uint16_t>(sources.size())).bytes(group);
  for (const auto& source : sources) out.bytes(source);
  return with_checksum(std::move(out), kIgmpChecksumOffset);
}

Bytes header_of(const Ipv4Address& source, const Ipv4Address& destination, std::size_t payload) {
  Writer out;
  out.u8(kVersion4With24Octets).u8(kInternetworkControl);
  out.u16(static_cast<std::uint16_t>(kHeaderSize + payload)).u16(0).u16(kDontFragment);
  out.u8(1).u8(kIgmp).u16(0).bytes(source).bytes(destination).u32(kRouterAlert);
  return with_checksum(std::move(out), kHeaderChecksumOffset);
}

}  // namespace

Bytes igmp_report(const MacAddress& mac, const Ipv4Address& source, const Ipv4Address& group,
                  IgmpVersion version, std::span<const Ipv4Address> only_from) {
  const auto message = message_of(group, version, only_from);
  const auto& destination = version == IgmpVersion::v3 ? kReportsV3 : group;
  Writer out;
  write_ethernet(
      out,
      {.destination = multicast_mac(destination), .source = mac, .tags = {}, .ethertype = ethertype::kIpv4});
  out.bytes(header_of(source, destination, message.size())).bytes(message);
  if (out.size() < kMinFrameSize) out.zeros(kMinFrameSize - out.size());
  return std::move(out).finish();
}

MacAddress multicast_mac(const Ipv4Address& group) {
  return MacAddress({0x01, 0x00, 0x5e, static_cast<std::uint8_t>(group[1] & 0x7f), group[2], group[3]});
}

}  // namespace ebond::wire
