// The MACs behind a bond, taught to switches after a failover: whom, when, and how many at a time.
#include "core/bond/lessons.h"

#include <set>

#include "bond_lab.h"

namespace ebond::core {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<MacBehind> guests(std::size_t count) {
  std::vector<MacBehind> found;
  for (std::size_t i = 0; i < count; ++i) {
    const auto high = static_cast<std::uint8_t>(i >> 8), low = static_cast<std::uint8_t>(i);
    found.push_back({.mac = MacAddress({0x52, 0x54, 0, 0, high, low}), .tags = {{.id = 7}}});
  }
  return found;
}

BondOptions quiet(Mode mode = Mode::active_backup) {
  auto options = BondLab::unpolled(mode);
  options.num_peer_notif = 0;
  options.resend_igmp = 0;
  options.announce_behind = true;
  return options;
}

/// Two slaves; what their enslaving gave rise to is over.
BondLab two_slaves(BondOptions options = quiet()) {
  BondLab lab(std::move(options));
  lab.with_slaves(2);
  (void)lab.bond.behind_read({}, lab.now);
  lab.watch(1s);
  return lab;
}

TEST(Lessons, FollowTheTableOfAFailoverAndAreAskedForLast) {
  auto lab = two_slaves();
  const auto actions = lab.pull(0);
  EXPECT_THAT(deeds(actions),
              ElementsAre("publish table", "eth0 noarp on", "eth1 noarp off", "read MACs behind"));
  EXPECT_TRUE(std::holds_alternative<action::ReadBehind>(actions.back()));
  EXPECT_THAT(deeds(lab.bond.behind_read(guests(3), lab.now)), ElementsAre("send 3 by bond"));
  EXPECT_THAT(lab.watch(10s), IsEmpty());
}

TEST(Lessons, AreLearningFramesFromEachMacInItsVlan) {
  auto lab = two_slaves();
  lab.pull(0);
  const auto actions = lab.bond.behind_read(guests(1), lab.now);
  const auto& frames = std::get<action::SendByBond>(actions.front()).frames;
  ASSERT_EQ(frames.size(), 1U);
  const auto frame = wire::parse_ethernet(frames.front());
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->header, (wire::EthernetHeader{.destination = MacAddress::broadcast(),
                                                 .source = guests(1).front().mac,
                                                 .tags = {{.id = 7}},
                                                 .ethertype = wire::ethertype::kRarp}));
}

TEST(Lessons, BeginWithSixtyFourAndGoOnWithSixteenEveryTenMilliseconds) {
  auto lab = two_slaves();
  lab.pull(0);
  EXPECT_THAT(deeds(lab.bond.behind_read(guests(100), lab.now)), ElementsAre("send 64 by bond"));
  EXPECT_THAT(lab.watch(10s),
              ElementsAre("10 ms: send 16 by bond", "20 ms: send 16 by bond", "30 ms: send 4 by bond"));
}

TEST(Lessons, AreOneFrameForEachMac) {
  auto lab = two_slaves();
  lab.pull(0);
  std::set<wire::Bytes> seen;
  std::size_t sent = 0;
  const auto count = [&](const Actions& actions) {
    for (const auto& each : actions) {
      const auto* send = std::get_if<action::SendByBond>(&each);
      if (!send) continue;
      sent += send->frames.size();
      seen.insert(send->frames.begin(), send->frames.end());
    }
  };
  count(lab.bond.behind_read(guests(500), lab.now));
  while (const auto next = lab.bond.next_deadline()) count(lab.bond.advance(lab.now = *next));
  EXPECT_EQ(sent, 500U);
  EXPECT_EQ(seen.size(), 500U);
}

TEST(Lessons, AreAtMostFourThousandAndNinetySixAndTheRestIsSaid) {
  auto lab = two_slaves();
  lab.pull(0);
  EXPECT_THAT(reports(lab.bond.behind_read(guests(5000), lab.now)),
              ElementsAre(HasSubstr("4096 MACs behind the bond"),
                          HasSubstr("of 5000 MACs behind the bond 904 are not")));
  // 64 at once, 16 in each of 252 steps.
  const auto lines = lab.watch(10s);
  EXPECT_EQ(lines.size(), 252U);
  EXPECT_EQ(lines.back(), "2520 ms: send 16 by bond");
}

TEST(Lessons, LeaveOutTheBondsOwnMacsWhichAreAnnouncedWithTheirAddresses) {
  auto lab = two_slaves();
  lab.pull(0);
  const auto actions = lab.bond.behind_read({{.mac = mac(0xb0), .is_own = true}}, lab.now);
  EXPECT_THAT(deeds(actions), IsEmpty());
  EXPECT_THAT(reports(actions), IsEmpty());
}

TEST(Lessons, StartAgainWithTheNextFailover) {
  auto lab = two_slaves();
  lab.pull(0);
  (void)lab.bond.behind_read(guests(200), lab.now);
  lab.plug(0);
  EXPECT_THAT(deeds(lab.pull(1)), Contains("read MACs behind"));
  EXPECT_THAT(lab.watch(1s), IsEmpty());
  EXPECT_THAT(deeds(lab.bond.behind_read(guests(10), lab.now)), ElementsAre("send 10 by bond"));
}

TEST(Lessons, GoOnWithThoseThatAreFoundLaterInOtherNamespaces) {
  auto lab = two_slaves();
  lab.pull(0);
  (void)lab.bond.behind_read(guests(70), lab.now);
  EXPECT_THAT(reports(lab.bond.behind_found_elsewhere(guests(20), lab.now)),
              ElementsAre(HasSubstr("20 MACs behind the bond, in other namespaces")));
  EXPECT_THAT(lab.watch(10s), ElementsAre("10 ms: send 16 by bond", "20 ms: send 10 by bond"));
  EXPECT_THAT(deeds(lab.bond.behind_found_elsewhere(guests(5), lab.now)), ElementsAre("send 5 by bond"));
}

TEST(Lessons, AreNotGoneOnWithOnceTheLastSlaveIsLost) {
  auto lab = two_slaves();
  lab.pull(0);
  (void)lab.bond.behind_read(guests(1), lab.now);
  lab.pull(1);
  EXPECT_THAT(lab.bond.behind_found_elsewhere(guests(5), lab.now), IsEmpty());
}

TEST(Lessons, EndWhenTheLastSlaveIsLost) {
  auto lab = two_slaves();
  lab.pull(0);
  (void)lab.bond.behind_read(guests(200), lab.now);
  EXPECT_THAT(deeds(lab.pull(1)), Not(Contains("read MACs behind")));
  EXPECT_THAT(lab.watch(1s), IsEmpty());
  EXPECT_THAT(deeds(lab.plug(1)), Contains("read MACs behind"));
}

TEST(Lessons, AreNotGivenWhileTheBondIsDownNorIfTheyAreSwitchedOff) {
  auto lab = two_slaves();
  lab.bond.admin_state(false, lab.now);
  EXPECT_THAT(deeds(lab.pull(0)), Not(Contains("read MACs behind")));

  auto options = quiet();
  options.announce_behind = false;
  auto silent = two_slaves(options);
  EXPECT_THAT(deeds(silent.pull(0)), Not(Contains("read MACs behind")));
}

TEST(Lessons, AreNotForModesWhoseSwitchKnowsTheBond) {
  for (const Mode mode : {Mode::balance_rr, Mode::balance_xor, Mode::broadcast, Mode::balance_tlb}) {
    auto lab = two_slaves(quiet(mode));
    EXPECT_FALSE(has<action::ReadBehind>(lab.pull(0))) << static_cast<int>(mode);
  }
}

}  // namespace
}  // namespace ebond::core
