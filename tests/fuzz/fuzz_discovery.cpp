// Any bytes into the readers of LLDP and CDP, and what they say into a slave's record of its neighbour.
#include <cstdint>
#include <cstdlib>

#include "core/neighbour.h"
#include "core/printable.h"
#include "wire/cdp.h"
#include "wire/lldp.h"

using namespace ebond;

namespace {

void record(core::NeighbourRecord& record, core::DiscoveryProtocol protocol, const wire::Discovery& said) {
  if (said.chassis_id.empty() || said.port_id.empty() || said.port_id.size() > 255 ||
      said.system_name.size() > 255)
    std::abort();
  const core::TimePoint now{};
  record.heard(protocol, said, now);
  if (said.ttl.count() == 0) return;
  if (!record.is_current(now)) std::abort();
  const auto words = core::neighbour_words(*record.known());
  if (core::printable(words) != words || words.find('\n') != words.npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const wire::ByteView bytes(data, size);
  core::NeighbourRecord slave;
  if (const auto said = wire::parse_lldp(bytes)) record(slave, core::DiscoveryProtocol::lldp, *said);
  if (const auto said = wire::parse_cdp(bytes)) record(slave, core::DiscoveryProtocol::cdp, *said);
  return 0;
}
