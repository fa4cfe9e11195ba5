// What this kernel offers a bond, found by trying: `ebond check`.
//
// Everything is tried in a network namespace made for it and gone afterwards, so nothing of the machine's own
// is touched: a veth pair is made, a program loaded, attached and seen to move a frame. A line that says
// "available" has therefore been seen to work. Used by the daemon; knows nothing of bonds.
#pragma once

#include <string>
#include <vector>

namespace ebond::os {

struct FeatureLine {
  std::string feature;  ///< "veth devices", "carrier hook", …
  bool available = false;
  bool required = false;  ///< a bond cannot run without it
  std::string detail;     ///< what it is used for, or why it is missing and which CONFIG gives it
};
struct FeatureReport {
  std::vector<FeatureLine> lines;
  bool can_run = false;  ///< all that is required is available
};

/// Takes some 100 ms. Never fails: what could not be tried is a line that says why.
FeatureReport probe_features();

}  // namespace ebond::os
