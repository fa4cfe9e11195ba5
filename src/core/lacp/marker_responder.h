// The Marker Responder: answers Marker PDUs (IEEE 802.1AX-2020 6.5.4). Between frames it is always in
// WAIT_FOR_MARKER; answering takes no time here. What would exceed the Slow Protocols' ten frames a second
// is not answered: the asker's timeout covers that.
#pragma once

#include <optional>

#include "core/lacp/port.h"
#include "core/lacp/transmit_machine.h"
#include "wire/marker.h"

namespace ebond::core::lacp {

class MarkerResponder {
 public:
  /// RESPOND_TO_MARKER: the response due, if `marker` wants one.
  std::optional<wire::Marker> respond(const wire::Marker& marker, TimePoint now);

 private:
  RateLimit<kMaxSlowFramesPerSecond> limit_{std::chrono::seconds(1)};
};

}  // namespace ebond::core::lacp
