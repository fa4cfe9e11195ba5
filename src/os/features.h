// What this kernel offers a bond, found by trying: `ebond check`.
//
// Everything is tried in a network namespace made for it and gone afterwards, so nothing of the machine's own
// is touched: a veth pair is made, a program loaded, attached and seen to move a frame. A line that says
// "available" has therefore been seen to work. Used by the daemon; knows nothing of bonds.
#pragma once

#include "core/check.h"

namespace ebond::os {

/// Takes some 100 ms. Never fails: what could not be tried is a line that says why.
core::CheckReport probe_features();

}  // namespace ebond::os
