#include "wire/ethernet.h"

namespace ebond::wire {
namespace {

constexpr std::uint16_t kFirstEthertype = 0x0600;  // below: an IEEE 802.3 length

bool is_tag(std::uint16_t ethertype) {
  return ethertype == ethertype::kVlan || ethertype == ethertype::kServiceVlan;
}

VlanTag tag_of(std::uint16_t protocol, std::uint16_t control) {
  return {.protocol = protocol,
          .priority = static_cast<std::uint8_t>(control >> 13),
          .drop_eligible = (control & 0x1000) != 0,
          .id = static_cast<std::uint16_t>(control & 0x0fff)};
}

std::uint16_t control_of(const VlanTag& tag) {
  return static_cast<std::uint16_t>((tag.priority & 7) << 13 | (tag.drop_eligible ? 0x1000 : 0) |
                                    (tag.id & 0x0fff));
}

}  // namespace

std::optional<EthernetFrame> parse_ethernet(ByteView frame) {
  Reader in(frame);
  EthernetFrame parsed;
  parsed.header.destination = in.mac();
  parsed.header.source = in.mac();
  std::uint16_t type = in.u16();
  while (in.ok() && is_tag(type)) {
    if (parsed.header.tags.size() == kMaxVlanTags) return std::nullopt;
    parsed.header.tags.push_back(tag_of(type, in.u16()));
    type = in.u16();
  }
  if (!in.ok() || type < kFirstEthertype) return std::nullopt;
  parsed.header.ethertype = type;
  parsed.payload = in.take(in.left());
  return parsed;
}

void write_ethernet(Writer& out, const EthernetHeader& header) {
  out.mac(header.destination).mac(header.source);
  for (const auto& tag : header.tags) out.u16(tag.protocol).u16(control_of(tag));
  out.u16(header.ethertype);
}

}  // namespace ebond::wire
