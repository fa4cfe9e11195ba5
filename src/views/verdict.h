// Whether all is well with a bond, in one word, and if not, why in one sentence.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/status.h"

namespace ebond::views {

enum class Verdict : std::uint8_t {
  ok,
  degraded,  ///< carries traffic, but something is to be mended
  down       ///< carries nothing
};

struct Judgement {
  Verdict verdict = Verdict::ok;
  std::string why;  ///< empty where ok
};

Judgement judge(const core::BondStatus& bond);
/// "ok", "degraded", "down"
std::string_view verdict_word(Verdict verdict);

}  // namespace ebond::views
