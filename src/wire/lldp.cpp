#include "wire/lldp.h"

#include <optional>
#include <string>

#include "wire/discovery_text.h"
#include "wire/ip_address.h"

namespace ebond::wire {
namespace {

// Table 8-1.
enum : std::uint8_t {
  kEnd = 0,
  kChassisId = 1,
  kPortId = 2,
  kTimeToLive = 3,
  kPortDescription = 4,
  kSystemName = 5,
  kOrganization = 127
};
// Tables 8-2 and 8-3: those of an ID that are no text.
constexpr std::uint8_t kChassisMac = 4, kChassisNetwork = 5, kPortMac = 3, kPortNetwork = 4;
constexpr std::uint32_t kIeee8021 = 0x0080c2, kIeee8023 = 0x00120f;
constexpr std::uint8_t kPortVlanId = 1, kMaximumFrameSize = 4;  // 802.1Q D.2.1, 802.3 79.3.4

struct Tlv {
  std::uint8_t type = kEnd;
  ByteView value{};
};

std::optional<Tlv> next_tlv(Reader& in) {
  const auto head = in.u16();
  const Tlv tlv{static_cast<std::uint8_t>(head >> 9), in.take(head & 0x1ff)};
  return in.ok() ? std::optional(tlv) : std::nullopt;
}

/// An octet for the family, as IANA numbers them, and the address.
std::string network_address(ByteView octets) {
  if (octets.size() == 5 && octets[0] == 1) {
    Ipv4Address four;
    std::copy(octets.begin() + 1, octets.end(), four.begin());
    return to_string(four);
  }
  if (octets.size() == 17 && octets[0] == 2) {
    Ipv6Address six;
    std::copy(octets.begin() + 1, octets.end(), six.begin());
    return to_string(six);
  }
  return discovery_text(octets);
}

std::optional<std::string> id_of(const Tlv& tlv) {
  if (tlv.value.size() < 2 || tlv.value.size() > 1 + kLongestDiscoveryText) return std::nullopt;
  const bool is_chassis = tlv.type == kChassisId;
  const auto subtype = tlv.value[0];
  const auto id = tlv.value.subspan(1);
  if (subtype == (is_chassis ? kChassisMac : kPortMac) && id.size() == 6) {
    return MacAddress::from_bytes(id.first<6>()).to_string();
  }
  auto text =
      subtype == (is_chassis ? kChassisNetwork : kPortNetwork) ? network_address(id) : discovery_text(id);
  if (text.empty()) return std::nullopt;  // NULs alone
  return text;
}

void read_organization(ByteView value, Discovery& said) {
  Reader in(value);
  const auto oui = static_cast<std::uint32_t>(in.u8()) << 16 | in.u16();
  const auto subtype = in.u8();
  const auto number = in.u16();
  if (!in.ok()) return;
  if (oui == kIeee8021 && subtype == kPortVlanId && number != 0 && !said.port_vlan) said.port_vlan = number;
  if (oui == kIeee8023 && subtype == kMaximumFrameSize && !said.max_frame_size) said.max_frame_size = number;
}

}  // namespace

std::expected<Discovery, LldpError> parse_lldp(ByteView payload) {
  Reader in(payload);
  Discovery said;
  for (const auto type : {kChassisId, kPortId, kTimeToLive}) {
    const auto tlv = next_tlv(in);
    if (!tlv) return std::unexpected(LldpError::truncated);
    if (tlv->type != type) return std::unexpected(LldpError::bad_order);
    if (type == kTimeToLive) {
      if (tlv->value.size() < 2) return std::unexpected(LldpError::truncated);
      said.ttl = std::chrono::seconds(Reader(tlv->value).u16());
      continue;
    }
    auto id = id_of(*tlv);
    if (!id) return std::unexpected(LldpError::bad_id);
    (type == kChassisId ? said.chassis_id : said.port_id) = std::move(*id);
  }
  // The End TLV may be missing (9.2.7.7.1 h), and padding follows it.
  while (in.left() > 0) {
    const auto tlv = next_tlv(in);
    if (!tlv) return std::unexpected(LldpError::truncated);
    if (tlv->type == kEnd) break;
    if (tlv->type == kSystemName && said.system_name.empty()) said.system_name = discovery_text(tlv->value);
    if (tlv->type == kPortDescription && said.port_description.empty()) {
      said.port_description = discovery_text(tlv->value);
    }
    if (tlv->type == kOrganization) read_organization(tlv->value, said);
  }
  return said;
}

}  // namespace ebond::wire
