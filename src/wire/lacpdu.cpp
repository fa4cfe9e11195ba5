#include "wire/lacpdu.h"

#include "wire/ethernet.h"

namespace ebond::wire {
namespace {

constexpr std::uint8_t kTerminator = 0, kActorInformation = 1, kPartnerInformation = 2,
                       kCollectorInformation = 3;
constexpr std::uint8_t kInformationLength = 20, kCollectorLength = 16, kTlvHeader = 2;

LacpInfo read_information(Reader& in) {
  LacpInfo info;
  info.system_priority = in.u16();
  info.system = in.mac();
  info.key = in.u16();
  info.port_priority = in.u16();
  info.port_number = in.u16();
  info.state = LacpState(in.u8());
  in.skip(3);  // reserved
  return info;
}

void write_information(Writer& out, std::uint8_t type, const LacpInfo& info) {
  out.u8(type).u8(kInformationLength);
  out.u16(info.system_priority).mac(info.system).u16(info.key);
  out.u16(info.port_priority).u16(info.port_number).u8(info.state.octet()).zeros(3);
}

bool reads_header(Reader& in, std::uint8_t type, std::uint8_t length) {
  const auto got_type = in.u8();
  const auto got_length = in.u8();
  return got_type == type && got_length == length;
}

/// Behind the two Information TLVs: takes Collector Information, skips the rest, stops at the terminator.
/// False if a TLV does not fit.
bool read_further_tlvs(Reader& in, Lacpdu& pdu) {
  while (in.left() >= kTlvHeader) {
    const auto type = in.u8();
    const auto length = in.u8();
    if (type == kTerminator) return true;
    if (length < kTlvHeader || length - kTlvHeader > static_cast<int>(in.left())) return false;
    Reader value(in.take(length - kTlvHeader));
    if (type == kCollectorInformation && length == kCollectorLength) pdu.collector_max_delay = value.u16();
  }
  return true;
}

}  // namespace

std::string_view lacpdu_error_name(LacpduError error) {
  switch (error) {
    case LacpduError::truncated:
      return "truncated";
    case LacpduError::not_lacp:
      return "not LACP";
    case LacpduError::version_zero:
      return "version 0";
    case LacpduError::bad_actor_tlv:
      return "bad Actor Information";
    case LacpduError::bad_partner_tlv:
      return "bad Partner Information";
    case LacpduError::bad_actor_system:
      return "actor system is not a unicast address";
    case LacpduError::tlv_overrun:
      return "a TLV runs past the end";
  }
  return "unknown";
}

std::expected<Lacpdu, LacpduError> parse_lacpdu(ByteView bytes) {
  if (bytes.size() < kSlowPduSize) return std::unexpected(LacpduError::truncated);
  Reader in(bytes);
  if (in.u8() != kLacpSubtype) return std::unexpected(LacpduError::not_lacp);
  Lacpdu pdu;
  pdu.version = in.u8();
  if (pdu.version == 0) return std::unexpected(LacpduError::version_zero);
  if (!reads_header(in, kActorInformation, kInformationLength)) {
    return std::unexpected(LacpduError::bad_actor_tlv);
  }
  pdu.actor = read_information(in);
  if (!reads_header(in, kPartnerInformation, kInformationLength)) {
    return std::unexpected(LacpduError::bad_partner_tlv);
  }
  pdu.partner = read_information(in);
  if (!pdu.actor.system.is_valid_unicast()) return std::unexpected(LacpduError::bad_actor_system);
  // Version 1 has one layout and its receivers ignore what is odd behind the partner; later ones must parse.
  if (!read_further_tlvs(in, pdu) && pdu.version > 1) return std::unexpected(LacpduError::tlv_overrun);
  return pdu;
}

Bytes build_lacpdu(const MacAddress& source, const Lacpdu& pdu) {
  Writer out;
  write_ethernet(out, {kSlowProtocolsGroup, source, {}, kSlowProtocolsEtherType});
  out.u8(kLacpSubtype).u8(1);
  write_information(out, kActorInformation, pdu.actor);
  write_information(out, kPartnerInformation, pdu.partner);
  out.u8(kCollectorInformation).u8(kCollectorLength).u16(pdu.collector_max_delay).zeros(12);
  out.u8(kTerminator).u8(0).zeros(50);
  return std::move(out).finish();
}

}  // namespace ebond::wire
