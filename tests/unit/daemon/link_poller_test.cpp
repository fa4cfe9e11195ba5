// The poller by itself, on threads as in the daemon, with devices that answer as a test says.
#include "daemon/link_poller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
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
  explicit FakeDevices(std::uint64_t inode = 1) : inode_(inode) {}
  std::uint64_t namespace_inode() const override {
    ++looks;
    return inode_;
  }
  std::uint64_t inode() const { return inode_; }
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
  bool kernel_has_carrier(const std::string& name) override {
    ++asked_the_kernel;
    return index_of(name) != without_carrier.load();
  }
  os::Result<Carriers> all_carriers() override {
    ++dumps;
    Carriers all;
    for (std::uint32_t i = 1; i <= there; ++i) all.emplace(IfIndex(i), i != std::to_underlying(down.load()));
    return all;
  }

  std::atomic<IfIndex> down{}, without_carrier{};
  std::atomic<std::uint32_t> speed = 1000, there = 20;
  std::string blocked;
  std::latch free{1};
  std::atomic<int> asked = 0, asked_closer = 0, asked_the_kernel = 0, dumps = 0;
  mutable std::atomic<int> looks = 0;  ///< by somebody who compares it with the roll

  bool is_up(IfIndex index) const { return index != down.load(); }

 private:
  bool up(const std::string& name) const { return is_up(index_of(name)); }
  std::uint64_t inode_;
};

/// Calls the devices that it was given, or refuses to.
class FakeRollCaller : public RollCaller {
 public:
  os::Result<std::shared_ptr<const os::Roll>> call(
      const std::shared_ptr<const os::DeviceList>& devices) override {
    ++calls;
    if (refuses) return std::unexpected(os::Error{EPERM, "cannot call the roll"});
    os::Roll::Answers answers;
    for (const auto& device : *devices) {
      const auto there = std::ranges::find(all, device.namespace_inode, &FakeDevices::inode);
      const bool up = (*there)->is_up(device.ifindex);
      answers.emplace(device, std::to_underlying(device.ifindex) == lies ? !up : up);
    }
    if (!latest_ || answers != answers_) latest_ = std::make_shared<const os::Roll>(answers);
    answers_ = std::move(answers);
    return latest_;
  }

  std::vector<std::shared_ptr<FakeDevices>> all;
  std::atomic<bool> refuses = false;
  std::atomic<std::uint32_t> lies = 0;  ///< of this device's carrier
  std::atomic<int> calls = 0;

 private:
  os::Roll::Answers answers_;
  std::shared_ptr<const os::Roll> latest_;
};

class Polling : public ::testing::Test {
 protected:
  void TearDown() override {
    if (!devices->free.try_wait()) devices->free.count_down();
  }
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

TEST_F(Polling, ALinkIsNotBackBeforeTheKernelHasItsCarrier) {
  auto one_lost = wanted(2);
  one_lost.links[1].known.carrier = false;
  devices->without_carrier = IfIndex(2);
  const auto here = watch(devices);
  here->watch(one_lost);
  ASSERT_TRUE(comes_true([&] { return devices->asked_closer > 20; }));
  EXPECT_TRUE(answers.empty());
  devices->without_carrier = IfIndex();
  ASSERT_TRUE(comes_true([&] { return !answers.empty(); }));
  EXPECT_EQ(answers[0].ifindex, IfIndex(2));
  EXPECT_TRUE(answers[0].link.carrier);
}

TEST_F(Polling, TheKernelIsNotAskedAboutLinksThatAreUp) {
  const auto here = watch(devices);
  here->watch(wanted(2));
  ASSERT_TRUE(comes_true([&] { return devices->asked > 20; }));
  EXPECT_GT(devices->asked_closer, 0);
  EXPECT_EQ(devices->asked_the_kernel, 0);
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

TEST_F(Polling, ALookThatALaterRoundOvertookIsMadeUpForSoon) {
  devices->blocked = "eth1";
  devices->speed = 100;
  const auto here = watch(devices);
  here->watch(wanted(3));
  // The first round looks at speeds, and waits at eth1; those after it ask the others for their carriers.
  ASSERT_TRUE(comes_true([&] { return devices->asked > 10; }));
  const auto begun = std::chrono::steady_clock::now();
  devices->free.count_down();
  ASSERT_TRUE(comes_true([&] { return answers.size() >= 3; }));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 3s) << "not when it is the time again";
  EXPECT_THAT(answers, ::testing::Each(::testing::Field(
                           &LinkWatch::Answer::link, ::testing::Field(&core::LinkState::speed_mbps, 100U))));
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

class PollingByRoll : public Polling {
 protected:
  PollingByRoll() { caller->all = {devices, elsewhere}; }
  void TearDown() override { Polling::TearDown(); }
  std::unique_ptr<LinkWatch> watch_by_roll(std::shared_ptr<Devices> which) {
    return by_roll.watch(std::move(which), [this](const auto& told) {
      answers.insert(answers.end(), told.begin(), told.end());
    });
  }

  std::shared_ptr<FakeDevices> elsewhere = std::make_shared<FakeDevices>(2);
  FakeRollCaller* caller = new FakeRollCaller;
  LinkPoller by_roll{loop, std::unique_ptr<RollCaller>(caller)};
};

TEST_F(PollingByRoll, AsksNoDeviceForItsCarrierWhileAllAreAsKnown) {
  const auto here = watch_by_roll(devices), there = watch_by_roll(elsewhere);
  here->watch(wanted(4));
  there->watch(wanted(4));
  ASSERT_TRUE(comes_true([&] { return caller->calls > 20; }));
  EXPECT_EQ(devices->asked + elsewhere->asked + devices->dumps + elsewhere->dumps, 0);
  EXPECT_EQ(devices->asked_closer + elsewhere->asked_closer, 8)
      << "for speed and duplex once, at the beginning";
  EXPECT_TRUE(answers.empty());
}

TEST_F(PollingByRoll, TellsOfTheLinkThatIsOtherwiseInTheNamespaceWhereItIs) {
  const auto here = watch_by_roll(devices), there = watch_by_roll(elsewhere);
  here->watch(wanted(4));
  there->watch(wanted(4));
  ASSERT_TRUE(comes_true([&] { return caller->calls > 5; }));
  const int before = devices->asked_closer;
  elsewhere->down = IfIndex(3);
  ASSERT_TRUE(comes_true([&] { return !answers.empty(); }));
  EXPECT_EQ(answers[0].ifindex, IfIndex(3));
  EXPECT_FALSE(answers[0].link.carrier);
  EXPECT_EQ(devices->asked_closer, before);
}

TEST_F(PollingByRoll, TellsAgainOfALinkThatIsAsBeforeButNotAsKnown) {
  const auto here = watch_by_roll(devices);
  here->watch(wanted(4));
  ASSERT_TRUE(comes_true([&] { return caller->calls > 5; }));
  // Netlink told that it was lost; it came back before the next poll, so that the roll never showed it.
  auto lost = wanted(4);
  lost.links[1].known.carrier = false;
  here->watch(lost);
  ASSERT_TRUE(comes_true([&] { return !answers.empty(); }));
  EXPECT_EQ(answers[0].ifindex, IfIndex(2));
  EXPECT_TRUE(answers[0].link.carrier);
}

TEST_F(PollingByRoll, BelievesTheDeviceMoreThanTheRoll) {
  const auto here = watch_by_roll(devices);
  caller->lies = 2;
  here->watch(wanted(4));
  ASSERT_TRUE(comes_true([&] { return devices->asked_closer > 10; }));
  EXPECT_TRUE(answers.empty());
}

TEST_F(PollingByRoll, StillLooksAtWhatItWasAskedFor) {
  const auto here = watch_by_roll(devices);
  here->watch(wanted(4));
  ASSERT_TRUE(comes_true([&] { return caller->calls > 5; }));
  devices->speed = 100;
  here->look_closer(IfIndex(2));
  ASSERT_TRUE(comes_true([&] { return !answers.empty(); }));
  EXPECT_EQ(answers[0].ifindex, IfIndex(2));
  EXPECT_EQ(answers[0].link.speed_mbps, 100U);
}

TEST_F(PollingByRoll, AsksDevicesIfTheKernelRefusesTheRoll) {
  caller->refuses = true;
  const auto here = watch_by_roll(devices);
  here->watch(wanted(4));
  devices->down = IfIndex(3);
  ASSERT_TRUE(comes_true([&] { return !answers.empty() && devices->asked > 10; }));
}

TEST_F(PollingByRoll, AsksFewDevicesThemselves) {
  const auto here = watch_by_roll(devices);
  here->watch(wanted(2));
  ASSERT_TRUE(comes_true([&] { return devices->asked > 30; }));
  EXPECT_EQ(caller->calls, 0);
}

TEST_F(PollingByRoll, LooksAtNobodyWhoIsAsKnownForTheSakeOfOthers) {
  const auto here = watch_by_roll(devices), there = watch_by_roll(elsewhere);
  here->watch(wanted(4));
  there->watch(wanted(4));
  ASSERT_TRUE(comes_true([&] { return caller->calls > 5; }));
  const int looks = elsewhere->looks, before = devices->asked_closer;
  for (int i = 0; i < 20; ++i) {
    here->look_closer(IfIndex(2));
    comes_true([&, calls = caller->calls.load()] { return caller->calls > calls; });
  }
  EXPECT_GT(devices->asked_closer, before + 4);
  EXPECT_EQ(elsewhere->looks, looks);
}

TEST_F(PollingByRoll, FewThatArePolledMoreOftenAreAskedAsOften) {
  const auto here = watch_by_roll(devices), there = watch_by_roll(elsewhere);
  here->watch(wanted(4, 50ms));
  there->watch(wanted(1));
  ASSERT_TRUE(comes_true([&] { return caller->calls > 5; }));
  EXPECT_GT(elsewhere->asked, 3 * caller->calls);
  EXPECT_EQ(devices->asked, 0);
  elsewhere->down = IfIndex(1);
  EXPECT_TRUE(comes_true([&] { return !answers.empty(); }));
}

TEST_F(PollingByRoll, CallsAlsoWhoCameLater) {
  const auto here = watch_by_roll(devices);
  here->watch(wanted(4));
  ASSERT_TRUE(comes_true([&] { return caller->calls > 5; }));
  here->watch(wanted(5));
  const auto there = watch_by_roll(elsewhere);
  there->watch(wanted(1));
  devices->down = IfIndex(5);
  elsewhere->down = IfIndex(1);
  const auto is_told_of = [&](IfIndex link) {
    return std::ranges::find(answers, link, &LinkWatch::Answer::ifindex) != answers.end();
  };
  EXPECT_TRUE(comes_true([&] { return is_told_of(IfIndex(5)) && is_told_of(IfIndex(1)); }));
  EXPECT_EQ(devices->asked + elsewhere->asked, 0);
}

TEST_F(PollingByRoll, MiiRegistersAreAskedOfTheDevice) {
  auto by_registers = wanted(4);
  by_registers.use_carrier = false;
  const auto here = watch_by_roll(devices);
  here->watch(by_registers);
  ASSERT_TRUE(comes_true([&] { return devices->asked > 10; }));
  EXPECT_EQ(caller->calls, 0);
}

}  // namespace
}  // namespace ebond::daemon
