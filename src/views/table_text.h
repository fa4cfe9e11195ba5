// What people read: `ebond show`, `ebond events`, `ebond check`. What is wrong stands out, with the reason
// beside it; with colour, red is what carries nothing, yellow what is to be mended.
#pragma once

#include <string>
#include <vector>

#include "core/check.h"
#include "core/report.h"
#include "views/paint.h"

namespace ebond::views {

/// The bonds one after the other, an empty line between them; "no bonds here\n" if there are none.
std::string show_text(const std::vector<core::BondReport>& reports, Colour colour);
/// "12:03:04.000123 bond0 eth0 link up -> down: carrier lost (netlink)", without a line end.
std::string event_line(const core::StampedEvent& event, Colour colour);
/// A line per feature, and whether a bond can run here.
std::string check_text(const core::CheckReport& report, Colour colour);

}  // namespace ebond::views
