// Every judge there is, one row each: what it is called, when it sits, how it is made. The bench seats judges
// by it, and the gate, LACP and the views look up here what they must know of a judge.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "core/options/options.h"
#include "core/status.h"

namespace ebond::core {

class Judge;

struct JudgeRow {
  PathJudge judge{};
  std::string_view name;
  bool (*is_wanted)(const BondOptions& options) = nullptr;
  std::string_view why_over;  ///< what lets a slave pass once the judge is not wanted any more
  std::function<std::unique_ptr<Judge>()> make;
  /// It holds only a slave that was away, and better such a slave than none: it gives way to the last one.
  bool gives_way = false;
  /// 802.3ad: the port leaves its aggregator, and the partner is told. False for a judge whose questions must
  /// be let through by the partner: its port only sends nothing.
  bool leaves_aggregator = false;
};

/// In the order in which they are told and asked.
std::span<const JudgeRow> judge_rows();
/// What is so of every row of `judge`: its name, gives_way, leaves_aggregator.
const JudgeRow& row_of(PathJudge judge);

}  // namespace ebond::core
