// The daemon's refusals as the kernel would say them: an errno, and a sentence where the errno does not say
// it all.
#pragma once

#include <string>

#include "control/service.h"

namespace ebond::cli::ip {

struct KernelError {
  int error = 0;  ///< negative errno
  std::string sentence;
};

KernelError kernel_error(const control::Error& error);

}  // namespace ebond::cli::ip
