#include "config/bond_config.h"

#include <fmt/format.h>

namespace ebond::config {

std::string SlaveConfig::to_string() const {
  if (!name.empty()) return name;
  if (match.mac && !match.name.empty()) {
    return fmt::format("a card with MAC {} and a name like {}", match.mac->to_string(), match.name);
  }
  if (match.mac) return fmt::format("a card with MAC {}", match.mac->to_string());
  return fmt::format("a card with a name like {}", match.name);
}

}  // namespace ebond::config
