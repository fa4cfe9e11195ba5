// The soak's eyes: what an operation excuses, and whether all that must hold does whenever it looks.
//
// Two kinds of windows: in the first, short ones frames may be lost; in the second, longer ones what `ebond
// show` says, and the counters, may still be on their way to what is so.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "tests/soak/checks.h"
#include "tests/soak/excuses.h"
#include "tests/soak/pulse.h"
#include "tests/soak/stage.h"

namespace ebond::soak {

class Watch {
 public:
  Watch(Stage& stage, Traffic& traffic);

  /// The beginning and the end of a time in which nothing is expected yet.
  void begin();
  void all_is_built();
  /// After it was carried out.
  void played(const Operation& operation, Time begin, Time end);
  /// Looks once; what is wrong, a sentence each. `closely`: at what is shown and counted as well.
  std::vector<std::string> look(bool closely);
  /// All windows are over: whatever is not so now will not be.
  bool is_calm() const;
  Milliseconds longest_wait() const;

 private:
  struct SiteWatch {
    Excuses losing, settling, doubling;
    std::optional<Time> no_link_since{};
    unsigned changes = 0;  ///< operations so far
    struct Reading {
      CounterReading counters;
      Time when;
      unsigned changes;
    };
    std::array<std::optional<Reading>, 2> readings{};
  };
  void played_on_a_daemon(const Operation& operation, Time begin, Time end);
  void played_on_a_site(const Operation& operation, Time begin, Time end);
  void watch_the_last_way(unsigned site, Time begin, Time end);
  void watch_the_kernels_queue(Time now);
  void look_closely_at(unsigned site, Side side, Time now, std::vector<std::string>& wrong);
  void look_at_counters(unsigned site, Side side, const nlohmann::json& shown,
                        std::vector<std::string>& wrong);
  std::optional<nlohmann::json> ask_what_is_shown(unsigned site, Side side);
  CounterReading read_counters(unsigned site, Side side, const nlohmann::json& shown);

  Stage& stage_;
  Traffic& traffic_;
  Pulse pulse_;
  std::vector<SiteWatch> sites_;
  std::array<Time, 2> killed_{};
  Time last_look_ = Clock::now();
  std::uint64_t queue_drops_ = 0;
};

}  // namespace ebond::soak
