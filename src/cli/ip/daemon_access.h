// The way from the real ip's process to ebondd: found where it runs, started if it is needed.
#pragma once

#include <expected>
#include <string>

#include "control/client.h"

namespace ebond::cli::ip {

enum class Need : std::uint8_t {
  none,   ///< only if one runs
  bonds,  ///< one is started if a former one left bonds behind
  new_bond
};

/// A client in the process's present network namespace. The error is a sentence; "" if there is simply no
/// daemon and none was needed.
std::expected<control::Client, std::string> reach_daemon(Need need);

}  // namespace ebond::cli::ip
