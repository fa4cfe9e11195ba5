// Names of the record: what is written into JSON and state files is read as what it was.
#include "core/event.h"

#include <gtest/gtest.h>

#include "core/judges/rows.h"

namespace ebond::core {
namespace {

TEST(EventNames, EachKindIsFoundByItsName) {
  for (int i = 0; i <= static_cast<int>(EventKind::other); ++i) {
    const auto kind = static_cast<EventKind>(i);
    EXPECT_EQ(event_kind_of(event_kind_name(kind)), kind) << event_kind_name(kind);
  }
  EXPECT_EQ(event_kind_name(EventKind::active_slave), "active-slave");
  EXPECT_EQ(event_kind_of("drained"), EventKind::other);
}

TEST(EventNames, WhatSawAFailoverIsFoundByItsName) {
  std::vector<SeenBy> all{std::monostate{},    Cause::command,   Cause::timer,        Cause::lacp,
                          LinkSource::enslave, LinkSource::hook, LinkSource::netlink, LinkSource::poll};
  for (const JudgeRow& row : judge_rows()) all.emplace_back(row.judge);
  for (const SeenBy& seen_by : all) EXPECT_EQ(seen_by_of(seen_by_name(seen_by)), seen_by);
  EXPECT_EQ(seen_by_name(PathJudge::damping), "damping");
  EXPECT_EQ(seen_by_name({}), "");
  EXPECT_EQ(seen_by_of("a seer"), SeenBy{});
}

}  // namespace
}  // namespace ebond::core
