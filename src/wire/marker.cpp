#include "wire/marker.h"

#include <utility>

#include "wire/ethernet.h"

namespace ebond::wire {
namespace {

constexpr std::uint8_t kVersion = 1, kLength = 22, kPad = 2, kReserved = 90;

}  // namespace

std::expected<Marker, MarkerError> parse_marker(ByteView pdu) {
  if (pdu.size() < kSlowPduSize) return std::unexpected(MarkerError::truncated);
  Reader in(pdu);
  if (in.u8() != kMarkerSubtype) return std::unexpected(MarkerError::not_marker);
  in.skip(1);  // version
  const auto kind = in.u8();
  if (kind != std::to_underlying(Marker::Kind::information) &&
      kind != std::to_underlying(Marker::Kind::response)) {
    return std::unexpected(MarkerError::unknown_kind);
  }
  if (in.u8() != kLength) return std::unexpected(MarkerError::bad_length);
  Marker marker;
  marker.kind = static_cast<Marker::Kind>(kind);
  marker.requester_port = in.u16();
  marker.requester_system = in.mac();
  marker.transaction_id = in.u32();
  return marker;
}

Bytes build_marker(const MacAddress& source, const Marker& marker) {
  Writer out;
  write_ethernet(out, {kSlowProtocolsGroup, source, {}, kSlowProtocolsEtherType});
  out.u8(kMarkerSubtype).u8(kVersion).u8(std::to_underlying(marker.kind)).u8(kLength);
  out.u16(marker.requester_port).mac(marker.requester_system).u32(marker.transaction_id).zeros(kPad);
  out.u8(0).u8(0).zeros(kReserved);
  return std::move(out).finish();
}

}  // namespace ebond::wire
