// The daemon's log: to standard error, a line each, names in it as text and not as orders to a terminal.
#pragma once

namespace ebond::daemon {

void begin_log(bool verbose);

}  // namespace ebond::daemon
