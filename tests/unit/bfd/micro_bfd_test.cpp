// micro-BFD on two bonds back to back, in virtual time: both ends run the monitor, frames cross between.
//
//    here s1 ──── t1 there
//         s2 ──── t2
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>

#include "core/judges/micro_bfd_judge.h"
#include "wire/udp.h"

namespace ebond::core::bfd {
namespace {

using namespace std::chrono_literals;
using wire::BfdDiagnostic;
using wire::BfdState;

constexpr IpAddress kHere = wire::Ipv4Address{192, 0, 2, 1}, kThere = wire::Ipv4Address{192, 0, 2, 2};

LinkMonitor link(bool up) {
  return {up ? MiiStatus::up : MiiStatus::down, 0, std::nullopt};
}

/// A bond's slaves and its monitor; verdicts are carried out at once.
struct Side {
  Side(std::uint8_t number, IpAddress ours, IpAddress theirs) {
    options.path_monitor = PathMonitor::micro_bfd;
    options.path_interval = Milliseconds{10};
    options.path_target = {theirs};
    around.paths.push_back({.target = theirs, .kind = WayKind::bond, .next_hop = theirs, .source = ours});
    for (std::uint8_t i = 1; i <= 2; ++i) {
      const MacAddress mac({2, 0, 0, 0, number, i});
      slaves.push_back({.ifindex = IfIndex{i},
                        .name = "s" + std::to_string(i),
                        .slot = SlotId{i},
                        .permanent_mac = mac,
                        .mac = mac,
                        .link = {.carrier = true},
                        .monitor = link(true)});
    }
  }
  Scene view() const {
    return {
        .options = options, .slaves = slaves, .bond_mac = slaves[0].mac, .admin_up = true, .around = around};
  }
  void take(JudgeNews news, TimePoint now) {
    for (const auto& judged : news.judged) {
      auto& slave = slaves[static_cast<std::size_t>(judged.slave) - 1];
      slave.path.judged(judged.verdict, now);
      said.push_back(judged.verdict);
    }
    for (auto& probe : news.probes) sent.push_back(std::move(probe));
  }
  bool passes(std::size_t i) const { return slaves[i - 1].path.is_open(); }

  BondOptions options;
  Surroundings around;
  std::vector<Slave> slaves;
  MicroBfdJudge watch;
  std::vector<Probe> sent;
  std::vector<PathVerdict> said;
};

class MicroBfd : public testing::Test {
 protected:
  void run(Side& from, Side& to, bool is_here) {
    from.take(from.watch.advance(from.view(), now), now);
    from.take(from.watch.follow(from.view(), now), now);
    auto frames = std::exchange(from.sent, {});
    for (const auto& [slave, frame] : frames) {
      if (!is_here && slave == IfIndex{2}) last_frame = frame;
      if (cut[{is_here, static_cast<int>(slave)}] || (!is_here && far_end_is_off)) continue;
      hear(to, slave, frame);
    }
  }
  void hear(Side& side, IfIndex slave, const wire::Bytes& frame) {
    const auto parsed = wire::parse_ethernet(frame);
    ASSERT_TRUE(parsed);
    auto& its = side.slaves[static_cast<std::size_t>(slave) - 1];
    if (!its.monitor.is_up()) return;
    side.take(side.watch.heard(side.view(), its, *parsed, now), now);
  }
  /// In steps of a millisecond.
  void pass(Duration duration) {
    for (const auto end = now + duration; now < end; now += 1ms) {
      run(here, there, true);
      if (!far_end_is_off) run(there, here, false);
    }
  }
  /// A frame as the far end would send it, its packet changed.
  wire::Bytes forged(const std::function<void(wire::BfdControl&)>& change, const Ends& ends) const {
    const Session* const ours = here.watch.session(IfIndex{1});
    wire::BfdControl packet{.state = BfdState::up,
                            .my_discriminator = ours->remote_discriminator(),
                            .your_discriminator = ours->local_discriminator(),
                            .desired_min_tx_us = 10'000,
                            .required_min_rx_us = 10'000};
    change(packet);
    return make_frame(wire::kMicroBfdGroup, there.slaves[0].mac, {}, ends, packet);
  }
  static constexpr Ends kFromThere{
      .ours = kThere, .theirs = kHere, .port = kMemberPort, .source_port = 50'000};

  TimePoint now{1000s};
  Side here{1, kHere, kThere}, there{2, kThere, kHere};
  std::map<std::pair<bool, int>, bool> cut;
  bool far_end_is_off = false;
  wire::Bytes last_frame;
};

TEST_F(MicroBfd, ComesUpOnEveryMemberWithinAMomentAndAsTheRfcHasIt) {
  pass(20ms);
  for (const auto member : {IfIndex{1}, IfIndex{2}}) {
    ASSERT_TRUE(here.watch.session(member));
    EXPECT_TRUE(here.watch.session(member)->is_up());
    EXPECT_TRUE(there.watch.session(member)->is_up());
  }
  const auto frame = wire::parse_ethernet(last_frame);
  EXPECT_EQ(frame->header.destination, MacAddress({0x01, 0x00, 0x5e, 0x90, 0x00, 0x01}));
  EXPECT_EQ(frame->header.source, there.slaves[1].mac) << "the member's own";
  const auto datagram = wire::parse_udp(*frame);
  ASSERT_TRUE(datagram);
  EXPECT_EQ(datagram->header.destination_port, 6784);
  EXPECT_GE(datagram->header.source_port, 49152);
  EXPECT_EQ(datagram->header.ttl, 255);
}

TEST_F(MicroBfd, HoldsNobodyOutWhileTheFarEndDoesNotSpeakBfd) {
  far_end_is_off = true;
  pass(10s);
  EXPECT_TRUE(here.passes(1) && here.passes(2));
}

TEST_F(MicroBfd, HoldsAMemberThatDoesNotComeUpWhereAnotherDid) {
  cut[{false, 2}] = true;
  pass(2900ms);
  EXPECT_TRUE(here.passes(2));
  pass(200ms);
  EXPECT_TRUE(here.passes(1));
  EXPECT_FALSE(here.passes(2));
  cut.clear();
  pass(1100ms);
  EXPECT_TRUE(here.passes(2));
}

TEST_F(MicroBfd, SeesAFibreCutInOneDirectionFromBothEndsInThreeIntervals) {
  pass(100ms);
  cut[{false, 1}] = true;
  pass(18ms);
  EXPECT_TRUE(here.passes(1)) << "the last packet came up to an interval before";
  pass(14ms);
  EXPECT_FALSE(here.passes(1));
  EXPECT_FALSE(there.passes(1)) << "it is told by who hears nothing";
  EXPECT_TRUE(here.passes(2) && there.passes(2));
  EXPECT_EQ(here.said.back().why, "no BFD packets from 192.0.2.2");
  EXPECT_EQ(there.said.back().why, "192.0.2.1 reports by BFD that the session is down");
  cut.clear();
  pass(1100ms);
  EXPECT_TRUE(here.passes(1) && there.passes(1));
  EXPECT_EQ(here.said.back().why, "BFD session with 192.0.2.2 is up");
}

TEST_F(MicroBfd, DoesNotTakeAnAdministrativelyDownFarEndForAFailure) {
  pass(100ms);
  far_end_is_off = true;
  for (const auto member : {IfIndex{1}, IfIndex{2}}) {
    const Session* const ours = here.watch.session(member);
    wire::BfdControl packet{.diagnostic = BfdDiagnostic::administratively_down,
                            .state = BfdState::admin_down,
                            .my_discriminator = ours->remote_discriminator(),
                            .your_discriminator = ours->local_discriminator(),
                            .desired_min_tx_us = 1'000'000,
                            .required_min_rx_us = 10'000};
    hear(here, member, make_frame(wire::kMicroBfdGroup, there.slaves[0].mac, {}, kFromThere, packet));
  }
  pass(20s);
  EXPECT_TRUE(here.passes(1) && here.passes(2));
}

TEST_F(MicroBfd, LetsAHeldMemberGoWhenTheFarEndSaysItIsAdministrativelyDown) {
  pass(100ms);
  cut[{false, 1}] = true;
  pass(50ms);
  ASSERT_FALSE(here.passes(1));
  auto blind = forged(
      [](auto& packet) {
        packet.state = BfdState::admin_down, packet.my_discriminator = 9, packet.your_discriminator = 0;
      },
      kFromThere);
  hear(here, IfIndex{1}, blind);
  EXPECT_FALSE(here.passes(1)) << "who does not hear us proves nothing";
  auto told = forged([](auto& packet) { packet.state = BfdState::admin_down, packet.my_discriminator = 9; },
                     kFromThere);
  hear(here, IfIndex{1}, told);
  EXPECT_TRUE(here.passes(1));
}

TEST_F(MicroBfd, HoldsALinkThatCameBackWithoutItsSession) {
  pass(100ms);
  here.slaves[0].monitor = link(false);
  pass(100ms);
  EXPECT_TRUE(here.passes(1)) << "the link says it";
  cut[{false, 1}] = cut[{true, 1}] = true;
  here.slaves[0].monitor = link(true);
  pass(3100ms);
  EXPECT_FALSE(here.passes(1));
}

TEST_F(MicroBfd, GoesOnHoldingWhatAnEarlierProcessHeld) {
  here.slaves[0].path.judged({.judge = PathJudge::bfd, .proved = false, .why = "no BFD packets"}, now);
  const auto ways = std::exchange(here.around.paths, {});
  far_end_is_off = true;
  pass(100ms);
  EXPECT_FALSE(here.passes(1)) << "routes not known yet";
  here.around.paths = ways;
  pass(100ms);
  EXPECT_FALSE(here.passes(1));
  far_end_is_off = false;
  pass(1100ms);
  EXPECT_TRUE(here.passes(1));
}

TEST_F(MicroBfd, IsNeitherKeptAliveNorKilledByForgedFrames) {
  pass(100ms);
  using Packet = wire::BfdControl;
  std::vector<wire::Bytes> forgeries;
  for (const auto state : {BfdState::up, BfdState::down, BfdState::init, BfdState::admin_down}) {
    const auto as = [&](auto change) {
      return forged(
          [&](Packet& packet) {
            packet.state = state;
            change(packet);
          },
          kFromThere);
    };
    forgeries.push_back(as([](Packet& p) { p.your_discriminator += 1; }));
    forgeries.push_back(as([](Packet& p) { p.my_discriminator += 1; }));
    forgeries.push_back(
        forged([&](Packet& p) { p.state = state; },
               {.ours = wire::Ipv4Address{192, 0, 2, 9}, .theirs = kHere, .port = kMemberPort}));
    forgeries.push_back(
        forged([&](Packet& p) { p.state = state; },
               {.ours = kThere, .theirs = wire::Ipv4Address{192, 0, 2, 9}, .port = kMemberPort}));
    forgeries.push_back(forged([&](Packet& p) { p.state = state; },
                               {.ours = kThere, .theirs = kHere, .port = kSingleHopPort}));
    const auto whole = as([](Packet&) {});
    const auto frame = *wire::parse_ethernet(whole);
    auto routed = wire::parse_udp(frame)->header;
    routed.ttl = 254;
    forgeries.push_back(wire::build_udp(frame.header.destination, frame.header.source, {}, routed,
                                        wire::parse_udp(frame)->payload));
    for (std::size_t size = 14; size < whole.size(); ++size) {
      forgeries.emplace_back(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    }
    for (std::size_t bit = 14 * 8; bit < whole.size() * 8; ++bit) {
      auto flipped = whole;
      flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      forgeries.push_back(std::move(flipped));  // a checksum tells
    }
  }
  const auto before = here.said.size();
  for (const auto& frame : forgeries) hear(here, IfIndex{1}, frame);
  EXPECT_EQ(here.said.size(), before) << "a living one is killed";
  cut[{false, 1}] = true;
  for (int i = 0; i < 32; ++i) {
    pass(1ms);
    for (const auto& frame : forgeries) hear(here, IfIndex{1}, frame);
  }
  EXPECT_FALSE(here.passes(1)) << "a dead one is kept alive";
}

TEST_F(MicroBfd, SurvivesRandomBytes) {
  pass(100ms);
  std::mt19937 random(7130);
  const auto model = forged([](auto&) {}, kFromThere);
  for (int i = 0; i < 20'000; ++i) {
    wire::Bytes frame(model.begin(), model.begin() + 14);
    for (auto size = random() % 80; size > 0; --size) frame.push_back(static_cast<std::uint8_t>(random()));
    hear(here, IfIndex{1}, frame);
  }
  EXPECT_TRUE(here.passes(1));
  EXPECT_TRUE(here.watch.session(IfIndex{1})->is_up());
}

TEST_F(MicroBfd, LetsEverybodyGoWhenThereIsNobodyToAskAnyMore) {
  pass(100ms);
  cut[{false, 1}] = true;
  pass(50ms);
  ASSERT_FALSE(here.passes(1));
  here.options.path_target.clear();
  pass(1ms);
  EXPECT_TRUE(here.passes(1));
}

}  // namespace
}  // namespace ebond::core::bfd
