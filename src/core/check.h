// What a kernel offers a bond, as `ebond check` tells it. Values alone: os/features finds them out, views/
// show them, control/ carries them.
#pragma once

#include <string>
#include <vector>

namespace ebond::core {

struct CheckLine {
  std::string feature;  ///< "veth devices", "carrier hook", …
  bool available = false;
  bool required = false;  ///< a bond cannot run without it
  std::string detail;     ///< what it is used for, or why it is missing and which CONFIG gives it
};

struct CheckReport {
  std::vector<CheckLine> lines;
  bool can_run = false;  ///< all that is required is available
};

}  // namespace ebond::core
