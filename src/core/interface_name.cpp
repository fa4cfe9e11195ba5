#include "core/interface_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace ebond::core {

namespace {

std::string fault_of(std::string_view name, std::size_t longest) {
  if (name.empty()) return "an interface name is missing";
  if (name.size() > longest) {
    return fmt::format("'{}' is too long for an interface name: {} characters, at most {} fit", name,
                       name.size(), longest);
  }
  const auto unfit = [](unsigned char c) {
    return c <= ' ' || c == '/' || c == ':' || c == '%' || c == 0x7f;
  };
  if (name == "." || name == ".." || std::ranges::any_of(name, unfit)) {
    return fmt::format("'{}' is not an interface name: it may not hold a blank, '/', ':' or '%'", name);
  }
  return "";
}

}  // namespace

std::string interface_name_fault(std::string_view name) {
  return fault_of(name, 15);  // IFNAMSIZ less its NUL
}

std::string any_interface_name_fault(std::string_view name) {
  return fault_of(name, 127);  // ALTIFNAMSIZ less its NUL
}

}  // namespace ebond::core
