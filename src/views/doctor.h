// What is wrong with a bond, or will be on the bad day: by its configuration, its slaves, their neighbours
// and its history. Each finding has its evidence and what to do.
//
// findings_of() judges what the daemon reports; `ebond doctor` adds what it sees of the machine. Nothing is
// found in a bond that is as it should be.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/report.h"
#include "views/paint.h"

namespace ebond::views {

enum class Gravity : std::uint8_t {
  broken,  ///< does not work now
  risk,    ///< will not work, or not all of it, once something else fails
  advice   ///< works, but worse than it could
};

struct Finding {
  Gravity gravity = Gravity::advice;
  std::string bond{};
  std::string what{};      ///< one sentence
  std::string evidence{};  ///< what it was seen by
  std::string remedy{};    ///< what to do
  bool operator==(const Finding&) const = default;
};

std::vector<Finding> findings_of(const core::BondReport& report);

nlohmann::ordered_json findings_json(const std::vector<Finding>& findings);
/// What findings_json() made; throws nlohmann::json::exception on anything else.
std::vector<Finding> findings_from_json(const nlohmann::json& json);

/// The heaviest first. `bonds`: how many were looked at.
std::string doctor_text(std::vector<Finding> findings, std::size_t bonds, Colour colour);

}  // namespace ebond::views
