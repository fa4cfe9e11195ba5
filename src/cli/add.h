// `ebond add`, with what the service does not do by itself: a DHCP client is looked for before a card is
// adopted; and bond0 may go into another network namespace, as `ip link add … netns` has it, while the bond
// stays where the command is given.
//
// The client moves bond0, so the kernel decides whether that user may; the daemon follows.
#pragma once

#include "cli/arguments.h"
#include "control/client.h"

namespace ebond::cli {

/// The exit code. If bond0 cannot be moved, no bond remains.
int run_add(const Arguments& arguments, control::Client& client);

}  // namespace ebond::cli
