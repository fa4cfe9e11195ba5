#include "wire/learning_packet.h"

namespace ebond::wire {

Bytes learning_packet(const MacAddress& mac, const VlanTags& tags) {
  constexpr std::size_t kUntaggedHeaderSize = 14;
  Writer out;
  write_ethernet(out, {.destination = mac, .source = mac, .tags = tags, .ethertype = ethertype::kLoopback});
  out.zeros(kMinFrameSize - kUntaggedHeaderSize);
  return std::move(out).finish();
}

}  // namespace ebond::wire
