// What the tests of single machines share: a port in virtual time, and LACPDUs from a partner that knows it.
#pragma once

#include <gtest/gtest.h>

#include "core/lacp/port.h"
#include "tests/unit/lacp/systems.h"
#include "wire/lacpdu.h"

namespace ebond::core::lacp {

using std::chrono::milliseconds;
using std::chrono::seconds;
using wire::LacpState;

class Machines : public testing::Test {
 protected:
  Machines() {
    port.BEGIN = false;
    port.port_enabled = true;
    port.actor = {65535, kOurSystem, 9, 255, 1, LacpState(0x05)};  // active, aggregatable, long timeout
  }

  /// From a partner in sync that describes us as we are.
  wire::Lacpdu pdu() const {
    wire::Lacpdu pdu;
    pdu.actor = {100, kTheirSystem, 33, 128, 7, LacpState(0x0d)};
    pdu.partner = port.actor;
    return pdu;
  }

  TimePoint now{seconds(1000)};
  Port port;
};

}  // namespace ebond::core::lacp
