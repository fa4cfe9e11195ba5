// Bonds as they go over the wire: the JSON document and the texts of ebond_views, for a list of bonds.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/service.h"

namespace ebond::control {

/// An array, one views::bond_json per bond.
nlohmann::json render_json(const std::vector<core::BondReport>& bonds);
/// "text" and "verbose" (with ANSI colours or without), "proc", "json" as `ebond -j show` prints it,
/// "metrics", "openmetrics", "findings" as views::findings_json() has them; none for any other format.
std::optional<std::string> render_text(const std::vector<core::BondReport>& bonds, std::string_view format,
                                       bool colour, const core::DaemonReport& daemon);

}  // namespace ebond::control
