// The frames a bond waits for, and which of its protocols each is for.
#include "core/bond_state.h"

namespace ebond::core {

Listening Bond::listening() const {
  Listening wanted;
  wanted.slow_protocols = state_->options.mode == Mode::ieee8023ad;
  return wanted;
}

Actions Bond::frame_received(IfIndex, std::span<const std::uint8_t>, TimePoint) {
  return {};
}

}  // namespace ebond::core
