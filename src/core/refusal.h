// Why a command was not carried out, and the type of what may be refused.
#pragma once

#include <expected>
#include <string>

namespace ebond::core {

/// `message` is a whole sentence for a person: what was wrong and what would be right.
struct Refusal {
  enum class Kind { unknown_option, bad_value, not_in_mode, not_now, no_such_slave, conflict } kind;
  std::string message;
  std::string option;  ///< where an option is to blame
};

}  // namespace ebond::core
