// Keeps the log readable while somebody makes the bond speak: each kind of event has a budget of lines, and
// what was left out is counted and told.
//
// Used by the daemon, one for each bond. It limits the log alone: a subscriber gets every event, as fast as
// it reads them.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.h"

namespace ebond::core {

class LogLimiter {
 public:
  /// So many lines of a kind at once, one more every interval: what a large bond says when it comes up fits.
  static constexpr std::size_t kBurst = 200;
  static constexpr Milliseconds kInterval{500};

  struct LeftOut {
    std::string kind;
    std::size_t lines = 0;
    bool operator==(const LeftOut&) const = default;
  };

  /// May a line of this kind be written now? If not it is counted.
  bool allows(std::string_view kind, TimePoint now);
  /// The kinds that may be written again, with how many lines were left out. Each is told once.
  std::vector<LeftOut> take_left_out(TimePoint now);
  /// When there is room to tell of some; none if nothing was left out.
  std::optional<TimePoint> next_room() const;

 private:
  struct Budget {
    std::size_t left = kBurst;
    TimePoint refilled{};
    std::size_t left_out = 0;
    void refill(TimePoint now);
  };
  std::map<std::string, Budget, std::less<>> budgets_;
};

}  // namespace ebond::core
