// What the tests of options share: contexts, and options in a mode.
#pragma once

#include "core/options/option_table.h"
#include "core/options/options.h"

namespace ebond::core {

inline constexpr OptionContext kIdle{.has_slaves = false, .admin_up = false};

inline BondOptions in_mode(Mode mode) {
  BondOptions options;
  options.mode = mode;
  return options;
}

}  // namespace ebond::core
