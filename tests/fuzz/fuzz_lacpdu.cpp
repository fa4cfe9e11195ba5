// Any bytes into the LACPDU and Marker parsers. What they take must survive being written and read again.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "wire/lacpdu.h"
#include "wire/marker.h"

using namespace ebond::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  if (auto pdu = parse_lacpdu(bytes)) {
    pdu->version = 1;
    const auto again = build_lacpdu(MacAddress{}, *pdu);
    if (parse_lacpdu(ByteView(again).subspan(14)) != pdu) std::abort();
  } else if (lacpdu_error_name(pdu.error()).empty()) {
    std::abort();
  }
  if (const auto marker = parse_marker(bytes)) {
    const auto again = build_marker(MacAddress{}, *marker);
    if (parse_marker(ByteView(again).subspan(14)) != marker) std::abort();
  }
  return 0;
}
