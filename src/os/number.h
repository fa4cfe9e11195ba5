// An interface's index as the system's calls want it. For the files of os that speak to the kernel.
#pragma once

#include <utility>

#include "core/types.h"

namespace ebond::os {

inline int number(core::IfIndex ifindex) {
  return static_cast<int>(std::to_underlying(ifindex));
}

}  // namespace ebond::os
