// What a process used of the processors.
#pragma once

#include <sys/types.h>

namespace ebond::lab {

/// How many times the processor time of an ordinary build a task may take in this one: sanitizers check all
/// along.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int kSlowerByItsBuild = 5;
#else
inline constexpr int kSlowerByItsBuild = 1;
#endif

/// User and system time of all its threads so far, in seconds. Throws where there is no such process.
double processor_seconds(pid_t process);

}  // namespace ebond::lab
