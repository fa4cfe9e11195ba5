// Processes with less than root has, for tests that run as root.
#pragma once

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace ebond::control {

/// All but those. The uid stays.
inline bool drop_capabilities(std::uint64_t but = 0) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  for (int i = 0; i < 2; ++i) {
    data[i].effective = data[i].permitted = static_cast<__u32>(but >> (32 * i));
  }
  return ::syscall(SYS_capset, &header, data) == 0;
}

}  // namespace ebond::control
