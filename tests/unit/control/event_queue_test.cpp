#include "control/event_queue.h"

#include <gtest/gtest.h>

namespace ebond::control {
namespace {

core::StampedEvent event(int number) {
  return {number, 0, "", "bond0", {core::EventKind::link, "eth0", "up", "down", ""}};
}

TEST(EventQueue, GivesEventsInTheirOrder) {
  EventQueue queue(10);
  queue.push(event(1));
  queue.push(event(2));
  EXPECT_EQ(queue.pop()->event.realtime_ns, 1);
  const auto second = queue.pop();
  EXPECT_EQ(second->event.realtime_ns, 2);
  EXPECT_EQ(second->missed, 0u);
  EXPECT_FALSE(queue.pop());
}

TEST(EventQueue, DropsTheOldestAndTellsHowManyOnce) {
  EventQueue queue(2);
  for (int number = 1; number <= 5; ++number) queue.push(event(number));
  const auto first = queue.pop();
  EXPECT_EQ(first->event.realtime_ns, 4);
  EXPECT_EQ(first->missed, 3u);
  const auto second = queue.pop();
  EXPECT_EQ(second->event.realtime_ns, 5);
  EXPECT_EQ(second->missed, 0u);
}

}  // namespace
}  // namespace ebond::control
