// `ebond show -v`: all there is to know of a bond on one screen. What `ebond show` has, and below it since
// when, what was set, the cards, LACP, monitors and the latest failovers, a table each.
#pragma once

#include <string>
#include <vector>

#include "core/report.h"
#include "views/paint.h"

namespace ebond::views {

/// The bonds one after the other, an empty line between them; "no bonds here\n" if there are none. A table
/// that would be empty is left out.
std::string verbose_text(const std::vector<core::BondReport>& reports, Colour colour);

}  // namespace ebond::views
