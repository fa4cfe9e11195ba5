// What a process used of the processors.
#pragma once

#include <sys/types.h>

namespace ebond::lab {

/// User and system time of all its threads so far, in seconds. Throws where there is no such process.
double processor_seconds(pid_t process);

}  // namespace ebond::lab
