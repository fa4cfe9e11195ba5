// The options of a slave: prio, queue_id, actor_port_prio.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/options/option_table.h"

namespace ebond::core {
namespace {

using testing::HasSubstr;
using Kind = Refusal::Kind;

TEST(ApplySlaveOption, TakesPrioOnlyWhereThereIsAnActiveSlave) {
  for (int mode = 0; mode <= 6; ++mode) {
    SlaveOptions slave;
    const auto done = apply_slave_option(slave, "prio", "-10", {.mode = static_cast<Mode>(mode)});
    ASSERT_EQ(done.has_value(), mode == 1 || mode == 5 || mode == 6) << mode;
    EXPECT_EQ(slave.prio, done ? -10 : 0);
    if (!done) {
      EXPECT_EQ(done.error().kind, Kind::not_in_mode);
    }
  }
}

TEST(ApplySlaveOption, TakesAnySigned32BitPrio) {
  const SlaveOptionContext context{.mode = Mode::active_backup};
  SlaveOptions slave;
  for (auto [text, prio] :
       {std::pair{"2147483647", std::numeric_limits<std::int32_t>::max()},
        std::pair{"-2147483648", std::numeric_limits<std::int32_t>::min()}, std::pair{"0", 0}}) {
    ASSERT_TRUE(apply_slave_option(slave, "prio", text, context));
    EXPECT_EQ(slave.prio, prio);
  }
  for (auto text : {"", "-", "high", "2147483648", "-2147483649", "1.5", "--1", "+1"}) {
    const auto done = apply_slave_option(slave, "prio", text, context);
    ASSERT_FALSE(done) << text;
    EXPECT_EQ(done.error().message, std::string("option prio cannot be set to '") + text +
                                        "': accepted is -2147483648 to 2147483647");
    EXPECT_EQ(slave.prio, 0);
  }
}

TEST(ApplySlaveOption, TakesAQueueIdUpToTheBondsQueuesThatNoOtherSlaveHas) {
  const std::vector<std::uint16_t> others = {0, 2};
  const SlaveOptionContext context{.mode = Mode::balance_rr, .other_queue_ids = others, .tx_queues = 16};
  SlaveOptions slave;
  for (auto [text, queue_id] : {std::pair{"1", 1}, std::pair{"16", 16}, std::pair{"0", 0}}) {
    ASSERT_TRUE(apply_slave_option(slave, "queue_id", text, context));
    EXPECT_EQ(slave.queue_id, queue_id);
  }
  const auto taken = apply_slave_option(slave, "queue_id", "2", context);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().kind, Kind::conflict);
  for (auto text : {"", "17", "-1", "eth0:1", "65536", "one"}) {
    const auto done = apply_slave_option(slave, "queue_id", text, context);
    ASSERT_FALSE(done) << text;
    EXPECT_EQ(done.error().kind, Kind::bad_value);
    EXPECT_THAT(done.error().message, HasSubstr("0 (none) to 16"));
  }
  EXPECT_EQ(slave.queue_id, 0);
}

TEST(ApplySlaveOption, TakesActorPortPrioInMode8023adOnly) {
  SlaveOptions slave;
  const SlaveOptionContext lacp{.mode = Mode::ieee8023ad};
  EXPECT_EQ(slave.actor_port_prio, 255);
  ASSERT_TRUE(apply_slave_option(slave, "actor_port_prio", "65535", lacp));
  EXPECT_EQ(slave.actor_port_prio, 65535);
  for (auto text : {"", "65536", "-1", "low"}) {
    EXPECT_EQ(apply_slave_option(slave, "actor_port_prio", text, lacp).error().kind, Kind::bad_value) << text;
  }
  const auto done = apply_slave_option(slave, "actor_port_prio", "1", {.mode = Mode::active_backup});
  EXPECT_EQ(done.error().kind, Kind::not_in_mode);
}

TEST(ApplySlaveOption, RefusesUnknownOptionsNamingTheKnownOnes) {
  SlaveOptions slave;
  const auto done = apply_slave_option(slave, "priority", "1", {.mode = Mode::active_backup});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, Kind::unknown_option);
  EXPECT_EQ(done.error().message,
            "there is no slave option 'priority'; there are prio, queue_id, actor_port_prio");
}

TEST(SlaveOptionTexts, SetAgainTheyMakeTheSameSlave) {
  const SlaveOptions set{.prio = -7, .queue_id = 3, .actor_port_prio = 9};
  SlaveOptions again;
  for (const auto& [name, value] : slave_option_texts(set)) {
    const auto mode = name == "actor_port_prio" ? Mode::ieee8023ad : Mode::active_backup;
    ASSERT_TRUE(apply_slave_option(again, name, value, {.mode = mode})) << name;
  }
  EXPECT_EQ(again.prio, set.prio);
  EXPECT_EQ(again.queue_id, set.queue_id);
  EXPECT_EQ(again.actor_port_prio, set.actor_port_prio);
}

}  // namespace
}  // namespace ebond::core
