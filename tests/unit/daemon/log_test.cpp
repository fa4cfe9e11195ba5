#include "daemon/log.h"

#include <gmock/gmock.h>

namespace ebond::daemon {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Pair;

const core::StampedEvent kFailover{.realtime_ns = 1,
                                   .netns = "web",
                                   .bond = "bond0",
                                   .event = {.kind = core::EventKind::failover,
                                             .from = "eth0",
                                             .to = "eth1",
                                             .why = "carrier lost",
                                             .seen_by = core::LinkSource::hook},
                                   .table_us = 42};

TEST(Log, SaysOfAnEventWhereWhatAndWhy) {
  EXPECT_EQ(log_line(kFailover), "web/bond0: failover eth0 -> eth1 (carrier lost)");
  EXPECT_EQ(log_line({.bond = "bond0", .event = {.kind = core::EventKind::enslaved, .slave = "eth0"}}),
            "bond0: enslaved eth0");
}

TEST(Log, GivesTheJournalAFieldForEachThingThatIsKnown) {
  EXPECT_THAT(
      journal_fields(kFailover),
      ElementsAre(Pair("MESSAGE", "web/bond0: failover eth0 -> eth1 (carrier lost)"), Pair("PRIORITY", "6"),
                  Pair("SYSLOG_IDENTIFIER", "ebondd"), Pair("EBOND_EVENT", "failover"),
                  Pair("EBOND_BOND", "bond0"), Pair("EBOND_NETNS", "web"), Pair("EBOND_FROM", "eth0"),
                  Pair("EBOND_TO", "eth1"), Pair("EBOND_WHY", "carrier lost"), Pair("EBOND_SEEN_BY", "hook"),
                  Pair("EBOND_TABLE_US", "42")));
  EXPECT_THAT(journal_fields({.bond = "bond0", .event = {.kind = core::EventKind::warning, .why = "no"}}),
              Contains(Pair("PRIORITY", "4")));
}

TEST(Log, KeepsANameThatIsAnOrderToATerminalOutOfTheMessage) {
  const auto fields = journal_fields({.bond = "b\x1b[31m", .event = {.kind = core::EventKind::created}});
  EXPECT_THAT(fields, Contains(Pair("MESSAGE", "b\\x1b[31m: created")));
}

}  // namespace
}  // namespace ebond::daemon
