// Whether all is well with a bond, in one word, and if not, why in one sentence.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/report.h"

namespace ebond::views {

enum class Health : std::uint8_t {
  ok,
  degraded,  ///< carries traffic, but something is to be mended
  down,      ///< carries nothing
  failed     ///< the daemon does nothing for it any more
};

struct HealthReport {
  Health health = Health::ok;
  std::string why;  ///< empty if ok
};

HealthReport health_of(const core::BondReport& report);
/// "ok", "degraded", "down", "failed"
std::string_view health_word(Health health);

}  // namespace ebond::views
