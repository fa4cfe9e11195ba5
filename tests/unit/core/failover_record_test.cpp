// The record of a failover: in every mode one event when traffic leaves a slave, with what saw the need.
#include "tests/unit/core/bond_lab.h"

namespace ebond::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// "eth0 -> eth1 by netlink: eth0: carrier lost (netlink)"
std::vector<std::string> failovers(const Actions& actions) {
  std::vector<std::string> lines;
  for (const Action& action : actions) {
    const auto* const report = std::get_if<action::Report>(&action);
    if (!report || report->event.kind != EventKind::failover) continue;
    const Event& event = report->event;
    lines.push_back(
        fmt::format("{} -> {} by {}: {}", event.from, event.to, seen_by_name(event.seen_by), event.why));
  }
  return lines;
}

TEST(FailoverRecord, SaysWhoLostWhoTookOverAndWhatSawIt) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.with_slaves(2);
  EXPECT_THAT(failovers(lab.pull(0)), ElementsAre("eth0 -> eth1 by netlink: eth0: carrier lost (netlink)"));
  EXPECT_THAT(failovers(lab.plug(0)), IsEmpty()) << "a backup came back: traffic did not move";
  EXPECT_THAT(failovers(lab.bond.carrier_lost(nic(1), LinkSource::hook, lab.now)),
              ElementsAre("eth1 -> eth0 by hook: eth1: carrier lost (hook)"));
}

TEST(FailoverRecord, TellsThatNobodyTookOver) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.with_slaves(1);
  EXPECT_THAT(failovers(lab.pull(0)), ElementsAre("eth0 ->  by netlink: eth0: carrier lost (netlink)"));
  EXPECT_THAT(failovers(lab.plug(0)), IsEmpty()) << "there was nobody to take over from";
}

TEST(FailoverRecord, CountsACommandToo) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.with_slaves(2);
  EXPECT_THAT(failovers(lab.bond.set({{"active_slave", "eth1"}}, lab.now).value()),
              ElementsAre("eth0 -> eth1 by command: by command"));
  EXPECT_THAT(failovers(lab.release(1)), ElementsAre("eth1 -> eth0 by command: eth1 released"));
}

TEST(FailoverRecord, OfABalancingBondNamesWhoIsLeft) {
  BondLab lab(BondLab::unpolled(Mode::balance_xor));
  lab.with_slaves(3);
  EXPECT_THAT(failovers(lab.pull(1)),
              ElementsAre("eth1 -> eth0,eth2 by netlink: eth1: carrier lost (netlink)"));
  EXPECT_THAT(failovers(lab.plug(1)), IsEmpty());
  EXPECT_THAT(failovers(lab.bond.slave_unplugged(nic(0), lab.now)),
              ElementsAre("eth0 -> eth1,eth2 by netlink: eth0 unplugged"));
}

TEST(FailoverRecord, WaitsForTheDowndelayAndSaysSo) {
  auto options = BondLab::unpolled(Mode::active_backup);
  options.miimon = 100ms;
  options.downdelay = 300ms;
  BondLab lab(options);
  lab.with_slaves(2);
  EXPECT_THAT(failovers(lab.pull(0)), IsEmpty());
  EXPECT_THAT(failovers(lab.after(300ms)), ElementsAre("eth0 -> eth1 by timer: eth0: downdelay over"));
}

TEST(FailoverRecord, IsNotToldAgainByASuccessor) {
  BondLab lab(BondLab::unpolled(Mode::balance_xor));
  lab.with_slaves(2);
  Bond successor = Bond::restore(lab.bond.memory(), lab.now);
  EXPECT_THAT(failovers(successor.advance(lab.now)), IsEmpty());
  EXPECT_THAT(failovers(successor.link_report(nic(0), link_down(), LinkSource::poll, lab.now)),
              ElementsAre("eth0 -> eth1 by poll: eth0: carrier lost (poll)"));
}

}  // namespace
}  // namespace ebond::core
