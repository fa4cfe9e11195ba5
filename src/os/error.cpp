#include "os/error.h"

#include <fmt/format.h>

#include <system_error>

namespace ebond::os {

std::string Error::message() const {
  std::string text = fmt::format("{}: {}", what, std::generic_category().message(errno_value));
  if (!kernel_says.empty()) text += fmt::format(" ({})", kernel_says);
  return text;
}

}  // namespace ebond::os
