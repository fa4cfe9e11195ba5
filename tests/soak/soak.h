// The soak itself: plays a plan under traffic and compares what is seen with what must hold, until time is
// over or something does not.
//
// One thread does and looks, one after the other, so that how things stand is known whenever it looks;
// traffic and the pulse have threads of their own.
#pragma once

#include <array>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lab/ebond.h"
#include "lab/lab.h"
#include "tests/soak/excuses.h"
#include "tests/soak/plan.h"
#include "tests/soak/pulse.h"
#include "tests/soak/site.h"
#include "tests/soak/traffic.h"

namespace ebond::soak {

struct SoakOptions {
  double minutes = 2;
  std::uint64_t seed = 1;
  unsigned bonds = 4;
  std::filesystem::path build;          ///< whose ebondd is tried
  std::filesystem::path other_build{};  ///< which it is upgraded to, and back from
  std::filesystem::path journal{};      ///< every operation, as it was done
};

class Soak {
 public:
  explicit Soak(SoakOptions options);
  /// Whether all held. Tells on stdout.
  bool run();

 private:
  lab::Ebond& daemon(Side side) { return side == Side::near ? near_ : far_; }
  bool is_of(const Site& site, Side side) const { return site.has_bond(side); }
  void build();
  void wait_until_all_is_well();
  void play(const Step& step);
  void carry_out(const Operation& operation);
  void excuse(const Operation& operation, Time begin, Time end);
  void excuse_for_daemon(const Operation& operation, Time begin, Time end);
  void rest(Milliseconds time);
  void look();
  void note(const std::string& line);
  void tell_of(const std::vector<std::string>& violations);
  std::string summary() const;

  SoakOptions options_;
  Plan plan_;
  lab::Lab lab_;
  lab::Ebond near_, far_;
  std::vector<std::unique_ptr<Site>> sites_;
  lab::Host& nobody_;
  Pulse pulse_;
  std::vector<Excuses> excuses_;  // by site
  Situation situation_;
  Traffic traffic_;
  Time start_ = Clock::now();
  std::array<Time, 2> killed_{};
  unsigned operations_ = 0;
  std::deque<std::string> latest_;
  std::vector<std::string> violations_;
};

}  // namespace ebond::soak
