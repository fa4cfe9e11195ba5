// All that metrics tell of a machine: what the daemon says of its bonds and of itself, and what this program
// finds in the machine's files. For `ebond metrics` and ebond-exporter. Changes nothing.
#pragma once

#include <string>

#include "cli/arguments.h"
#include "control/client.h"

namespace ebond::cli {

/// Of `arguments.bond`, of the namespace, or, if it is `everywhere`, of all network namespaces, one after the
/// other: the daemon has other things to do in between. The names of the driver's bonds (node_bonding_...)
/// are those of one namespace then, this process's, because they do not tell of it.
control::Result<std::string> collect_metrics(const Arguments& arguments, control::Client& client);

}  // namespace ebond::cli
