// The path monitor icmp, with a network of one target behind every slave: which slaves it holds out, and
// which it lets pass, as what each slave asks, and what is not an answer.
#include <map>
#include <set>

#include "bond_lab.h"
#include "core/judges/asking.h"
#include "wire/arp.h"
#include "wire/icmp_echo.h"

namespace ebond::core {
namespace {

using ::testing::HasSubstr;

constexpr Ipv4Address kOurs{192, 0, 2, 1}, kRouter{192, 0, 2, 254}, kFar{198, 51, 100, 7};
constexpr MacAddress kRouterMac({0x02, 0, 0, 0, 0, 0xfe});

BondOptions watched(Mode mode, IpAddress target = kRouter) {
  BondOptions options = BondLab::unpolled(mode);
  options.path_monitor = PathMonitor::icmp;
  options.path_target = {target};
  return options;
}

/// A network in which the router answers, but through no slave that is dead, and does not echo where `far`
/// is.
class IcmpLab : public BondLab {
 public:
  explicit IcmpLab(BondOptions options) : BondLab(std::move(options)) {
    tell_ways();
    with_slaves(2);
  }
  void tell_ways() {
    Surroundings around;
    for (const auto& target : bond.options().path_target) {
      PathWay way{.target = target, .kind = WayKind::bond, .next_hop = kRouter, .source = kOurs};
      around.paths.push_back(way);
    }
    bond.surroundings(around);
  }
  void run(Duration duration) {
    const TimePoint end = now + duration;
    for (;;) {
      const auto next = bond.next_deadline();
      if (!next || *next > end) break;
      now = std::max(*next, now);
      take(bond.advance(now));
    }
    now = end;
  }
  void take(const Actions& actions) {
    for (const auto& line : reports(actions)) log.push_back(line);
    for (const Action& action : actions) {
      const auto* transmit = std::get_if<action::Transmit>(&action);
      if (!transmit) continue;
      const auto slave = static_cast<unsigned>(transmit->slave) - 1;
      const auto frame = wire::parse_ethernet(transmit->frame);
      sources[slave].push_back(frame->header.source);
      answer(slave, *frame);
    }
  }
  void hear(unsigned number, const wire::Bytes& frame) {
    heard.push_back(frame);
    take(bond.frame_received(nic(number), frame, now));
  }
  bool is_up(unsigned number) const { return slave(number).mii_status == MiiStatus::up; }
  MacAddress bond_mac() const { return status().mac; }

  std::set<unsigned> dead;
  bool far_answers = true;
  std::optional<unsigned> answers_by;  ///< what is sent to the bond's MAC comes in here
  std::map<unsigned, std::vector<MacAddress>> sources;
  std::vector<wire::Bytes> heard;
  std::vector<std::string> log;

 private:
  void answer(unsigned from, const wire::EthernetFrame& frame) {
    if (dead.contains(from)) return;
    const auto& to = frame.header.source;
    // Switches learn: a MAC is where it was last heard.
    learned[to] = from;
    if (const auto arp = wire::parse_arp(frame.payload)) {
      if (arp->target_ip != kRouter) return;
      back(arp->sender_mac, wire::build_arp(arp->sender_mac, kRouterMac, {},
                                            {.operation = wire::ArpPacket::Operation::reply,
                                             .sender_mac = kRouterMac,
                                             .sender_ip = kRouter,
                                             .target_mac = arp->sender_mac,
                                             .target_ip = arp->sender_ip}));
    } else if (auto echo = wire::parse_echo4(frame.payload)) {
      if (!far_answers) return;
      // The router knows the bond's address by the bond's MAC, whoever asked.
      echo->echo.reply = true;
      std::swap(echo->source, echo->destination);
      back(bond_mac(), wire::build_echo({bond_mac(), kRouterMac, {}}, *echo));
    }
  }
  void back(const MacAddress& to, const wire::Bytes& frame) {
    const auto found = learned.find(to);
    const auto slave = answers_by.value_or(found == learned.end() ? 0 : found->second);
    if (!dead.contains(slave)) hear(slave, frame);
  }
  std::map<MacAddress, unsigned> learned;
};

TEST(IcmpActiveBackup, LeavesTheSlaveWhoseTargetFallsSilentThoughItsLinkIsUp) {
  IcmpLab lab(watched(Mode::active_backup));
  lab.run(1s);
  ASSERT_TRUE(lab.is_up(0) && lab.is_up(1));
  ASSERT_EQ(lab.active(), "eth0");
  lab.dead = {0};
  lab.run(299ms);
  EXPECT_EQ(lab.active(), "eth0");
  lab.run(102ms);
  EXPECT_EQ(lab.active(), "eth1");
  EXPECT_EQ(lab.slave(0).path.front().judge, PathJudge::icmp);
  EXPECT_THAT(lab.slave(0).path.front().why, HasSubstr("no answer from 192.0.2.254"));
  EXPECT_EQ(lab.slave(0).link_status, MiiStatus::up);
  lab.run(10s);
  EXPECT_EQ(lab.active(), "eth1");
}

TEST(IcmpActiveBackup, TakesAPathForProvedAgainOnceItIsEchoedThrough) {
  IcmpLab lab(watched(Mode::active_backup));
  lab.dead = {0};
  lab.run(1s);
  ASSERT_FALSE(lab.is_up(0));
  lab.dead.clear();
  lab.run(300ms);
  EXPECT_TRUE(lab.is_up(0));
  EXPECT_EQ(lab.active(), "eth1") << "as good a slave stays backup";
}

TEST(IcmpActiveBackup, ABackupNeverSpeaksAsTheBond) {
  IcmpLab lab(watched(Mode::active_backup));
  lab.run(2s);
  ASSERT_FALSE(lab.sources[1].empty());
  for (const auto& source : lab.sources[1]) EXPECT_EQ(source, mac(2));
  for (const auto& source : lab.sources[0]) EXPECT_EQ(source, lab.bond_mac());
}

TEST(IcmpActiveBackup, ASlaveHeldOutNeverSpeaksAsTheBondAndNeitherDoesTheOneThatGaveItsMac) {
  IcmpLab lab(watched(Mode::active_backup));
  lab.run(1s);
  ASSERT_EQ(lab.bond_mac(), mac(1)) << "the bond wears what is eth0's own";
  lab.dead = {0};
  while (lab.active() == "eth0") lab.run(1ms);
  lab.sources.clear();
  lab.run(2s);
  ASSERT_FALSE(lab.sources[0].empty());
  for (const auto& source : lab.sources[0]) {
    EXPECT_NE(source, lab.bond_mac());
    EXPECT_NE(source, mac(2));
    EXPECT_TRUE(source.is_valid_unicast());
  }
}

TEST(IcmpActiveBackup, ABackupThatLeadsNowhereIsKnownBeforeItIsNeeded) {
  IcmpLab lab(watched(Mode::active_backup));
  lab.run(1s);
  lab.dead = {1};
  lab.run(401ms);
  EXPECT_FALSE(lab.is_up(1));
  EXPECT_THAT(lab.slave(1).path.front().why, HasSubstr("next hop"));
  EXPECT_EQ(lab.active(), "eth0");
  lab.dead.clear();
  lab.run(200ms);
  EXPECT_TRUE(lab.is_up(1));
}

TEST(IcmpActiveBackup, ADeadTargetTakesTheCarrierOnceAndDoesNotFlapThoughTheRouterAnswers) {
  IcmpLab lab(watched(Mode::active_backup, kFar));
  lab.run(1s);
  ASSERT_TRUE(lab.is_up(0) && lab.is_up(1));
  lab.far_answers = false;
  lab.run(2s);
  EXPECT_FALSE(lab.status().carrier);
  lab.log.clear();
  lab.run(60s);
  EXPECT_TRUE(lab.log.empty()) << lab.log.front();
  lab.far_answers = true;
  lab.run(1s);
  EXPECT_TRUE(lab.status().carrier);
  lab.run(1s);
  EXPECT_TRUE(lab.is_up(0) && lab.is_up(1));
}

TEST(IcmpActiveBackup, WhileNobodyCarriesEachSlaveHasItsTurnSoThatTheOneThatCanIsFound) {
  IcmpLab lab(watched(Mode::active_backup));
  lab.run(1s);
  lab.dead = {0, 1};
  lab.run(3s);
  ASSERT_FALSE(lab.status().carrier);
  for (const unsigned healed : {1U, 0U}) {
    lab.dead = {1 - healed};
    lab.run(2s);
    EXPECT_EQ(lab.active(), nic_name(healed));
    lab.dead = {0, 1};
    lab.run(2s);
    ASSERT_FALSE(lab.status().carrier);
  }
}

TEST(IcmpActiveBackup, AnAnswerThatComesInOverAnotherSlaveDoesNotProveTheActiveOne) {
  IcmpLab lab(watched(Mode::active_backup));
  lab.run(1s);
  lab.answers_by = 1;
  lab.run(500ms);
  EXPECT_FALSE(lab.is_up(0));
}

TEST(IcmpBalanceXor, AnAnswerProvesTheSlaveThatAskedWhicheverItComesBackBy) {
  IcmpLab lab(watched(Mode::balance_xor));
  lab.answers_by = 1;
  lab.run(2s);
  EXPECT_TRUE(lab.is_up(0) && lab.is_up(1));
  lab.dead = {0};
  lab.run(500ms);
  EXPECT_FALSE(lab.is_up(0));
  EXPECT_TRUE(lab.is_up(1));
  EXPECT_EQ(lab.buckets(), std::vector<unsigned>{1});
  lab.dead.clear();
  lab.run(300ms);
  EXPECT_TRUE(lab.is_up(0));
}

TEST(IcmpAnswers, WhatIsReplayedOrAlteredProvesNothing) {
  IcmpLab lab(watched(Mode::active_backup));
  lab.run(1s);
  const auto answers = lab.heard;
  ASSERT_GT(answers.size(), 8U);
  lab.dead = {0};
  for (int i = 0; i < 20; ++i) {
    lab.run(50ms);
    for (const auto& frame : answers) {
      if (!wire::parse_echo4(wire::parse_ethernet(frame)->payload)) continue;
      lab.bond.frame_received(nic(0), frame, lab.now);
      for (std::size_t octet = 14; octet < frame.size(); ++octet) {
        auto altered = frame;
        altered[octet] ^= 0x01;
        lab.bond.frame_received(nic(0), altered, lab.now);
        lab.bond.frame_received(nic(0), wire::ByteView(frame).first(octet), lab.now);
      }
    }
  }
  EXPECT_FALSE(lab.is_up(0));
  EXPECT_EQ(lab.active(), "eth1");
}

TEST(IcmpAnswers, AForgedAnswerWithTheWrongNonceProvesNothing) {
  IcmpLab lab(watched(Mode::active_backup));
  lab.run(1s);
  lab.dead = {0};
  std::uint16_t guess = 0;
  for (int i = 0; i < 200; ++i) {
    lab.run(5ms);
    lab.bond.frame_received(
        nic(0),
        wire::build_echo({lab.bond_mac(), kRouterMac, {}},
                         wire::EchoPacket4{kRouter,
                                           kOurs,
                                           {.reply = true,
                                            .identifier = guess++,
                                            .sequence = static_cast<std::uint16_t>(10 + i / 20),
                                            .data = wire::Bytes(8)}}),
        lab.now);
  }
  EXPECT_FALSE(lab.is_up(0));
}

TEST(IcmpJudge, HoldsNobodyOutWhileNoTargetCanBeAsked) {
  IcmpLab lab(watched(Mode::active_backup));
  lab.dead = {0, 1};
  Surroundings nowhere;
  nowhere.paths = {{.target = kRouter, .next_hop = {}, .source = {}, .tags = {}}};
  lab.bond.surroundings(nowhere);
  lab.run(5s);
  EXPECT_TRUE(lab.is_up(0) && lab.is_up(1));
  lab.tell_ways();
  lab.run(2s);
  EXPECT_FALSE(lab.is_up(0) || lab.is_up(1));
}

TEST(IcmpJudge, LetsEverybodyGoWhenItIsTurnedOff) {
  IcmpLab lab(watched(Mode::active_backup));
  lab.dead = {0, 1};
  lab.run(2s);
  ASSERT_FALSE(lab.status().carrier);
  ASSERT_TRUE(lab.bond.set({{"path_monitor", "off"}}, lab.now).has_value());
  EXPECT_TRUE(lab.is_up(0) && lab.is_up(1));
  EXPECT_EQ(lab.bond.targets(), ProbeTargets{});
  EXPECT_EQ(lab.bond.listening(nic(0)), Listening{.discovery = true});
}

TEST(IcmpJudge, ASuccessorGivesEveryPathAWholeDetectionTimeAndKeepsOutWhoWasHeldOut) {
  IcmpLab lab(watched(Mode::active_backup));
  lab.run(1s);
  lab.dead = {0};
  lab.run(1s);
  ASSERT_EQ(lab.active(), "eth1");
  lab.dead = {0, 1};
  lab.run(250ms);
  const auto memory = lab.bond.memory();
  lab.bond = Bond::restore(memory, lab.now);
  lab.tell_ways();
  lab.run(299ms);
  EXPECT_TRUE(lab.is_up(1));
  EXPECT_FALSE(lab.is_up(0));
  lab.run(150ms);
  EXPECT_FALSE(lab.is_up(1));
}

TEST(IcmpJudge, ADaemonThatWasKeptFromRunningAccusesNobody) {
  IcmpLab lab(watched(Mode::active_backup));
  lab.run(1s);
  lab.now += 30s;
  lab.run(1s);
  for (const auto& line : lab.log) EXPECT_THAT(line, ::testing::Not(HasSubstr("no answer")));
  EXPECT_EQ(lab.slave(0).link_failure_count, 0U);
}

}  // namespace
}  // namespace ebond::core
