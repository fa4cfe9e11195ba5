// A command line of iproute2's ip, as far as our ip has to understand it: whether the real one will talk
// about links, and ebond's own options, which the real one does not know. Pure; all the rest of the grammar
// is the real ip's.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/service.h"

namespace ebond::cli::ip {

struct Plan {
  bool about_links = false;            ///< the real ip needs us at its side
  std::vector<std::string> arguments;  ///< for the real ip: without ebond's own options
  control::KeyValues own_options;
};

/// `arguments` without the program's name.
Plan plan(const std::vector<std::string>& arguments);

/// Options of a bond or a slave that iproute2 6.1 has no word for: ebond's own, and newer kernels'. Each has
/// a value.
std::span<const std::string_view> options_beyond_iproute2();

}  // namespace ebond::cli::ip
