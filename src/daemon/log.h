// The daemon's log: to standard error, a line each, names in it as text and not as orders to a terminal. If
// standard error is systemd's journal, events go there with fields: `journalctl EBOND_EVENT=failover`.
#pragma once

#include <string>

#include "core/report.h"
#include "os/journal.h"

namespace ebond::daemon {

void begin_log(bool verbose);

/// An event, as a line of the log.
void log_event(const core::StampedEvent& event);

/// What the log says of it: "bond0: failover eth0 -> eth1 (carrier lost)".
std::string log_line(const core::StampedEvent& event);
/// And what the journal has. Names as they are; the message as a line.
os::Journal::Fields journal_fields(const core::StampedEvent& event);

}  // namespace ebond::daemon
