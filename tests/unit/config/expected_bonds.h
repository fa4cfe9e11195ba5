// What tests/unit/config/data/formats says must come out of a folder, against what did come out: compared by
// what takes effect, so that an option at its default is as good as one left out. Differences are sentences.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "config/bond_config.h"
#include "config/problem.h"

namespace ebond::config::test {

/// An empty list if all is as expected. Places are named from `folder`.
std::vector<std::string> differences(const nlohmann::json& expected, const Result<Configuration>& read,
                                     const std::filesystem::path& folder);

}  // namespace ebond::config::test
