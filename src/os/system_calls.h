// Which system calls this process may still make (seccomp(2)): those of a daemon that watches interfaces,
// loads programs and keeps files, and none to run programs, to look into other processes' memory or to change
// the machine otherwise.
//
// Used by ebondd's main, once, when it has started. A call that is not on the list answers EPERM, as if the
// rights for it were missing: a call that was forgotten here costs what it was for, and never the daemon.
#pragma once

#include "os/error.h"

namespace ebond::os {

/// For all threads, those that run and those to come, and for good. Also sets no_new_privs. ENOSYS, EINVAL:
/// this kernel has no filters.
Result<> forbid_other_system_calls();

}  // namespace ebond::os
