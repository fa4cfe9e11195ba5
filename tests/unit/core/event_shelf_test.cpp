#include "core/event_shelf.h"

#include <gmock/gmock.h>

namespace ebond::core {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t kMachine = 1, kGuest = 2, kOtherGuest = 3;

PlacedEvent event(std::uint64_t where, std::int64_t when, std::string bond = "bond0") {
  return {where, std::make_shared<const StampedEvent>(
                     StampedEvent{.realtime_ns = when,
                                  .netns = where == kMachine ? "" : "net:[" + std::to_string(where) + "]",
                                  .bond = std::move(bond)})};
}

std::vector<std::int64_t> times(const std::vector<std::shared_ptr<const StampedEvent>>& events) {
  std::vector<std::int64_t> all;
  for (const auto& each : events) all.push_back(each->realtime_ns);
  return all;
}

std::size_t count(const EventShelf& shelf, std::uint64_t where) {
  return shelf.part(where, 0, 0, 1000).events.size();
}

TEST(EventShelf, HasTheEventsOfANamespaceSinceATime) {
  EventShelf shelf(10);
  for (std::int64_t when = 1; when <= 4; ++when) shelf.push(event(kMachine, when));
  shelf.push(event(kGuest, 5));
  EXPECT_THAT(times(shelf.part(kMachine, 0, 3, 10).events), ElementsAre(3, 4));
  EXPECT_THAT(times(shelf.part(kGuest, 0, 0, 10).events), ElementsAre(5));
  EXPECT_TRUE(shelf.part(kOtherGuest, 0, 0, 10).events.empty());
}

TEST(EventShelf, TellsWhereToGoOnIfThereIsMore) {
  EventShelf shelf(10);
  for (std::int64_t when = 1; when <= 5; ++when) shelf.push(event(kMachine, when));
  const auto first = shelf.part(kMachine, 0, 0, 3);
  EXPECT_THAT(times(first.events), ElementsAre(1, 2, 3));
  EXPECT_TRUE(first.more);
  const auto second = shelf.part(kMachine, first.next, 0, 3);
  EXPECT_THAT(times(second.events), ElementsAre(4, 5));
  EXPECT_FALSE(second.more);
  EXPECT_EQ(second.next, shelf.next_number());
  shelf.push(event(kMachine, 6));
  EXPECT_THAT(times(shelf.part(kMachine, second.next, 0, 3).events), ElementsAre(6));
}

TEST(EventShelf, GivesUpTheOldestOfWhoeverHasMost) {
  EventShelf shelf(10);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(shelf.push(event(kOtherGuest, i)));
  for (int i = 0; i < 7; ++i) EXPECT_TRUE(shelf.push(event(kGuest, i)));
  for (int i = 7; i < 100; ++i) EXPECT_FALSE(shelf.push(event(kGuest, i)));
  EXPECT_EQ(shelf.size(), 10u);
  EXPECT_EQ(count(shelf, kOtherGuest), 3u);
  EXPECT_THAT(times(shelf.part(kGuest, 0, 0, 1).events), ElementsAre(93));
}

TEST(EventShelf, LeavesTheMachineHalfOfIt) {
  EventShelf shelf(10);
  for (int i = 0; i < 100; ++i) shelf.push(event(kMachine, i));
  EXPECT_EQ(count(shelf, kMachine), 10u);
  for (int i = 0; i < 100; ++i) shelf.push(event(kGuest + static_cast<std::uint64_t>(i), i));
  EXPECT_EQ(count(shelf, kMachine), 5u);
  EXPECT_EQ(shelf.size(), 10u);
}

TEST(EventShelf, GivesUpTheMachinesOwnIfThereAreNoOthers) {
  EventShelf shelf(1);
  shelf.push(event(kMachine, 1));
  shelf.push(event(kMachine, 2));
  EXPECT_THAT(times(shelf.part(kMachine, 0, 0, 9).events), ElementsAre(2));
}

TEST(EventShelf, HasAllInTheOrderInWhichTheyCame) {
  EventShelf shelf(10);
  shelf.push(event(kGuest, 1));
  shelf.push(event(kMachine, 2));
  shelf.push(event(kGuest, 3));
  std::vector<std::int64_t> all;
  for (const auto& each : shelf.all()) all.push_back(each.event->realtime_ns);
  EXPECT_THAT(all, ElementsAre(1, 2, 3));
}

TEST(EventShelf, IsTakenFromByNamespacesInTurn) {
  EventShelf shelf(100);
  for (int i = 0; i < 50; ++i) shelf.push(event(kGuest, i));
  shelf.push(event(kMachine, 100));
  std::vector<std::int64_t> taken;
  for (int i = 0; i < 3; ++i) taken.push_back(shelf.take()->event->realtime_ns);
  EXPECT_THAT(taken, ElementsAre(100, 0, 1));
  while (shelf.take()) {
  }
  EXPECT_EQ(shelf.size(), 0u);
}

}  // namespace
}  // namespace ebond::core
