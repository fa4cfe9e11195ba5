// The kinds of Error and their names on the wire, both ways, in one place.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "control/service.h"

namespace ebond::control {

/// "io.ebond.NoSuchBond", …
std::string error_name(Error::Kind kind);
std::optional<Error::Kind> error_kind(std::string_view name);

}  // namespace ebond::control
