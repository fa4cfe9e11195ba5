#include "wire/cdp.h"

#include <algorithm>
#include <array>
#include <string>

#include "wire/discovery_text.h"

namespace ebond::wire {
namespace {

constexpr std::size_t kMacs = 12;
constexpr std::uint16_t kLargestLength = 1500;  // above, the field is an EtherType
constexpr std::array<std::uint8_t, 8> kSnap{0xaa, 0xaa, 0x03, 0x00, 0x00, 0x0c, 0x20, 0x00};
constexpr std::uint16_t kDeviceId = 0x0001, kPortId = 0x0003, kNativeVlan = 0x000a, kMtu = 0x0011,
                        kSystemName = 0x0014;
constexpr std::size_t kTlvHeader = 4;
constexpr std::uint16_t kHeaderAndFcs = 18;

void read_tlv(std::uint16_t type, ByteView value, Discovery& said) {
  Reader in(value);
  switch (type) {
    case kDeviceId:
      if (said.chassis_id.empty()) said.chassis_id = discovery_text(value);
      break;
    case kSystemName:
      if (said.system_name.empty()) said.system_name = discovery_text(value);
      break;
    case kPortId:
      if (said.port_id.empty()) said.port_id = discovery_text(value);
      break;
    case kNativeVlan:
      if (const auto vlan = in.u16(); in.ok() && vlan != 0) said.port_vlan = vlan;
      break;
    case kMtu:
      if (const auto mtu = in.u32(); in.ok() && mtu <= 0xffff - kHeaderAndFcs) {
        said.max_frame_size = static_cast<std::uint16_t>(mtu + kHeaderAndFcs);
      }
      break;
    default:
      break;
  }
}

}  // namespace

std::expected<Discovery, CdpError> parse_cdp(ByteView frame) {
  Reader in(frame);
  const auto to = in.mac();
  in.skip(kMacs - 6);
  const auto length = in.u16();
  if (!in.ok() || to != kCdpGroup || length > kLargestLength) return std::unexpected(CdpError::not_cdp);
  auto packet = in.take(length);
  if (!in.ok()) return std::unexpected(CdpError::truncated);
  if (packet.size() < kSnap.size() || !std::ranges::equal(packet.first(kSnap.size()), kSnap)) {
    return std::unexpected(CdpError::not_cdp);
  }
  packet = packet.subspan(kSnap.size());

  Reader fields(packet);
  fields.skip(1);  // version
  Discovery said{.ttl = std::chrono::seconds(fields.u8())};
  fields.skip(2);  // the checksum, see the header
  if (!fields.ok()) return std::unexpected(CdpError::truncated);
  while (fields.left() > 0) {
    const auto type = fields.u16();
    const auto size = fields.u16();
    if (!fields.ok() || size < kTlvHeader) return std::unexpected(CdpError::truncated);
    const auto value = fields.take(size - kTlvHeader);
    if (!fields.ok()) return std::unexpected(CdpError::truncated);
    read_tlv(type, value, said);
  }
  if (said.chassis_id.empty() || said.port_id.empty()) return std::unexpected(CdpError::nameless);
  if (said.system_name.empty()) said.system_name = said.chassis_id;
  return said;
}

}  // namespace ebond::wire
