#include "core/lacp/transmit_machine.h"

namespace ebond::core::lacp {

bool TransmitMachine::step(Port& port, bool no_periodic, TimePoint now) {
  if (no_periodic) port.NTT = false;
  if (!port.NTT || !port.LACP_Enabled || !port.port_enabled || !limit_.allows(now)) return false;
  limit_.take(now);
  port.NTT = false;
  return true;
}

std::optional<TimePoint> TransmitMachine::deadline(const Port& port) const {
  return port.NTT && port.LACP_Enabled && port.port_enabled ? limit_.free_at() : std::nullopt;
}

}  // namespace ebond::core::lacp
