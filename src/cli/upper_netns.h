// A bond's interface in another network namespace than the bond: how a client puts it there, where the kernel
// decides whether that user may, and the daemon follows. Used by `ebond add … netns` and `ebond apply`; keeps
// nothing.
#pragma once

#include <string>

#include "cli/host.h"
#include "control/client.h"
#include "os/netns.h"
#include "os/rtnetlink.h"

namespace ebond::cli {

/// As `ip link` takes it: a name of `ip netns`, the number of a process, or a path.
os::Result<os::Namespace> open_namespace(const std::string& word);

/// Returns once the daemon has followed. `links`: of the namespace that the bond is in.
Step<> put_into(const os::Namespace& there, const std::string& bond, os::Rtnetlink& links,
                control::Client& client);

}  // namespace ebond::cli
