// What ifenslave does, once its command line is understood.
#pragma once

#include "cli/ifenslave_arguments.h"
#include "control/client.h"

namespace ebond::cli {

/// Slaves one after the other, as the classic tool: one that is refused is told and the others go on. The
/// exit code.
int run_ifenslave(const IfenslaveArguments& arguments, control::Client& client);

}  // namespace ebond::cli
