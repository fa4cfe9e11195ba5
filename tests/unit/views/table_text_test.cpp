#include "views/table_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "tests/unit/views/sample_bonds.h"

namespace ebond::views {
namespace {

using core::Mode;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Times are printed in the local zone; here that is UTC.
class InUtc : public testing::Test {
 protected:
  InUtc() {
    setenv("TZ", "UTC0", 1);
    tzset();
  }
};
class ShowText : public InUtc {};
class EventLine : public InUtc {};

std::string shown(const core::BondStatus& bond) {
  return show_text({sample_report(bond)}, Colour::never);
}

TEST_F(ShowText, ShowsAHealthyBond) {
  auto report = sample_report(sample_bond(Mode::active_backup, 2));
  report.link_layer = "hook + netlink + poll 100 ms";
  EXPECT_EQ(show_text({report}, Colour::never),
            "bond0  OK  active-backup\n"
            "  carrier up, active slave eth0, MAC 02:00:00:00:01:00\n"
            "  links watched by hook + netlink + poll 100 ms\n"
            "  SLAVE  STATE   LINK   SPEED  FAILURES\n"
            "  eth0   ACTIVE  up    1 Gb/s         0\n"
            "  eth1   BACKUP  up    1 Gb/s         0  standing by for eth0\n");
}

TEST_F(ShowText, ShowsWhatFailedAndWhyAndWhen) {
  auto report = sample_failed_over();
  report.netns = "web";
  report.rx_inactive_dropped = {17, 0};
  EXPECT_EQ(
      show_text({report}, Colour::never),
      "bond0  DEGRADED  active-backup  (see to eth0)\n"
      "  carrier up, active slave eth1, MAC 02:00:00:00:01:00, netns web\n"
      "  links watched by netlink + poll 100 ms\n"
      "  SLAVE  STATE   LINK   SPEED  FAILURES  RX DROPPED\n"
      "  eth0   BACKUP  down       -         1          17  no carrier: check cable, switch port and that "
      "the interface is up\n"
      "  eth1   ACTIVE  up    1 Gb/s         0           0\n"
      "  last failover: 12:03:04 eth0 -> eth1, carrier lost (netlink), table after 84 µs, announced after "
      "210 µs\n");
}

TEST_F(ShowText, SaysWhereAnInterfaceStandsThatIsInAnotherNamespace) {
  auto report = sample_failed_over();
  report.away = {.netns = "web", .interface = "eth0", .ifindex = core::IfIndex(12)};
  EXPECT_THAT(show_text({report}, Colour::never),
              testing::HasSubstr(", MAC 02:00:00:00:01:00\n  the interface is eth0 in netns web\n"));
  report.away->netns = "";
  EXPECT_THAT(show_text({report}, Colour::never), testing::HasSubstr("eth0 in the initial netns\n"));
}

TEST_F(ShowText, OfABondThatTheDaemonGaveUpSaysWhyAndNothingElse) {
  auto report = sample_report(sample_bond(Mode::active_backup, 2));
  report.failed = "it could not be taken over: cannot read its state";
  EXPECT_EQ(show_text({report}, Colour::never),
            "bond0  FAILED  (it could not be taken over: cannot read its state)\n");
}

TEST_F(ShowText, IsNotOkWhileTheSystemDoesNotDoWhatABondNeeds) {
  auto report = sample_report(sample_bond(Mode::active_backup, 2));
  EXPECT_THAT(show_text({report}, Colour::never), StartsWith("bond0  OK  "));
  report.undone = {"cannot set its carrier: No buffer space available"};
  EXPECT_THAT(
      show_text({report}, Colour::never),
      StartsWith("bond0  DEGRADED  active-backup  (cannot set its carrier: No buffer space available)\n"));
}

TEST_F(ShowText, SaysWhoIsAwaitedAndWhatFoundNoSlave) {
  auto report = sample_report(sample_bond(Mode::active_backup, 1));
  EXPECT_THAT(show_text({report}, Colour::never), Not(HasSubstr("not there")));
  report.awaited = {"eth5", "eth6"};
  report.tx_dropped = 12;
  const auto text = show_text({report}, Colour::never);
  EXPECT_THAT(text, HasSubstr("\n  not there, taken when it appears: eth5, eth6\n"));
  EXPECT_THAT(text, HasSubstr("\n  12 frames found no slave to leave by\n"));
}

TEST_F(ShowText, ColoursWhatMatters) {
  const std::string text = show_text({sample_failed_over()}, Colour::ansi);
  EXPECT_THAT(text, StartsWith("\x1b[1mbond0\x1b[0m  \x1b[33mDEGRADED\x1b[0m  active-backup"));
  EXPECT_THAT(text, HasSubstr("eth0   \x1b[2mBACKUP\x1b[0m  \x1b[31mdown\x1b[0m       -"));
  EXPECT_THAT(text, HasSubstr("\x1b[31mno carrier"));
  EXPECT_THAT(text, HasSubstr("eth1   \x1b[32mACTIVE\x1b[0m  \x1b[32mup\x1b[0m    1 Gb/s"));
  auto down = sample_bond(Mode::balance_rr, 1);
  down.carrier = false;
  EXPECT_THAT(show_text({sample_report(down)}, Colour::ansi), HasSubstr("\x1b[31mDOWN\x1b[0m"));
  EXPECT_THAT(show_text({sample_report(sample_bond(Mode::balance_rr, 2))}, Colour::ansi),
              HasSubstr("\x1b[32mOK\x1b[0m"));
}

TEST_F(ShowText, SaysTheSameInColourAndWithout) {
  std::string text = show_text({sample_failed_over()}, Colour::ansi);
  for (auto escape = text.find('\x1b'); escape != std::string::npos; escape = text.find('\x1b')) {
    text.erase(escape, text.find('m', escape) - escape + 1);
  }
  EXPECT_EQ(text, show_text({sample_failed_over()}, Colour::never));
}

TEST_F(ShowText, SaysInTheFirstLineWhyABondIsDown) {
  EXPECT_THAT(shown(sample_bond(Mode::balance_rr, 0)),
              StartsWith("bond0  DOWN  balance-rr  (no slaves: add some with `ebond enslave bond0 IF…`)\n"));
  auto bond = sample_bond(Mode::balance_xor, 2);
  bond.admin_up = false;
  EXPECT_THAT(shown(bond),
              StartsWith("bond0  DOWN  balance-xor  (set down: `ip link set bond0 up` starts it)\n"));
  EXPECT_THAT(shown(bond), HasSubstr("bond0 is set down\n"));
  bond.admin_up = true;
  bond.carrier = false;
  EXPECT_THAT(shown(bond), HasSubstr("(no slave carries traffic)"));
  bond.options.min_links = 3;
  EXPECT_THAT(shown(bond), HasSubstr("(2 of the 3 links min_links asks for are up)"));
  for (auto& slave : bond.slaves) slave.mii_status = slave.link_status = core::MiiStatus::down;
  EXPECT_THAT(shown(bond), HasSubstr("(no slave has a working link)"));
}

TEST_F(ShowText, CallsABondThatCannotFailOverDegraded) {
  EXPECT_THAT(shown(sample_bond(Mode::active_backup, 1)),
              StartsWith("bond0  DEGRADED  active-backup  (one slave only: nothing to fail over to)\n"));
}

TEST_F(ShowText, NamesEverySlaveThatAils) {
  auto bond = sample_bond(Mode::balance_rr, 4);
  for (std::size_t i : {1u, 2u, 3u})
    bond.slaves[i].mii_status = bond.slaves[i].link_status = core::MiiStatus::down;
  EXPECT_THAT(shown(bond), HasSubstr("DEGRADED  balance-rr  (see to eth1, eth2 and eth3)\n"));
}

TEST_F(ShowText, GivesEachIdleSlaveItsReason) {
  auto bond = sample_bond(Mode::balance_rr, 2);
  auto& slave = bond.slaves[1];
  slave.active = false;
  EXPECT_THAT(shown(bond), HasSubstr("not in use yet\n"));
  slave.mii_status = slave.link_status = core::MiiStatus::going_back;
  slave.delay_left = core::Milliseconds{150};
  EXPECT_THAT(
      shown(bond),
      HasSubstr("going back  1 Gb/s         0  link is back; updelay keeps it waiting 150 ms more\n"));
  slave.mii_status = slave.link_status = core::MiiStatus::going_down;
  EXPECT_THAT(shown(bond), HasSubstr("link is lost; downdelay keeps it in use 150 ms more\n"));
  slave.mii_status = slave.link_status = core::MiiStatus::down;
  EXPECT_THAT(shown(bond), HasSubstr("link has come up but is not in use yet\n"));
}

TEST_F(ShowText, TellsALinkFromThePathBeyondIt) {
  using namespace std::chrono_literals;
  auto bond = sample_bond(Mode::balance_rr, 2);
  bond.at = core::TimePoint{60s};
  auto& slave = bond.slaves[1];
  slave.mii_status = core::MiiStatus::down;
  slave.path = {
      {.judge = core::PathJudge::arp, .why = "no answer from 192.0.2.254", .since = core::TimePoint{48s}}};
  EXPECT_THAT(shown(bond),
              HasSubstr("up, path down  1 Gb/s         0  link is up; no answer from 192.0.2.254 "
                        "for 12 s: check the target, its VLAN and the switch's uplink\n"));
  slave.mii_status = core::MiiStatus::going_back;
  slave.path = {{.judge = core::PathJudge::damping,
                 .why = "it went down 5 times in 10 s",
                 .shown = core::MiiStatus::going_back,
                 .since = core::TimePoint{59s},
                 .until = core::TimePoint{68s}}};
  EXPECT_THAT(shown(bond), HasSubstr("up, path going back"));
  EXPECT_THAT(shown(bond), HasSubstr("link is up; it went down 5 times in 10 s, 8 s more\n"));
}

TEST_F(ShowText, ShowsLacpAndItsAdvice) {
  auto bond = sample_lacp_bond();
  EXPECT_THAT(shown(bond), StartsWith("bond0  OK  802.3ad\n"));
  EXPECT_THAT(shown(bond),
              HasSubstr("  LACP: aggregator 1, 2 ports, partner 02:00:00:00:02:00, keys 9 and 17\n"));
  bond.slaves[1].active = false;
  EXPECT_THAT(shown(bond), HasSubstr("not in the active aggregator\n"));
  bond.slaves[1].lacp->advice = "partner does not answer LACP: is the switch port in the channel?";
  EXPECT_THAT(shown(bond), HasSubstr("partner does not answer LACP: is the switch port in the channel?\n"));
  EXPECT_THAT(shown(bond), HasSubstr("(see to eth1)"));
  bond.lacp->partner_mac = {};
  EXPECT_THAT(shown(bond), HasSubstr("  LACP: aggregator 1, 2 ports, no partner\n"));
  bond.carrier = false;
  bond.options.lacp_strict = true;
  EXPECT_THAT(shown(bond), HasSubstr("(lacp_strict waits for a partner to aggregate with)"));
  bond.lacp->active_aggregator_id = 0;
  EXPECT_THAT(shown(bond), HasSubstr("  LACP: no active aggregator\n"));
}

TEST_F(ShowText, PrintsSpeedsAsPeopleSayThem) {
  auto bond = sample_bond(Mode::balance_rr, 2);
  for (auto [mbps, words] : {std::pair{10u, "10 Mb/s"}, std::pair{2500u, "2.5 Gb/s"},
                             std::pair{100000u, "100 Gb/s"}, std::pair{0u, "  -  "}}) {
    bond.slaves[0].link.speed_mbps = mbps;
    EXPECT_THAT(shown(bond), HasSubstr(words));
  }
}

TEST_F(ShowText, SeparatesBondsByAnEmptyLineAndSaysWhereThereAreNone) {
  const auto report = sample_report(sample_bond(Mode::broadcast, 0));
  EXPECT_EQ(show_text({report, report}, Colour::never),
            show_text({report}, Colour::never) + "\n" + show_text({report}, Colour::never));
  EXPECT_EQ(show_text({}, Colour::never), "no bonds here\n");
}

TEST_F(ShowText, LeavesUnmeasuredTimesOfAFailoverOut) {
  auto report = sample_failed_over();
  report.last_failover->table_us = report.last_failover->announce_us = -1;
  report.last_failover->to.clear();
  EXPECT_THAT(show_text({report}, Colour::never),
              HasSubstr("12:03:04 eth0 -> none, carrier lost (netlink)\n"));
}

std::string line_of(core::Event event, Colour colour) {
  return event_line(sample_stamped(std::move(event)), colour);
}

TEST_F(EventLine, TellsWhenWhoWhatAndWhy) {
  const auto plain = [](core::Event event) { return line_of(std::move(event), Colour::never); };
  EXPECT_EQ(plain(sample_event("link", "eth0", "up", "down", "carrier lost (netlink)")),
            "12:03:04.000123 bond0 eth0 link up -> down: carrier lost (netlink)");
  EXPECT_EQ(plain(sample_event("created")), "12:03:04.000123 bond0 created");
  EXPECT_EQ(plain(sample_event("active-slave", "", "", "eth1", "first slave")),
            "12:03:04.000123 bond0 active-slave eth1: first slave");
  EXPECT_EQ(plain(sample_event("active-slave", "", "eth1")),
            "12:03:04.000123 bond0 active-slave eth1 -> none");
  auto stamped = sample_stamped(sample_event("deleted"));
  stamped.netns = "web";
  EXPECT_EQ(event_line(stamped, Colour::never), "12:03:04.000123 [web] bond0 deleted");
}

TEST_F(EventLine, TellsHowLongAFailoverTook) {
  auto failover = sample_stamped(sample_event("failover", "", "eth0", "eth1", "carrier lost (hook)"));
  failover.table_us = 84;
  failover.announce_us = 133;
  EXPECT_EQ(event_line(failover, Colour::never),
            "12:03:04.000123 bond0 failover eth0 -> eth1: carrier lost (hook), table after 84 µs, announced "
            "after 133 µs");
}

TEST_F(EventLine, ColoursLossesGainsAndWarnings) {
  const auto coloured = [](core::Event event) { return line_of(std::move(event), Colour::ansi); };
  EXPECT_THAT(coloured(sample_event("carrier", "", "up", "down")),
              HasSubstr("\x1b[31mcarrier up -> down\x1b[0m"));
  EXPECT_THAT(coloured(sample_event("link", "eth0", "down", "up")),
              HasSubstr("\x1b[32meth0 link down -> up\x1b[0m"));
  EXPECT_THAT(coloured(sample_event("warning", "", "", "", "x")), HasSubstr("\x1b[33mwarning\x1b[0m: x"));
  EXPECT_THAT(coloured(sample_event("created")), HasSubstr(" bond0 created"));
}

TEST(CheckText, TellsWhatIsThereWhatIsMissingAndWhetherABondCanRun) {
  core::CheckReport report{
      .lines = {{.feature = "veth", .available = true, .required = true, .detail = "bond0 itself"},
                {.feature = "carrier hook",
                 .available = false,
                 .required = false,
                 .detail = "tracing is refused (EPERM)"}},
      .can_run = true};
  EXPECT_EQ(check_text(report, Colour::never),
            "  yes  veth          bond0 itself\n"
            "  no   carrier hook  tracing is refused (EPERM)\n"
            "A bond can run here.\n");
  report.lines.push_back(
      {.feature = "clsact", .available = false, .required = true, .detail = "CONFIG_NET_CLS_ACT"});
  report.can_run = false;
  EXPECT_EQ(check_text(report, Colour::never),
            "  yes      veth          bond0 itself\n"
            "  no       carrier hook  tracing is refused (EPERM)\n"
            "  MISSING  clsact        CONFIG_NET_CLS_ACT\n"
            "No bond can run here: what is MISSING above is needed.\n");
  EXPECT_THAT(check_text(report, Colour::ansi), HasSubstr("\x1b[31mMISSING\x1b[0m  clsact"));
}

}  // namespace
}  // namespace ebond::views
