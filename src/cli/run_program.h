// Other programs, run and waited for.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ebond::cli {

/// What it printed, if it is on PATH and ended with 0. What it says on standard error goes where ours goes.
std::optional<std::string> output_of(const std::vector<std::string>& command);

}  // namespace ebond::cli
