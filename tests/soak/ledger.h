// What became of each numbered frame of a flow: the book from which the soak reads that frames flow, that
// none comes twice and none comes back.
//
// Pure: told when frames were sent and when they arrived, asked what is wrong. Times are of one clock. A
// frame that has not arrived within kPatience is lost.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "tests/soak/excuses.h"

namespace ebond::soak {

struct FlowRules {
  std::string name;
  bool may_double = false;  ///< the bond sends each frame by every slave
};

class Ledger {
 public:
  static constexpr std::chrono::seconds kPatience{3}, kMemory{10};

  explicit Ledger(FlowRules rules) : rules_(std::move(rules)) {}

  /// Numbered from 0 in the order of the calls. A sender that was held up says later when it ended.
  void sent(Time began, Time ended) { frames_.push_back({.began = began, .ended = ended}); }
  void ended(std::uint64_t number, Time when);
  void arrived(std::uint64_t number, Time when);
  /// Its sender heard it again.
  void came_back(std::uint64_t number, Time when);

  /// What has gone wrong since the last call, a sentence each.
  std::vector<std::string> judge(Time now, const Excuses& losing, const Excuses& doubling);

  std::uint64_t sent_count() const { return first_ + frames_.size(); }
  std::uint64_t arrived_count() const { return arrived_; }
  std::uint64_t lost_count() const { return lost_; }  ///< excused ones, so far
  /// Not so much as one of those sent in [begin, end), and that are at least a few.
  bool none_arrived(Time begin, Time end) const;

 private:
  struct Frame {
    Time began, ended;
    unsigned arrivals = 0;
    bool judged = false;
  };
  struct Echo {
    std::uint64_t number;
    Time when;
  };
  Frame* find(std::uint64_t number);

  FlowRules rules_;
  std::deque<Frame> frames_;
  std::uint64_t first_ = 0;  // number of the first that is kept
  std::uint64_t arrived_ = 0, lost_ = 0;
  std::vector<Echo> doubled_, echoed_;
};

}  // namespace ebond::soak
