// The ARP monitor in active-backup: bond_activebackup_arp_mon's rules, in virtual time.
#include "arp_lab.h"

namespace ebond::core {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::pair<unsigned, Ipv4Address>> asked(const ArpLab& lab) {
  std::vector<std::pair<unsigned, Ipv4Address>> all;
  for (const auto& each : lab.sent) {
    const auto frame = wire::parse_ethernet(each.bytes);
    if (const auto arp = wire::parse_arp(frame->payload)) all.emplace_back(each.slave, arp->target_ip);
  }
  return all;
}

TEST(ArpActiveBackup, TheActiveSlaveAsksEachTargetOnceAnInterval) {
  auto options = watched(Mode::active_backup);
  options.arp_ip_target = {kRouter, kSecond};
  ArpLab lab(options);
  lab.run(200ms);
  EXPECT_THAT(asked(lab),
              ElementsAre(std::pair{0U, kRouter}, std::pair{0U, kSecond}, std::pair{0U, kRouter},
                          std::pair{0U, kSecond}, std::pair{0U, kRouter}, std::pair{0U, kSecond}));
}

TEST(ArpActiveBackup, NobodyIsAskedWithoutATargetOrWhileTheBondIsDown) {
  auto options = watched(Mode::active_backup);
  options.arp_ip_target.clear();
  ArpLab aimless(options);
  aimless.run(1s);
  EXPECT_THAT(aimless.sent, IsEmpty());
  EXPECT_EQ(aimless.active(), "eth0");

  ArpLab down(watched(Mode::active_backup));
  down.take(down.bond.admin_state(false, down.now));
  down.run(1s);
  EXPECT_THAT(down.sent, IsEmpty());
}

TEST(ArpActiveBackup, StaysWhereItIsWhileAllAnswer) {
  ArpLab lab(watched(Mode::active_backup), 3);
  lab.run(10s);
  EXPECT_THAT(lab.log, IsEmpty());
  for (unsigned number : {0U, 1U, 2U}) EXPECT_EQ(lab.status_of(number), MiiStatus::up);
}

TEST(ArpActiveBackup, FailsOverOnceAsManyRoundsAsArpMissedMaxWentUnanswered) {
  ArpLab lab(watched(Mode::active_backup));
  lab.run(1001ms);
  lab.dead = {0};
  lab.log.clear();
  lab.run(1s);
  EXPECT_THAT(
      lab.log,
      ElementsAre("1250 ms path eth0: up -> down (no answer from 192.0.2.254 for 250 ms)",
                  "1250 ms active-slave eth1: eth0 -> eth1 (eth0: no answer from 192.0.2.254 for 250 ms)"));
  EXPECT_EQ(lab.slave(0).link_failure_count, 1U);
  EXPECT_EQ(lab.status_of(0), MiiStatus::down);
  EXPECT_EQ(lab.slave(0).link_status, MiiStatus::up);
  EXPECT_TRUE(lab.status().carrier);
}

TEST(ArpActiveBackup, WaitsNoLongerThanFiftyMillisecondsBeyondItsLastRoundHoweverLongTheInterval) {
  auto options = watched(Mode::active_backup);
  options.arp_interval = 1000ms;
  options.arp_missed_max = 3;
  ArpLab lab(options);
  lab.run(10001ms);
  lab.dead = {0};
  lab.log.clear();
  lab.run(3049ms - 1ms);
  EXPECT_EQ(lab.active(), "eth0");
  lab.run(2ms);
  EXPECT_EQ(lab.active(), "eth1");
}

TEST(ArpActiveBackup, TheNewActiveSlaveAsksAtOnceAndHasTwoIntervalsToBeAnswered) {
  ArpLab lab(watched(Mode::active_backup));
  lab.run(1001ms);
  lab.dead = {0, 1};
  lab.log.clear();
  lab.sent.clear();
  lab.run(450ms);
  EXPECT_EQ(asked(lab), (std::vector<std::pair<unsigned, Ipv4Address>>{
                            {0, kRouter}, {0, kRouter}, {1, kRouter}, {1, kRouter}, {1, kRouter}}));
  lab.run(250ms);
  EXPECT_THAT(
      lab.log,
      ElementsAre("1250 ms path eth0: up -> down (no answer from 192.0.2.254 for 250 ms)",
                  "1250 ms active-slave eth1: eth0 -> eth1 (eth0: no answer from 192.0.2.254 for 250 ms)",
                  "1500 ms path eth1: up -> down (no answer from 192.0.2.254 for 500 ms)",
                  "1500 ms active-slave : eth1 ->  (eth1: no answer from 192.0.2.254 for 500 ms)"));
  EXPECT_FALSE(lab.status().carrier);
}

TEST(ArpActiveBackup, AFailoverCostsNoBackupItsPlace) {
  ArpLab lab(watched(Mode::active_backup), 4);
  lab.run(1001ms);
  lab.dead = {0};
  lab.log.clear();
  lab.run(2s);
  EXPECT_THAT(lab.log, SizeIs(2)) << "eth0 is lost, eth1 takes over, and that is all";
  for (unsigned number : {1U, 2U, 3U}) EXPECT_EQ(lab.slave(number).link_failure_count, 0U);
}

TEST(ArpActiveBackup, ABackupIsLostOneRoundLater) {
  ArpLab lab(watched(Mode::active_backup));
  lab.run(1001ms);
  lab.dead = {1};
  lab.log.clear();
  lab.run(1s);
  EXPECT_THAT(
      lab.log,
      ElementsAre("1350 ms path eth1: up -> down (the active slave's probes not received for 350 ms)"));
  EXPECT_EQ(lab.slave(1).link_failure_count, 1U);
  EXPECT_EQ(lab.active(), "eth0");
  lab.dead.clear();
  lab.log.clear();
  lab.run(1s);
  EXPECT_THAT(lab.log, ElementsAre("2150 ms path eth1: down -> up (the active slave's probes are received)"));
}

TEST(ArpActiveBackup, BackupsBelieveTheActiveSlavesProbesOnlyWhileItIsAnswered) {
  ArpLab lab(watched(Mode::active_backup), 3);
  lab.run(1001ms);
  lab.silent = {kRouter};  // all hear each other still
  lab.log.clear();
  lab.run(5s);
  EXPECT_EQ(lab.active(), "");
  for (unsigned number : {0U, 1U, 2U}) EXPECT_NE(lab.status_of(number), MiiStatus::up) << number;
}

TEST(ArpActiveBackup, OneAfterTheOtherAsksWhileNoneIsProvedAndTheFirstToBeAnsweredIsActive) {
  ArpLab lab(watched(Mode::active_backup), 3);
  lab.run(1001ms);
  lab.silent = {kRouter};
  lab.run(3s);
  lab.sent.clear();
  lab.run(600ms);
  std::vector<unsigned> turns;
  for (const auto& each : lab.sent) turns.push_back(each.slave);
  ASSERT_THAT(turns, SizeIs(6));
  for (std::size_t i = 1; i < turns.size(); ++i) EXPECT_EQ(turns[i], (turns[i - 1] + 1) % 3);
  EXPECT_EQ(lab.status_of(turns.back()), MiiStatus::going_back) << "it is being tried";
  EXPECT_EQ(lab.status_of(turns[4]), MiiStatus::going_down) << "it was, in vain";
  lab.silent.clear();
  lab.log.clear();
  lab.run(250ms);
  EXPECT_THAT(lab.log,
              Contains(testing::HasSubstr("active-slave eth0:  -> eth0 (eth0: 192.0.2.254 answers)")));
  EXPECT_TRUE(lab.status().carrier);
}

TEST(ArpActiveBackup, TheFirstTurnIsTheSecondSlaves) {  // bond_ab_arp_probe begins after the first
  ArpLab lab(watched(Mode::active_backup), 3);
  lab.run(1001ms);
  lab.dead = {1, 2};
  lab.run(1s);
  lab.dead = {0, 1, 2};
  lab.run(190ms);
  ASSERT_EQ(lab.active(), "eth0");
  lab.sent.clear();
  lab.run(300ms);
  std::vector<unsigned> order;
  for (const auto& each : lab.sent) order.push_back(each.slave);
  EXPECT_THAT(order, ElementsAre(1U, 2U, 0U));
}

TEST(ArpActiveBackup, TheTrialOfALoneSlaveGoesOnForEver) {
  ArpLab lab(watched(Mode::active_backup), 1);
  lab.silent = {kRouter};
  lab.run(2s);
  EXPECT_EQ(lab.status_of(0), MiiStatus::going_back);
  lab.silent.clear();
  lab.run(250ms);
  EXPECT_EQ(lab.active(), "eth0");
}

TEST(ArpActiveBackup, TheRecordSaysALossOnceHoweverLongItLasts) {
  ArpLab lab(watched(Mode::active_backup));
  lab.run(1001ms);
  lab.silent = {kRouter};
  lab.run(1s);
  lab.log.clear();
  lab.run(10s);
  EXPECT_THAT(lab.log, IsEmpty());
}

TEST(ArpActiveBackup, APrimaryWhosePathIsBackTakesOverAgain) {
  auto options = watched(Mode::active_backup);
  options.primary = "eth0";
  ArpLab lab(options);
  lab.run(1001ms);
  lab.dead = {0};
  lab.run(1s);
  EXPECT_EQ(lab.active(), "eth1");
  lab.dead.clear();
  lab.log.clear();
  lab.run(300ms);
  EXPECT_THAT(
      lab.log,
      ElementsAre(testing::HasSubstr("path eth0: down -> up (the active slave's probes are received)"),
                  testing::HasSubstr("active-slave eth0: eth1 -> eth0 (primary is back)")));
}

TEST(ArpActiveBackup, AnyTargetWillDoUnlessAllAreAskedFor) {
  auto options = watched(Mode::active_backup);
  options.arp_ip_target = {kRouter, kSecond};
  ArpLab any(options);
  any.silent = {kSecond};
  any.run(3s);
  EXPECT_EQ(any.status_of(0), MiiStatus::up);

  options.arp_all_targets = ArpAllTargets::all;
  ArpLab all(options, 1);
  all.run(1001ms);
  all.silent = {kSecond};
  all.log.clear();
  all.run(260ms);
  EXPECT_THAT(all.log, Contains("1250 ms path eth0: up -> down (no answer from 192.0.2.253 for 250 ms)"));
  all.run(3s);
  EXPECT_EQ(all.active(), "");
  all.silent.clear();
  all.run(250ms);
  EXPECT_EQ(all.active(), "eth0");
}

TEST(ArpActiveBackup, AllTargetsCountOnlyWhereAnswersAreLookedAt) {
  auto options = watched(Mode::active_backup, ArpValidate::filter);
  options.arp_ip_target = {kRouter, kSecond};
  options.arp_all_targets = ArpAllTargets::all;
  ArpLab lab(options);
  lab.silent = {kSecond};
  lab.run(3s);
  EXPECT_EQ(lab.active(), "eth0");
}

TEST(ArpActiveBackup, ALostLinkCostsNoRoundAndItsPathMustBeProvedWhenItIsBack) {
  auto options = watched(Mode::active_backup);
  options.primary = "eth0";
  ArpLab lab(options);
  lab.run(1050ms);
  lab.log.clear();
  lab.take(lab.pull(0));
  EXPECT_EQ(lab.active(), "eth1");
  lab.dead = {0};
  lab.run(1s);
  lab.take(lab.plug(0));  // a switch port is up before it forwards
  EXPECT_EQ(lab.slave(0).link_status, MiiStatus::up);
  EXPECT_EQ(lab.status_of(0), MiiStatus::down);
  EXPECT_EQ(lab.active(), "eth1");
  EXPECT_EQ(lab.why(0), "its link was lost, no answer from 192.0.2.254 yet");
  EXPECT_EQ(lab.slave(0).link_failure_count, 1U);
  lab.run(1s);
  EXPECT_EQ(lab.active(), "eth1");
  lab.dead.clear();
  lab.run(200ms);
  EXPECT_EQ(lab.active(), "eth0");
  EXPECT_EQ(lab.slave(0).link_failure_count, 1U);
}

TEST(ArpActiveBackup, ALinkThatComesUpWhileItIsEnslavedIsTrusted) {
  ArpLab lab(watched(Mode::active_backup), 0);
  lab.enslave(0, link_down());
  lab.take(lab.bond.link_report(nic(0), link_up(), LinkSource::enslave, lab.now));
  EXPECT_EQ(lab.active(), "eth0");
  lab.enslave(1, link_down());
  lab.run(1s);
  lab.take(lab.plug(1));
  EXPECT_EQ(lab.status_of(1), MiiStatus::down) << "plugged in later it is not";
}

TEST(ArpActiveBackup, WhoGotNoProcessorAccusesNobody) {
  ArpLab lab(watched(Mode::active_backup));
  lab.run(1001ms);
  lab.log.clear();
  lab.now += 5s;  // the answers of its last round were taken; no round went out since
  lab.run(1s);
  EXPECT_THAT(lab.log, IsEmpty());
}

TEST(ArpActiveBackup, WithoutAnAddressItAsksFromNobodyAndIsAnsweredThere) {
  auto options = watched(Mode::active_backup);
  ArpLab lab(options);
  lab.around = {};
  lab.bond.surroundings(lab.around);
  lab.run(3s);
  const auto frame = wire::parse_ethernet(lab.sent.front().bytes);
  EXPECT_EQ(wire::parse_arp(frame->payload)->sender_ip, Ipv4Address{});
  EXPECT_EQ(lab.status_of(0), MiiStatus::up);
  EXPECT_EQ(lab.status_of(1), MiiStatus::up) << "the backup hears it";
}

TEST(ArpActiveBackup, AsksInTheVlanItsRouteGoesByAndNotForWhatLiesElsewhere) {
  auto options = watched(Mode::active_backup);
  options.arp_ip_target = {kRouter, kSecond};
  ArpLab lab(options);
  lab.around.ipv4 = {
      {.target = kRouter, .kind = WayKind::bond, .source = kOurs, .tags = {{.id = 7}, {.id = 5}}},
      {.target = kSecond, .kind = WayKind::elsewhere, .source = {}, .tags = {}}};
  lab.bond.surroundings(lab.around);
  lab.run(50ms);
  ASSERT_THAT(lab.sent, SizeIs(1));
  const auto frame = wire::parse_ethernet(lab.sent.front().bytes);
  EXPECT_THAT(frame->header.tags, ElementsAre(wire::VlanTag{.id = 7}, wire::VlanTag{.id = 5}));
  const auto arp = wire::parse_arp(frame->payload);
  EXPECT_EQ(arp->sender_ip, kOurs);
  EXPECT_EQ(arp->target_ip, kRouter);
  EXPECT_EQ(frame->header.source, mac(1));
}

TEST(ArpActiveBackup, TurnedOffItLetsEverySlaveGo) {
  ArpLab lab(watched(Mode::active_backup));
  lab.silent = {kRouter};
  lab.run(3s);
  EXPECT_EQ(lab.active(), "");
  lab.take(lab.bond.set({{"arp_interval", "0"}}, lab.now).value());
  EXPECT_EQ(lab.active(), "eth0");
  EXPECT_EQ(lab.status_of(1), MiiStatus::up);
  EXPECT_THAT(lab.slave(0).path, IsEmpty());
}

TEST(ArpActiveBackup, ANewTargetIsGivenTime) {
  ArpLab lab(watched(Mode::active_backup));
  lab.run(1050ms);
  lab.take(lab.bond.set({{"arp_ip_target", "+192.0.2.253"}, {"arp_all_targets", "all"}}, lab.now).value());
  lab.around.ipv4.push_back({.target = kSecond, .kind = WayKind::bond, .source = kOurs, .tags = {}});
  lab.bond.surroundings(lab.around);
  lab.log.clear();
  lab.run(2s);
  EXPECT_THAT(lab.log, IsEmpty());
}

TEST(ArpActiveBackup, TheNextDaemonGoesOnWithWhatWasProved) {
  ArpLab lab(watched(Mode::active_backup));
  lab.run(1001ms);
  lab.dead = {0};
  lab.run(1s);
  ASSERT_EQ(lab.active(), "eth1");
  lab.bond = Bond::restore(lab.bond.memory(), lab.now);
  lab.bond.surroundings(lab.around);
  EXPECT_EQ(lab.active(), "eth1");
  EXPECT_EQ(lab.status_of(0), MiiStatus::down);
  EXPECT_EQ(lab.slave(0).link_failure_count, 1U);
  lab.log.clear();
  lab.run(2s);
  EXPECT_THAT(lab.log, IsEmpty());
  lab.dead.clear();
  lab.run(300ms);
  EXPECT_EQ(lab.status_of(0), MiiStatus::up);
}

TEST(ArpActiveBackup, WorksBesideMiimonAndItsDelays) {
  auto options = watched(Mode::active_backup);
  options.miimon = 100ms;
  options.updelay = 500ms;
  ArpLab lab(options);
  lab.run(1001ms);
  lab.take(lab.pull(0));
  lab.run(200ms);
  lab.take(lab.plug(0));
  lab.run(300ms);
  EXPECT_EQ(lab.status_of(0), MiiStatus::going_back) << "its path is proved, its updelay is not over";
  lab.dead = {1};
  lab.run(600ms);
  EXPECT_EQ(lab.active(), "eth0");
}

}  // namespace
}  // namespace ebond::core
