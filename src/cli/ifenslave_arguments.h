// The command line of ifenslave, as the classic tool reads it: options in any order, at most one of those
// that say what to do, then the master and its slaves.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "cli/arguments.h"

namespace ebond::cli {

struct IfenslaveArguments {
  enum class Action : std::uint8_t {
    enslave,
    detach,
    change_active,
    show,
    show_all
  } action = Action::enslave;
  bool verbose = false;
  std::string master;               ///< empty for show_all
  std::vector<std::string> slaves;  ///< in order of preference
};

std::expected<IfenslaveArguments, Answer> parse_ifenslave_arguments(std::vector<std::string> words);

}  // namespace ebond::cli
