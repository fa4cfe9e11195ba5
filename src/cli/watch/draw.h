// The screen of `ebond watch` for a model, as lines. Reads nothing but its arguments.
#pragma once

#include <cstdint>
#include <vector>

#include "cli/watch/model.h"
#include "cli/watch/screen.h"

namespace ebond::cli::watch {

inline constexpr Size kLeast{.columns = 80, .rows = 24};

struct View {
  Size size = kLeast;
  std::int64_t realtime_ns = 0;  ///< now
  bool has_blocks = true;        ///< the terminal shows UTF-8
};

/// As many lines as the view has rows, none wider than it. What is smaller than kLeast gets a sentence that
/// says so, and of each bond no more than how it is.
std::vector<Line> draw(const Model& model, const View& view);

}  // namespace ebond::cli::watch
