// A bond's tables as JSON, there and back: the daemon answers with it, `ebond flow` and `ebond balance` read
// it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "core/foresight.h"

namespace ebond::views {

nlohmann::json foresight_json(const core::Foresight& foresight);
/// Nothing if it is not what foresight_json() makes.
std::optional<core::Foresight> foresight_from_json(const nlohmann::json& json);

}  // namespace ebond::views
