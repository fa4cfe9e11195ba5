// Each finding, provoked by what it goes by; and none in bonds that are as they should be.
#include "views/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/options/option_table.h"
#include "tests/unit/views/sample_bonds.h"

namespace ebond::views {
namespace {

using core::Mode;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::array kModes{Mode::balance_rr,  Mode::active_backup, Mode::balance_xor, Mode::broadcast,
                            Mode::balance_tlb, Mode::balance_alb,   Mode::balance_slb};

/// With cards that nothing is wrong with.
core::BondReport healthy(Mode mode = Mode::active_backup) {
  auto report = sample_report(mode == Mode::ieee8023ad ? sample_lacp_bond() : sample_bond(mode, 2));
  report.status.admin_up = report.status.carrier = true;
  std::uint8_t number = 1;
  for (auto& slave : report.status.slaves) {
    slave.permanent_mac = core::MacAddress({2, 0, 0, 0, 0, number++});
    slave.mii_status = slave.link_status = core::MiiStatus::up;
    slave.link.carrier = true;
    slave.link_failure_count = slave.path_failure_count = 0;
  }
  return report;
}

auto found(Gravity gravity, const std::string& what, const std::string& evidence) {
  return Contains(AllOf(Field(&Finding::gravity, gravity), Field(&Finding::what, HasSubstr(what)),
                        Field(&Finding::evidence, HasSubstr(evidence))));
}

TEST(Doctor, FindsNothingInHealthyBonds) {
  for (const auto mode : kModes) EXPECT_THAT(findings_of(healthy(mode)), IsEmpty()) << core::mode_name(mode);
  EXPECT_THAT(findings_of(healthy(Mode::ieee8023ad)), IsEmpty());
}

TEST(Doctor, FindsBondsThatCarryNothing) {
  auto report = healthy();
  report.status.admin_up = false;
  EXPECT_THAT(findings_of(report), found(Gravity::broken, "set down", "UP"));
  report = healthy();
  report.status.carrier = false;
  report.status.options.min_links = 3;
  EXPECT_THAT(findings_of(report),
              found(Gravity::broken, "no carrier although slaves are up", "min_links is 3"));
  report.status.slaves.clear();
  EXPECT_THAT(findings_of(report), found(Gravity::broken, "nothing passes", "no slave"));
  report.failed = "its state cannot be read";
  EXPECT_THAT(findings_of(report), ElementsAre(Field(&Finding::evidence, "its state cannot be read")));
}

TEST(Doctor, FindsADeadSlaveAndSaysWhereItsCableLed) {
  auto report = healthy();
  auto& slave = report.status.slaves[1];
  slave.mii_status = slave.link_status = core::MiiStatus::down;
  slave.link.carrier = false;
  slave.neighbour = {.chassis = "sw1", .system = "sw1", .port = "Ethernet1/7"};
  const auto findings = findings_of(report);
  EXPECT_THAT(findings, found(Gravity::broken, "eth1 does not carry", ""));
  EXPECT_THAT(findings, Contains(Field(&Finding::remedy, HasSubstr("sw1 Ethernet1/7"))));
}

TEST(Doctor, FindsWhatIsDrainedAwaitedAndUndone) {
  auto report = healthy();
  report.status.slaves[1].drained = true;
  report.status.slaves[1].mii_status = core::MiiStatus::going_back;
  report.awaited = {"eth7"};
  report.undone = {"cannot set the MTU of eth0: busy"};
  const auto findings = findings_of(report);
  EXPECT_THAT(findings, found(Gravity::risk, "eth1 is drained", "command"));
  EXPECT_THAT(findings, found(Gravity::risk, "eth7 is not there", "appears"));
  EXPECT_THAT(findings, found(Gravity::broken, "could not be done", "MTU of eth0"));
}

TEST(Doctor, FindsPortsInDifferentChannelGroups) {
  auto report = healthy(Mode::ieee8023ad);
  auto& slaves = report.status.slaves;
  slaves[1].lacp->partner = slaves[0].lacp->partner;
  slaves[1].lacp->partner.key = static_cast<std::uint16_t>(slaves[0].lacp->partner.key + 1);
  EXPECT_THAT(findings_of(report), found(Gravity::broken, "different channel groups", "at eth1"));
}

TEST(Doctor, FindsOneSwitchForAllAndVlansThatDiffer) {
  auto report = healthy();
  for (auto& slave : report.status.slaves) {
    slave.neighbour = {.chassis = "sw1", .system = "sw1", .port = slave.name, .port_vlan = 7};
    slave.is_neighbour_current = true;
  }
  EXPECT_THAT(findings_of(report), ElementsAre(Field(&Finding::what, HasSubstr("at one switch, sw1"))));
  report.status.slaves[1].neighbour->port_vlan = 8;
  EXPECT_THAT(findings_of(report), found(Gravity::risk, "another VLAN", "eth1 is in VLAN 8"));
}

TEST(Doctor, AdvisesToAskBeyondSwitchesThatCanLoseTheirUplinks) {
  auto report = healthy();
  for (auto& slave : report.status.slaves) {
    slave.neighbour = {.chassis = slave.name, .system = slave.name, .port = "1"};
    slave.is_neighbour_current = true;
  }
  EXPECT_THAT(findings_of(report), found(Gravity::advice, "uplink is not noticed", "only their links"));
  report.status.options.path_monitor = core::PathMonitor::icmp;
  EXPECT_THAT(findings_of(report), IsEmpty());
}

TEST(Doctor, FindsWhatLeavesNothingToFailOverTo) {
  auto report = healthy();
  report.status.slaves.pop_back();
  EXPECT_THAT(findings_of(report), found(Gravity::risk, "one slave", "eth0"));
  report = healthy();
  report.status.slaves[1].permanent_mac = report.status.slaves[0].permanent_mac;
  EXPECT_THAT(findings_of(report), found(Gravity::risk, "the same MAC address", "02:00:00:00:00:01"));
}

TEST(Doctor, FindsLinksThatDifferFlapOrAreNotWatched) {
  auto report = healthy(Mode::balance_xor);
  report.status.slaves[0].link.speed_mbps = 10'000;
  report.status.slaves[1].link.speed_mbps = 1'000;
  report.status.slaves[1].link.duplex = core::Duplex::half;
  report.status.slaves[1].link_failure_count = 12;
  report.status.options.miimon = core::Milliseconds{0};
  const auto findings = findings_of(report);
  EXPECT_THAT(findings, found(Gravity::advice, "different speeds", "1000 Mb/s: eth1"));
  EXPECT_THAT(findings, found(Gravity::advice, "half duplex", "card"));
  EXPECT_THAT(findings, found(Gravity::advice, "again and again", "12 times its link"));
  EXPECT_THAT(findings, found(Gravity::risk, "nobody watches", "miimon 0"));
}

TEST(Doctor, PrintsTheHeaviestFirstAndReadsItsOwnJson) {
  const std::vector<Finding> findings{{Gravity::advice, "bond0", "it could be better", "a", "b"},
                                      {Gravity::broken, "bond1", "it does not work", "c", "d"}};
  EXPECT_EQ(doctor_text(findings, 2, Colour::never),
            "broken  bond1: it does not work\n        seen: c\n        do: d\n"
            "advice  bond0: it could be better\n        seen: a\n        do: b\n");
  EXPECT_EQ(doctor_text({}, 1, Colour::never), "1 bond: nothing found\n");
  EXPECT_EQ(findings_from_json(nlohmann::json(findings_json(findings))), findings);
}

}  // namespace
}  // namespace ebond::views
