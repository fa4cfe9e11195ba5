#include "views/cabling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/views/sample_bonds.h"

namespace ebond::views {
namespace {

using core::Mode;
using testing::ElementsAre;
using testing::IsEmpty;

core::BondStatus at_switches(Mode mode, const std::vector<std::string>& systems) {
  auto bond = mode == Mode::ieee8023ad ? sample_lacp_bond() : sample_bond(mode, systems.size());
  for (std::size_t i = 0; i < systems.size(); ++i) {
    if (systems[i].empty()) continue;
    bond.slaves.at(i).neighbour = {.chassis = systems[i] + "'s MAC", .system = systems[i], .port = "1"};
    bond.slaves.at(i).is_neighbour_current = true;
  }
  return bond;
}

TEST(Cabling, OneSwitchForAllIsSaidInModesThatNeedNot) {
  for (const auto mode : {Mode::active_backup, Mode::balance_tlb, Mode::balance_alb, Mode::balance_slb}) {
    EXPECT_THAT(cabling_remarks(at_switches(mode, {"sw1", "sw1", "sw1"})),
                ElementsAre("eth0, eth1 and eth2 are at one switch, sw1: the bond does not outlive it"));
    EXPECT_THAT(cabling_remarks(at_switches(mode, {"sw1", "sw2"})), IsEmpty());
  }
  EXPECT_THAT(cabling_remarks(at_switches(Mode::balance_xor, {"sw1", "sw1"})), IsEmpty()) << "it must be one";
}

TEST(Cabling, ACableThatNothingIsKnownOfMayLeadElsewhere) {
  EXPECT_THAT(cabling_remarks(at_switches(Mode::active_backup, {"sw1", "sw1", ""})), IsEmpty());
  auto silent = at_switches(Mode::active_backup, {"sw1", "sw1"});
  silent.slaves.at(1).is_neighbour_current = false;
  EXPECT_THAT(cabling_remarks(silent), IsEmpty());
}

TEST(Cabling, WithLacpSeveralSystemsAreSaid) {
  auto bond = at_switches(Mode::ieee8023ad, {"sw1", "sw2"});
  bond.slaves.at(0).lacp->partner.system = core::MacAddress({2, 0, 0, 0, 0, 1});
  bond.slaves.at(1).lacp->partner.system = core::MacAddress({2, 0, 0, 0, 0, 2});
  EXPECT_THAT(cabling_remarks(bond),
              ElementsAre("eth0 is at sw1 and eth1 at sw2, which do not speak LACP as one "
                          "system: only the ports of one of them carry"));
  bond.slaves.at(1).lacp->partner.system = bond.slaves.at(0).lacp->partner.system;
  EXPECT_THAT(cabling_remarks(bond), IsEmpty()) << "two switches that are one partner";
  EXPECT_THAT(cabling_remarks(at_switches(Mode::ieee8023ad, {"sw1", "sw1"})), IsEmpty());
}

}  // namespace
}  // namespace ebond::views
