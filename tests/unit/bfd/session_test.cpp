// A BFD session in virtual time: every transition, timer and check of RFC 5880 6.8, and what forgers try.
#include "core/bfd/session.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace ebond::core::bfd {
namespace {

using wire::BfdControl;
using wire::BfdDiagnostic;
using wire::BfdState;
using namespace std::chrono_literals;

constexpr std::uint32_t kPeer = 0x0badcafe;

class BfdSession : public testing::Test {
 protected:
  /// What is sent until `end`; the clock stops there.
  std::vector<BfdControl> pass(Duration duration) {
    std::vector<BfdControl> sent;
    const auto end = now + duration;
    for (;;) {
      session.expire(now);
      while (const auto packet = session.take_packet(now)) {
        sent.push_back(*packet);
        sent_at.push_back(now);
      }
      const auto next = session.next_deadline();
      if (!next || *next > end) break;
      EXPECT_GT(*next, now) << "it is left with nothing to do";
      now = std::max(now, *next);
    }
    now = end;
    return sent;
  }
  BfdControl from_peer(BfdState state) const {
    return {.state = state,
            .detect_mult = 3,
            .my_discriminator = kPeer,
            .your_discriminator = session.local_discriminator(),
            .desired_min_tx_us = state == BfdState::up ? 10'000U : 1'000'000U,
            .required_min_rx_us = 10'000};
  }
  bool hear(BfdState state) { return session.hear(from_peer(state), now); }
  void bring_up() {
    hear(BfdState::down);
    hear(BfdState::init);
    ASSERT_TRUE(session.is_up());
    auto final = from_peer(BfdState::up);
    final.final = true;
    session.hear(final, now);
    pass(0ms);
  }
  /// The peer speaks every 10 ms.
  std::vector<BfdControl> talk(Duration duration) {
    std::vector<BfdControl> sent;
    for (const auto end = now + duration; now < end;) {
      hear(BfdState::up);
      for (const auto& packet : pass(10ms)) sent.push_back(packet);
    }
    return sent;
  }

  static constexpr Settings kSettings{.interval = Milliseconds{10}, .multiplier = 3};
  TimePoint now{1000s};
  Session session{kSettings, 1, now};
  std::vector<TimePoint> sent_at;
};

TEST_F(BfdSession, BeginsDownAndSaysSoAboutOnceASecond) {
  const auto sent = pass(10s);
  EXPECT_GE(sent.size(), 10U);
  EXPECT_LE(sent.size(), 15U) << "75 to 100 % of a second apart";
  for (const auto& packet : sent) {
    EXPECT_EQ(packet.state, BfdState::down);
    EXPECT_EQ(packet.your_discriminator, 0U);
    EXPECT_NE(packet.my_discriminator, 0U);
    EXPECT_EQ(packet.desired_min_tx_us, 1'000'000U) << "slow until Up: 6.8.3";
    EXPECT_EQ(packet.required_min_rx_us, 10'000U);
    EXPECT_EQ(packet.required_min_echo_rx_us, 0U);
    EXPECT_EQ(packet.detect_mult, 3);
    EXPECT_FALSE(packet.poll || packet.final || packet.demand || packet.control_plane_independent);
  }
}

TEST_F(BfdSession, RisesInThreeStepsAndTellsEachAtOnce) {
  pass(0ms);
  ASSERT_TRUE(hear(BfdState::down));
  EXPECT_EQ(session.state(), BfdState::init);
  auto sent = pass(0ms);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].state, BfdState::init);
  EXPECT_EQ(sent[0].your_discriminator, kPeer);
  ASSERT_TRUE(hear(BfdState::init));
  EXPECT_TRUE(session.is_up());
  sent = pass(0ms);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].state, BfdState::up);
  EXPECT_TRUE(sent[0].poll) << "faster now: 6.8.3 wants a Poll Sequence";
  EXPECT_EQ(sent[0].desired_min_tx_us, 10'000U);
}

/// The table of 6.8.6, all of it.
TEST_F(BfdSession, FollowsTheStateMachineForEveryPairOfStates) {
  using enum BfdState;
  struct Step {
    BfdState ours, theirs, then;
  };
  for (const auto& [ours, theirs, then] :
       {Step{down, admin_down, down}, Step{down, down, init}, Step{down, init, up}, Step{down, up, down},
        Step{init, admin_down, down}, Step{init, down, init}, Step{init, init, up}, Step{init, up, up},
        Step{up, admin_down, down}, Step{up, down, down}, Step{up, init, up}, Step{up, up, up}}) {
    session = Session{kSettings, 2, now};
    if (ours != down) hear(down);
    if (ours == up) hear(init);
    ASSERT_EQ(session.state(), ours);
    EXPECT_TRUE(hear(theirs));
    EXPECT_EQ(session.state(), then) << static_cast<int>(ours) << " hears " << static_cast<int>(theirs);
    if (ours != down && then == down) {
      EXPECT_EQ(session.diagnostic(), BfdDiagnostic::neighbor_signaled_down);
    }
  }
}

TEST_F(BfdSession, KeepsItsPacketsWithinTheJitterTheRfcAllows) {
  bring_up();
  sent_at.clear();
  talk(10s);
  ASSERT_GT(sent_at.size(), 1000U);
  for (std::size_t i = 1; i < sent_at.size(); ++i) {
    EXPECT_GE(sent_at[i] - sent_at[i - 1], 7500us);
    EXPECT_LE(sent_at[i] - sent_at[i - 1], 10ms);
  }
}

TEST_F(BfdSession, WithOneMissedPacketTooManyLeavesMoreRoom) {
  session = Session{{.interval = Milliseconds{10}, .multiplier = 1}, 3, now};
  bring_up();
  sent_at.clear();
  talk(10s);
  for (std::size_t i = 1; i < sent_at.size(); ++i) {
    EXPECT_GE(sent_at[i] - sent_at[i - 1], 7500us);
    EXPECT_LE(sent_at[i] - sent_at[i - 1], 9ms);
  }
}

TEST_F(BfdSession, IsLostOneDetectionTimeAfterTheLastPacketAndNotBefore) {
  bring_up();
  hear(BfdState::up);
  pass(29ms);
  EXPECT_TRUE(session.is_up());
  const auto sent = pass(1ms);
  EXPECT_EQ(session.state(), BfdState::down);
  EXPECT_EQ(session.diagnostic(), BfdDiagnostic::detection_time_expired);
  EXPECT_EQ(session.remote_discriminator(), 0U);
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(sent.back().state, BfdState::down) << "and says so at once";
  EXPECT_EQ(sent.back().diagnostic, BfdDiagnostic::detection_time_expired);
  EXPECT_EQ(sent.back().desired_min_tx_us, 1'000'000U);
}

TEST_F(BfdSession, TakesTheDetectionTimeFromTheSlowerOfBothAndThePeersMultiplier) {
  bring_up();
  auto packet = from_peer(BfdState::up);
  packet.detect_mult = 5;
  packet.desired_min_tx_us = 40'000;
  session.hear(packet, now);
  EXPECT_EQ(session.detection_time(), 200ms);
  packet.desired_min_tx_us = 1000;
  session.hear(packet, now);
  EXPECT_EQ(session.detection_time(), 50ms) << "we take no more than one every 10 ms";
}

TEST_F(BfdSession, SendsNoFasterThanThePeerTakes) {
  bring_up();
  auto packet = from_peer(BfdState::up);
  packet.required_min_rx_us = 50'000;
  packet.desired_min_tx_us = 1'000'000;
  session.hear(packet, now);
  EXPECT_EQ(session.transmit_interval(), 50ms);
  pass(50ms);
  EXPECT_LE(pass(1s).size(), 28U);
}

TEST_F(BfdSession, SendsNothingPeriodicToAPeerThatWantsNothing) {
  bring_up();
  auto packet = from_peer(BfdState::up);
  packet.required_min_rx_us = 0;
  packet.desired_min_tx_us = 1'000'000;
  session.hear(packet, now);
  EXPECT_TRUE(pass(2s).empty());
  packet.poll = true;
  session.hear(packet, now);
  EXPECT_EQ(pass(1s).size(), 1U) << "but answers its Poll";
}

TEST_F(BfdSession, SendsNothingPeriodicToAPeerInDemandMode) {
  bring_up();
  auto packet = from_peer(BfdState::up);
  packet.demand = true;
  packet.desired_min_tx_us = 1'000'000;
  session.hear(packet, now);
  EXPECT_TRUE(pass(2s).empty());
}

TEST_F(BfdSession, AnswersAPollAtOnceWithoutAskingBack) {
  bring_up();
  auto packet = from_peer(BfdState::up);
  packet.poll = true;
  session.hear(packet, now);
  const auto sent = pass(0ms);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_TRUE(sent[0].final);
  EXPECT_FALSE(sent[0].poll);
}

TEST_F(BfdSession, PollsUntilTheFinalComes) {
  hear(BfdState::down);
  hear(BfdState::init);
  for (const auto& packet : talk(100ms)) EXPECT_TRUE(packet.poll);
  auto final = from_peer(BfdState::up);
  final.final = true;
  session.hear(final, now);
  for (const auto& packet : talk(100ms)) EXPECT_FALSE(packet.poll);
}

TEST_F(BfdSession, SlowsDownOnlyOnceThePeerKnows) {
  bring_up();
  session.configure({.interval = Milliseconds{100}, .multiplier = 3}, now);
  EXPECT_EQ(session.transmit_interval(), 10ms);
  EXPECT_EQ(session.detection_time(), 300ms) << "it may be slower from now on";
  const auto sent = talk(50ms);
  ASSERT_FALSE(sent.empty());
  EXPECT_TRUE(sent[0].poll);
  EXPECT_EQ(sent[0].desired_min_tx_us, 100'000U);
  auto final = from_peer(BfdState::up);
  final.final = true;
  session.hear(final, now);
  EXPECT_EQ(session.transmit_interval(), 100ms);
}

TEST_F(BfdSession, ExpectsThePeerFasterOnlyOnceItKnows) {
  bring_up();
  session.configure({.interval = Milliseconds{5}, .multiplier = 3}, now);
  EXPECT_EQ(session.transmit_interval(), 10ms) << "the peer takes no more";
  auto packet = from_peer(BfdState::up);
  packet.desired_min_tx_us = 5000;
  session.hear(packet, now);
  EXPECT_EQ(session.detection_time(), 30ms);
  packet.final = true;
  session.hear(packet, now);
  EXPECT_EQ(session.detection_time(), 15ms);
}

TEST_F(BfdSession, KnowsAPeerThatIsAdministrativelyDown) {
  bring_up();
  hear(BfdState::admin_down);
  EXPECT_EQ(session.state(), BfdState::down);
  EXPECT_TRUE(session.peer_is_admin_down());
  pass(10s);
  EXPECT_TRUE(session.peer_is_admin_down()) << "its last word";
  hear(BfdState::down);
  EXPECT_FALSE(session.peer_is_admin_down());
}

TEST_F(BfdSession, DropsPacketsWithAuthentication) {
  bring_up();
  auto packet = from_peer(BfdState::down);
  packet.authenticated = true;
  EXPECT_FALSE(session.hear(packet, now));
  EXPECT_TRUE(session.is_up());
}

TEST_F(BfdSession, IsNotEndedByWhoDoesNotKnowItsDiscriminators) {
  bring_up();
  for (const auto state : {BfdState::down, BfdState::admin_down}) {
    auto packet = from_peer(state);
    packet.your_discriminator = 0;
    EXPECT_FALSE(session.hear(packet, now)) << "as at the beginning: a replay";
    packet.diagnostic = BfdDiagnostic::detection_time_expired;
    packet.my_discriminator = kPeer + 1;
    EXPECT_FALSE(session.hear(packet, now));
    packet.your_discriminator = session.local_discriminator();
    EXPECT_FALSE(session.hear(packet, now));
    packet.my_discriminator = kPeer;
    packet.your_discriminator ^= 1;
    EXPECT_FALSE(session.hear(packet, now));
  }
  EXPECT_TRUE(session.is_up());
}

TEST_F(BfdSession, IsEndedAtOnceByAPeerThatHearsNothingOfUs) {
  bring_up();
  auto packet = from_peer(BfdState::down);
  packet.your_discriminator = 0;
  packet.diagnostic = BfdDiagnostic::detection_time_expired;
  EXPECT_TRUE(session.hear(packet, now));
  EXPECT_EQ(session.state(), BfdState::down);
}

TEST_F(BfdSession, IsNotKeptAliveByPacketsItDropped) {
  bring_up();
  hear(BfdState::up);
  for (int i = 0; i < 6; ++i) {
    auto packet = from_peer(BfdState::up);
    packet.your_discriminator += 1;
    session.hear(packet, now);
    pass(5ms);
  }
  EXPECT_EQ(session.state(), BfdState::down);
}

TEST_F(BfdSession, IsNotRaisedByPacketsOfAnEarlierLife) {
  bring_up();
  const auto up = from_peer(BfdState::up), init = from_peer(BfdState::init);
  pass(3s);
  ASSERT_EQ(session.state(), BfdState::down);
  ASSERT_NE(session.local_discriminator(), up.your_discriminator);
  for (const auto& packet : {init, up, from_peer(BfdState::up)}) {
    session.hear(packet, now);
    EXPECT_FALSE(session.is_up());
  }
}

TEST_F(BfdSession, TellsThePeerOfTheLossByTheDiscriminatorItKnows) {
  bring_up();
  const auto before = session.local_discriminator();
  pass(20ms);
  const auto sent = pass(10ms);
  ASSERT_GE(sent.size(), 2U);
  EXPECT_EQ(sent[sent.size() - 2].my_discriminator, before);
  EXPECT_EQ(sent[sent.size() - 2].state, BfdState::down);
  EXPECT_EQ(sent.back().my_discriminator, session.local_discriminator()) << "and of the new one";
  EXPECT_NE(sent.back().my_discriminator, before);
}

TEST_F(BfdSession, SurvivesEveryPacketOfAGuesser) {
  bring_up();
  std::mt19937 random(5880);
  for (int i = 0; i < 100'000; ++i) {
    const BfdControl packet{.diagnostic = BfdDiagnostic{static_cast<std::uint8_t>(random() % 9)},
                            .state = BfdState{static_cast<std::uint8_t>(random() % 4)},
                            .poll = random() % 2 == 0,
                            .final = random() % 2 == 0,
                            .demand = random() % 2 == 0,
                            .detect_mult = static_cast<std::uint8_t>(1 + random() % 255),
                            .my_discriminator = static_cast<std::uint32_t>(random() | 1),
                            .your_discriminator = i % 3 == 0 ? 0 : static_cast<std::uint32_t>(random()),
                            .desired_min_tx_us = static_cast<std::uint32_t>(random()),
                            .required_min_rx_us = static_cast<std::uint32_t>(random())};
    EXPECT_FALSE(session.hear(packet, now));
  }
  EXPECT_TRUE(session.is_up());
  EXPECT_EQ(session.detection_time(), 30ms);
}

/// Two of them on a wire that takes a millisecond.
TEST(BfdSessions, FindEachOtherAndAgreeOnTheSlowerPace) {
  TimePoint now{1000s};
  Session here{{.interval = Milliseconds{10}, .multiplier = 3}, 7, now};
  Session there{{.interval = Milliseconds{25}, .multiplier = 4}, 8, now};
  const auto end = now + 5s;
  for (; now < end; now += 1ms) {
    for (auto [from, to] : {std::pair{&here, &there}, std::pair{&there, &here}}) {
      from->expire(now);
      while (const auto packet = from->take_packet(now)) to->hear(*packet, now + 1ms);
    }
  }
  EXPECT_TRUE(here.is_up() && there.is_up());
  EXPECT_FALSE(here.is_polling() || there.is_polling());
  EXPECT_EQ(here.transmit_interval(), 25ms);
  EXPECT_EQ(there.transmit_interval(), 25ms);
  EXPECT_EQ(here.detection_time(), 100ms);
  EXPECT_EQ(there.detection_time(), 75ms);
}

}  // namespace
}  // namespace ebond::core::bfd
