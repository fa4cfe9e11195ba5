// Which of the bond's MACs each ARP client is told, and when it is told again.
#include "core/balance/rx_balance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ebond::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Operation = wire::ArpPacket::Operation;

constexpr SlotId kSlot0{0}, kSlot1{1}, kSlot2{2};
constexpr Ipv4Address kServer{192, 0, 2, 1};
const MacAddress kBondMac({0x02, 0, 0, 0, 0, 0x01});

Ipv4Address client(std::uint8_t last) {
  return {192, 0, 2, last};
}
MacAddress mac_of_client(std::uint8_t last) {
  return MacAddress({0x02, 0, 0, 0, 0x01, last});
}

class Receiving : public testing::Test {
 protected:
  TimePoint now{1s};
  RxBalance balance;

  void answer(std::uint8_t last) {
    balance.sent({Operation::reply, kBondMac, kServer, mac_of_client(last), client(last)}, false, 0, kSlot0,
                 now);
  }
  void ask(std::uint8_t last) {
    balance.sent({Operation::request, kBondMac, kServer, {}, client(last)}, true, 0, kSlot0, now);
  }
  void hear_answer(std::uint8_t last) {
    balance.heard({Operation::reply, mac_of_client(last), client(last), kBondMac, kServer}, false, now);
  }
  std::vector<std::uint8_t> told_after(Duration duration) {
    now += duration;
    std::vector<std::uint8_t> told;
    for (const auto& each : balance.take_due(now)) told.push_back(each.client[3]);
    return told;
  }
  std::size_t clients_of(SlotId slot) const {
    return static_cast<std::size_t>(std::ranges::count(balance.clients(), slot, &RxClient::slot));
  }
};

TEST_F(Receiving, HashesAClientAsTheDriverDoes) {
  EXPECT_EQ(RxBalance::hash({192, 0, 2, 1}), 192 ^ 2 ^ 1);
  EXPECT_EQ(RxBalance::hash({10, 10, 10, 10}), 0);
}

TEST_F(Receiving, HasASlaveReadyForEveryNewClientInTurn) {
  balance.follow({kSlot0, kSlot1}, now);
  const auto entries = balance.entries();
  ASSERT_THAT(entries, SizeIs(256));
  EXPECT_EQ(std::ranges::count(entries, kSlot0), 128);
  EXPECT_NE(entries[RxBalance::hash(client(10))], entries[RxBalance::hash(client(11))]);
}

TEST_F(Receiving, KeepsSharesEvenWhateverTheHash) {
  balance.follow({kSlot0, kSlot1}, now);
  for (std::uint8_t last = 10; last < 50; last += 2) answer(last);  // one hash parity, one slave by hash
  EXPECT_EQ(clients_of(kSlot0), 10U);
  EXPECT_EQ(clients_of(kSlot1), 10U);
}

TEST_F(Receiving, TellsAClientOfAnotherSlaveOnlyOnceItListensAgain) {
  balance.follow({kSlot0, kSlot1}, now);
  answer(10);
  answer(12);
  EXPECT_THAT(told_after(1900ms), IsEmpty());
  EXPECT_THAT(told_after(100ms), ElementsAre(12));
  EXPECT_THAT(told_after(10s), IsEmpty());
}

TEST_F(Receiving, MovesTheClientsOfALostSlaveAtOnceAndTellsThemFourTimes) {
  balance.follow({kSlot0, kSlot1}, now);
  answer(10);
  answer(11);
  const auto lost = balance.clients()[0].slot;
  balance.follow({lost == kSlot0 ? kSlot1 : kSlot0}, now);
  EXPECT_THAT(told_after(0s), ElementsAre(10));
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(balance.deadline(), now + 2s);
    EXPECT_THAT(told_after(2s), ElementsAre(10));
  }
  EXPECT_EQ(balance.deadline(), std::nullopt);
}

TEST_F(Receiving, GivesASlaveThatReturnsItsShareAndMovesNoMore) {
  balance.follow({kSlot0, kSlot1}, now);
  for (std::uint8_t last = 10; last < 20; ++last) answer(last);
  balance.follow({kSlot0}, now);
  while (balance.deadline()) told_after(2s);
  EXPECT_EQ(clients_of(kSlot0), 10U);
  balance.follow({kSlot0, kSlot1}, now);
  EXPECT_EQ(clients_of(kSlot1), 5U);
  EXPECT_THAT(told_after(0s), SizeIs(5));
  for (int round = 0; round < 3; ++round)
    EXPECT_THAT(told_after(2s), SizeIs(5)) << "its port may not have forwarded yet";
  EXPECT_THAT(told_after(10s), IsEmpty());
}

TEST_F(Receiving, WaitsForAReceiverWhereNoneIsLeft) {
  balance.follow({kSlot0, kSlot1}, now);
  answer(10);
  balance.follow({}, now);
  EXPECT_THAT(balance.entries(), IsEmpty());
  EXPECT_THAT(told_after(10s), IsEmpty());
  balance.follow({kSlot0, kSlot1}, now);
  EXPECT_THAT(balance.clients(), SizeIs(1));
}

TEST_F(Receiving, TellsTheOthersAnewAfterABroadcastDrewThemToTheActiveSlave) {
  balance.follow({kSlot0, kSlot1}, now);
  answer(10);
  answer(11);
  const auto away = balance.clients()[0].slot == kSlot0 ? 11 : 10;
  ask(20);
  EXPECT_THAT(told_after(1s), IsEmpty());
  ask(21);  // a second one does not put it off
  EXPECT_THAT(told_after(1s), ElementsAre(away));
}

TEST_F(Receiving, TellsAClientThatWasAskedForOnceItsMacIsKnown) {
  balance.follow({kSlot0, kSlot1}, now);
  ask(10);
  EXPECT_TRUE(balance.clients()[0].mac.is_zero());
  EXPECT_THAT(told_after(2s), IsEmpty());
  hear_answer(10);
  EXPECT_EQ(balance.clients()[0].mac, mac_of_client(10));
  EXPECT_THAT(told_after(2s), ElementsAre(10));
}

TEST_F(Receiving, ForgetsClientsOfAnAddressThatSomebodyElseHasNow) {
  balance.follow({kSlot0, kSlot1}, now);
  answer(10);
  balance.heard({Operation::request, kBondMac, kServer, {}, client(9)}, true, now);
  EXPECT_THAT(balance.clients(), SizeIs(1)) << "our own, come back";
  balance.heard({Operation::request, mac_of_client(99), kServer, {}, client(9)}, false, now);
  EXPECT_THAT(balance.clients(), IsEmpty());
}

TEST_F(Receiving, TellsTheClientsOfASlaveWhoseMacChanged) {
  balance.follow({kSlot0}, now);
  answer(10);
  balance.mac_changed(kSlot1, now);
  EXPECT_EQ(balance.deadline(), std::nullopt);
  balance.mac_changed(kSlot0, now);
  EXPECT_THAT(told_after(0s), ElementsAre(10));
}

TEST_F(Receiving, TakesNoProbeAndNoAnnouncementForAClient) {
  balance.follow({kSlot0, kSlot1}, now);
  balance.sent({Operation::request, kBondMac, {}, {}, client(10)}, true, 0, kSlot0, now);
  balance.sent({Operation::request, kBondMac, kServer, {}, kServer}, true, 0, kSlot0, now);
  EXPECT_THAT(balance.clients(), IsEmpty());
}

TEST_F(Receiving, NotesAThousandClientsAndThenForgetsTheOldest) {
  balance.follow({kSlot0, kSlot1}, now);
  for (unsigned i = 0; i < RxBalance::kMaxClients + 5; ++i) {
    now += 1ms;
    const Ipv4Address who{198, 51, static_cast<std::uint8_t>(i / 250), static_cast<std::uint8_t>(i % 250)};
    balance.sent({Operation::reply, kBondMac, kServer, mac_of_client(1), who}, false, 0, kSlot0, now);
  }
  EXPECT_THAT(balance.clients(), SizeIs(RxBalance::kMaxClients));
  EXPECT_TRUE(std::ranges::none_of(
      balance.clients(), [](const RxClient& each) { return each.client == Ipv4Address{198, 51, 0, 0}; }));
}

TEST_F(Receiving, LosesNoClientToARestart) {
  balance.follow({kSlot0, kSlot1, kSlot2}, now);
  for (std::uint8_t last = 10; last < 20; ++last) answer(last);
  RxBalance next;
  next.resume(balance.clients());
  next.follow({kSlot0, kSlot1, kSlot2}, now);
  EXPECT_EQ(next.entries(), balance.entries());
  EXPECT_EQ(next.deadline(), balance.deadline());
}

}  // namespace
}  // namespace ebond::core
