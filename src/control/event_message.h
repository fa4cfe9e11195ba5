// An event as JSON: as the Varlink service sends it, and as the daemon's history keeps it.
#pragma once

#include <nlohmann/json.hpp>

#include "core/report.h"

namespace ebond::control {

nlohmann::json event_to_json(const core::StampedEvent& event);
/// What is not there or of another type is empty, or -1 of the two that may be unknown.
core::StampedEvent event_from_json(const nlohmann::json& object);

}  // namespace ebond::control
