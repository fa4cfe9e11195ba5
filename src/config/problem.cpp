#include "config/problem.h"

#include <fmt/format.h>

namespace ebond::config {

std::string Location::to_string() const {
  if (line == 0) return file;
  if (column == 0) return fmt::format("{}:{}", file, line);
  return fmt::format("{}:{}:{}", file, line, column);
}

std::string Problem::to_string() const {
  return fmt::format("{}: {}", where.to_string(), message);
}

}  // namespace ebond::config
