#include "core/interface_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace ebond::core {

std::string interface_name_fault(std::string_view name) {
  constexpr std::size_t kLongest = 15;  // IFNAMSIZ less its NUL
  if (name.empty()) return "an interface name is missing";
  if (name.size() > kLongest) {
    return fmt::format("'{}' is too long for an interface name: {} characters, at most {} fit", name,
                       name.size(), kLongest);
  }
  const auto unfit = [](unsigned char c) {
    return c <= ' ' || c == '/' || c == ':' || c == '%' || c == 0x7f;
  };
  if (name == "." || name == ".." || std::ranges::any_of(name, unfit)) {
    return fmt::format("'{}' is not an interface name: it may not hold a blank, '/', ':' or '%'", name);
  }
  return "";
}

}  // namespace ebond::core
