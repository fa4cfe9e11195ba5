#include "core/judges/rows.h"

#include <algorithm>
#include <array>

#include "core/judges/arp_judge.h"
#include "core/judges/bfd_judge.h"
#include "core/judges/damping_judge.h"
#include "core/judges/drain_judge.h"
#include "core/judges/failback_judge.h"
#include "core/judges/icmp_judge.h"
#include "core/judges/micro_bfd_judge.h"

namespace ebond::core {
namespace {

template <class J>
std::unique_ptr<Judge> make() {
  return std::make_unique<J>();
}

template <PathMonitor Kind>
bool monitors_by(const BondOptions& options) {
  return options.path_monitor == Kind;
}

bool always(const BondOptions&) {
  return true;
}

const std::array kRows{
    JudgeRow{.judge = PathJudge::icmp,
             .name = "icmp",
             .is_wanted = monitors_by<PathMonitor::icmp>,
             .why_over = "path_monitor set",
             .make = make<IcmpJudge>},
    JudgeRow{.judge = PathJudge::bfd,
             .name = "bfd",
             .is_wanted = monitors_by<PathMonitor::bfd>,
             .why_over = "path_monitor set",
             .make = make<bfd::BfdJudge>,
             .leaves_aggregator = true},
    JudgeRow{.judge = PathJudge::bfd,
             .name = "bfd",
             .is_wanted = monitors_by<PathMonitor::micro_bfd>,
             .why_over = "path_monitor set",
             .make = make<bfd::MicroBfdJudge>,
             .leaves_aggregator = true},
    JudgeRow{.judge = PathJudge::arp,
             .name = "arp",
             .is_wanted = ArpJudge::is_wanted,
             .why_over = "no target is probed any more",
             .make = make<ArpJudge>},
    JudgeRow{.judge = PathJudge::failback,
             .name = "failback",
             .is_wanted = FailbackJudge::is_wanted,
             .why_over = "failback set",
             .make = make<FailbackJudge>,
             .gives_way = true},
    // It counts losses while flap_damping is off, too: they count once it is switched on.
    JudgeRow{.judge = PathJudge::damping,
             .name = "damping",
             .is_wanted = always,
             .why_over = "flap_damping off",
             .make = make<DampingJudge>,
             .gives_way = true,
             .leaves_aggregator = true},
    JudgeRow{.judge = PathJudge::drain,
             .name = "drain",
             .is_wanted = always,
             .why_over = "undrained",
             .make = make<DrainJudge>,
             .leaves_aggregator = true},
};

}  // namespace

std::span<const JudgeRow> judge_rows() {
  return kRows;
}

const JudgeRow& row_of(PathJudge judge) {
  return *std::ranges::find(kRows, judge, &JudgeRow::judge);
}

std::string_view path_judge_name(PathJudge judge) {
  return row_of(judge).name;
}

}  // namespace ebond::core
