#include "config/bond_config.h"

#include <fmt/format.h>

#include <algorithm>

namespace ebond::config {

std::string interface_name_fault(const std::string& name) {
  constexpr std::size_t kMostCharacters = 15;  // IFNAMSIZ less its NUL
  const auto unfit = [](unsigned char c) { return c <= ' ' || c == '/' || c == ':' || c == 0x7f; };
  if (name.empty()) return "an interface name is missing";
  if (name.size() > kMostCharacters) {
    return fmt::format("\"{}\" is too long for an interface name: {} characters, at most {} fit", name,
                       name.size(), kMostCharacters);
  }
  if (name == "." || name == ".." || std::ranges::any_of(name, unfit)) {
    return fmt::format("\"{}\" is no interface name: it may hold no blank, slash or colon", name);
  }
  return "";
}

}  // namespace ebond::config
