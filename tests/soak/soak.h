// The soak itself: plays a plan under traffic, looks all the time, and tells what it saw when time is over or
// something does not hold.
//
// One thread does and looks, one after the other, so that how things stand is known whenever it looks;
// traffic and the pulse have threads of their own.
#pragma once

#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/soak/plan.h"
#include "tests/soak/stage.h"
#include "tests/soak/traffic.h"
#include "tests/soak/watch.h"

namespace ebond::soak {

struct SoakOptions {
  double minutes = 2;
  std::uint64_t seed = 1;
  unsigned bonds = 4;
  Builds builds{};
  std::filesystem::path journal{};  ///< every operation, as it was done
};

class Soak {
 public:
  explicit Soak(SoakOptions options);
  /// Whether all held. Tells on stdout.
  bool run();

 private:
  void build();
  void play_until(Time end);
  void play(const Operation& operation);
  void mend_all();
  void rest(Milliseconds time);
  void note(const std::string& line);
  void tell();

  SoakOptions options_;
  Plan plan_;
  Stage stage_;
  Traffic traffic_;
  Watch watch_;
  Time start_ = Clock::now();
  unsigned operations_ = 0, looks_ = 0;
  std::deque<std::string> latest_;
  std::vector<std::string> violations_;
};

}  // namespace ebond::soak
