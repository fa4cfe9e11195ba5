// The poller by itself, on threads as in the daemon, with devices that answer as a test says.
#include "daemon/link_poller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace ebond::daemon {
namespace {

using namespace std::chrono_literals;
using core::IfIndex;

/// "eth1" has the index 1.
IfIndex index_of(const std::string& name) {
  return IfIndex(static_cast<std::uint32_t>(std::stoul(name.substr(3))));
}

class FakeDevices : public Devices {
 public:
  os::Result<bool> carrier(const std::string& name, bool) override {
    ++asked;
    if (name == blocked) free.wait();
    return up(name);
  }
  os::Result<core::LinkState> link(const std::string& name, bool) override {
    ++asked_closer;
    if (name == blocked) free.wait();
    if (!up(name)) return core::LinkState{};
    return core::LinkState{.carrier = true, .speed_mbps = speed, .duplex = core::Duplex::full};
  }
  os::Result<Carriers> all_carriers() override {
    ++dumps;
    Carriers all;
    for (std::uint32_t i = 1; i <= there; ++i) all.emplace(IfIndex(i), i != std::to_underlying(down.load()));
    return all;
  }

  std::atomic<IfIndex> down{};
  std::atomic<std::uint32_t> speed = 1000, there = 20;
  std::string blocked;
  std::latch free{1};
  std::atomic<int> asked = 0, asked_closer = 0, dumps = 0;

 private:
  bool up(const std::string& name) const { return index_of(name) != down.load(); }
};

class Polling : public ::testing::Test {
 protected:
  void TearDown() override { devices->free.count_down(); }
  LinkWatch::Wanted wanted(std::uint32_t links, std::optional<core::Milliseconds> every = 5ms) {
    LinkWatch::Wanted wanted{.every = every};
    for (std::uint32_t i = 1; i <= links; ++i) {
      wanted.links.push_back({IfIndex(i),
                              "eth" + std::to_string(i),
                              {.carrier = true, .speed_mbps = 1000, .duplex = core::Duplex::full}});
    }
    return wanted;
  }
  std::unique_ptr<LinkWatch> watch(std::shared_ptr<Devices> which) {
    return poller.watch(std::move(which), [this](const auto& told) {
      answers.insert(answers.end(), told.begin(), told.end());
    });
  }
  /// Runs the loop until that is so, for ten seconds at most.
  template <class Condition>
  bool comes_true(const Condition& condition) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!condition() && std::chrono::steady_clock::now() < end) {
      loop.restart();
      loop.run_for(2ms);
    }
    return condition();
  }

  std::shared_ptr<FakeDevices> devices = std::make_shared<FakeDevices>();
  std::vector<LinkWatch::Answer> answers;
  asio::io_context loop;
  LinkPoller poller{loop};
};

TEST_F(Polling, TellsOnlyOfWhatIsOtherwiseThanKnown) {
  const auto here = watch(devices);
  here->watch(wanted(2));
  ASSERT_TRUE(comes_true([&] { return devices->asked > 20; }));
  EXPECT_TRUE(answers.empty());
  EXPECT_EQ(devices->asked_closer, 2) << "for speed and duplex once, at the beginning";
  devices->down = IfIndex(2);
  ASSERT_TRUE(comes_true([&] { return !answers.empty(); }));
  EXPECT_EQ(answers[0].ifindex, IfIndex(2));
  EXPECT_FALSE(answers[0].link.carrier);
  EXPECT_EQ(answers[0].cause.source, core::LinkSource::poll);
  EXPECT_EQ(answers[0].cause.heard, answers[0].asked);
}

TEST_F(Polling, TellsOnceHoweverLongTheLoopIsBusy) {
  const auto here = watch(devices);
  here->watch(wanted(1));
  devices->down = IfIndex(1);
  while (devices->asked_closer < 10) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(here->seen_lost(IfIndex(1)));
  loop.poll();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_LT(answers[0].asked, core::TimePoint((std::chrono::steady_clock::now() - 30ms).time_since_epoch()))
      << "when it was seen first";
}

TEST_F(Polling, ADeviceThatDoesNotAnswerHoldsUpNoOther) {
  devices->blocked = "eth1";
  const auto here = watch(devices), elsewhere = watch(devices);
  here->watch(wanted(2));
  elsewhere->watch(wanted(4));
  ASSERT_TRUE(comes_true([&] { return devices->asked > 4; }));
  devices->down = IfIndex(2);
  EXPECT_TRUE(comes_true([&] { return answers.size() >= 2; })) << "of both who watch it";
}

TEST_F(Polling, AsksManyAtOneStrokeUnlessMostAreStrangers) {
  const auto here = watch(devices);
  here->watch(wanted(10));
  ASSERT_TRUE(comes_true([&] { return devices->dumps > 3; }));
  EXPECT_EQ(devices->asked, 0);
  devices->down = IfIndex(7);
  ASSERT_TRUE(comes_true([&] { return !answers.empty(); }));
  EXPECT_EQ(answers[0].ifindex, IfIndex(7));
  devices->there = 1000;
  ASSERT_TRUE(comes_true([&] { return devices->asked > 30; }));
}

TEST_F(Polling, AsksAtOnceAndForItsCauseWhereNothingIsPolled) {
  const auto here = watch(devices);
  here->watch(wanted(2, std::nullopt));
  devices->speed = 100;
  const core::TimePoint heard(77s);
  here->ask(IfIndex(2), {.source = core::LinkSource::netlink, .heard = heard});
  ASSERT_TRUE(comes_true([&] { return !answers.empty(); }));
  EXPECT_EQ(devices->asked_closer, 1);
  EXPECT_EQ(answers[0].link.speed_mbps, 100U);
  EXPECT_EQ(answers[0].cause.source, core::LinkSource::netlink);
  EXPECT_EQ(answers[0].cause.heard, heard);
}

TEST_F(Polling, LooksCloserSoonHoweverOftenItIsAsked) {
  const auto here = watch(devices);
  here->watch(wanted(1, std::nullopt));
  const auto end = std::chrono::steady_clock::now() + 300ms;
  while (std::chrono::steady_clock::now() < end) here->look_closer(IfIndex(1));
  EXPECT_GE(devices->asked_closer, 1);
  EXPECT_LE(devices->asked_closer, 4);
}

TEST_F(Polling, NobodyIsToldWhoWatchesNoMore) {
  auto here = watch(devices);
  here->watch(wanted(1));
  devices->down = IfIndex(1);
  while (devices->asked_closer < 3) std::this_thread::sleep_for(1ms);
  here.reset();
  loop.poll();
  EXPECT_TRUE(answers.empty());
}

}  // namespace
}  // namespace ebond::daemon
