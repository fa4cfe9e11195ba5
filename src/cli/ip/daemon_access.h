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

/// A client in the process's present network namespace, of little patience: nobody waits long for `ip`. The
/// error is a sentence; "" if there is simply no daemon and none was needed.
std::expected<control::Client, std::string> reach_daemon(Need need);

/// It does not answer: says so, once, and asks it nothing more in this process. What follows is the kernel's
/// view.
void give_up_on_daemon();

}  // namespace ebond::cli::ip
