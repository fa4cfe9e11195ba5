#include "cli/ifupdown.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <map>

namespace ebond::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// Writes down what is done; bonds are there as far as they were made.
class FakeIfupdown : public IfupdownHost {
 public:
  Step<std::vector<config::BondConfig>> bonds() override { return made; }
  Step<std::vector<Card>> cards() override { return there; }
  bool has_interface(const std::string& name) override {
    return std::ranges::find(there, name, &Card::name) != there.end();
  }
  bool carries(const std::string&) override { return seconds >= carries_after; }
  Step<> set_down(const std::string& interface) override { return step("down " + interface); }
  Step<> add_bond(const std::string& bond, const config::KeyValues& options) override {
    auto made_it = step("add " + bond + texts(options));
    if (made_it) made.push_back({.name = bond, .options = options});
    return made_it;
  }
  Step<> delete_bond(const std::string& bond) override { return step("del " + bond); }
  Step<> set_bond(const std::string& bond, const config::KeyValues& options) override {
    return step("set " + bond + texts(options));
  }
  Step<std::vector<std::string>> enslave(const std::string& bond, const std::string& slave) override {
    if (auto taken = step("enslave " + bond + " " + slave); !taken) return std::unexpected(taken.error());
    for (auto& each : made) {
      if (each.name == bond) each.slaves.push_back({.name = slave});
    }
    return std::vector<std::string>{};
  }
  Step<> release(const std::string& bond, const std::string& slave) override {
    for (auto& each : made) std::erase_if(each.slaves, [&](const auto& s) { return s.name == slave; });
    return step("release " + bond + " " + slave);
  }
  Step<> set_slave(const std::string& slave, const config::KeyValues& options) override {
    return step("set-slave " + slave + texts(options));
  }
  std::optional<std::string> run(const std::vector<std::string>& command) override {
    const auto line = fmt::format("{}", fmt::join(command, " "));
    if (line.starts_with("ifup") || line.starts_with("ifdown")) done.push_back(line);
    const auto answer = answers.find(line);
    return answer == answers.end() ? std::nullopt : std::optional(answer->second);
  }
  void wait_a_second() override { ++seconds; }
  void say(const std::string& line) override { said.push_back(line); }

  std::vector<config::BondConfig> made;
  std::vector<Card> there{{"eth0", {}}, {"eth1", {}}};
  std::map<std::string, std::string> answers;  ///< to programs that end well
  std::string refuses;                         ///< the step that is refused
  std::vector<std::string> done, said;
  int seconds = 0, carries_after = 0;

 private:
  static std::string texts(const config::KeyValues& options) {
    std::string text;
    for (const auto& [key, value] : options) text += " " + key + "=" + value;
    return text;
  }
  Step<> step(const std::string& line) {
    if (line == refuses) return std::unexpected("it is refused");
    done.push_back(line);
    return {};
  }
};

IfupdownStanza stanza(std::vector<std::string> environment) {
  return stanza_of_environment(environment);
}

TEST(IfupdownStanza, IsWhatTheEnvironmentSaysOfBonds) {
  const auto of_bond = stanza({"IFACE=bond0", "PHASE=pre-up", "VERBOSITY=1", "IF_ADDRESS=192.0.2.1", "HOME=/",
                               "IF_BOND_SLAVES=eth0 eth1", "IF_BOND_XMIT_HASH_POLICY=layer2",
                               "IF_BOND_MODE=", "IFUPDOWN_eth0.5=pre-up"});
  EXPECT_EQ(of_bond.interface, "bond0");
  EXPECT_EQ(of_bond.phase, IfupdownStanza::Phase::pre_up);
  EXPECT_TRUE(of_bond.verbose);
  EXPECT_THAT(of_bond.options, ElementsAre(std::pair("bond-slaves", "eth0 eth1"),
                                           std::pair("bond-xmit-hash-policy", "layer2")));
  EXPECT_THAT(of_bond.in_hand, ElementsAre("eth0.5"));
  EXPECT_TRUE(of_bond.makes_bond());
}

TEST(IfupdownStanza, MakesABondByItsSlavesOrItsModeUnlessItNamesAMaster) {
  EXPECT_TRUE(stanza({"IF_SLAVES=eth0"}).makes_bond());
  EXPECT_TRUE(stanza({"IF_BOND_MODE=1", "IF_BOND_MASTER=none"}).makes_bond());
  EXPECT_FALSE(stanza({"IF_BOND_MODE=1", "IF_BOND_MASTER=bond0"}).makes_bond());
  EXPECT_FALSE(stanza({"IF_BOND_PRIMARY=eth0"}).makes_bond());
}

TEST(Ifupdown, MakesTheBondThenTakesItsSlavesThenChoosesThePrimary) {
  FakeIfupdown host;
  EXPECT_TRUE(
      run_ifupdown(stanza({"IFACE=bond0", "PHASE=pre-up", "IF_BOND_SLAVES=eth0 eth1", "IF_BOND_MODE=1",
                           "IF_BOND_MIIMON=100", "IF_BOND_PRIMARY=eth7 eth1", "IF_BOND_QUEUE_ID=eth1:2"}),
                   host));
  EXPECT_THAT(host.done,
              ElementsAre("add bond0 mode=1 miimon=100", "down eth0", "enslave bond0 eth0",
                          "ifup --allow bond0 eth0", "down eth1", "enslave bond0 eth1",
                          "set-slave eth1 queue_id=2", "ifup --allow bond0 eth1", "set bond0 primary=eth1"));
  EXPECT_THAT(host.said, IsEmpty());
}

TEST(Ifupdown, LeavesASlaveToItsOwnStanzaIfThatIsUpOrComingUp) {
  FakeIfupdown host;
  host.answers = {{"ifquery --state eth0", "eth0=eth0\n"}, {"ifquery eth0", "bond-master: bond0\n"}};
  EXPECT_TRUE(run_ifupdown(
      stanza({"IFACE=bond0", "PHASE=pre-up", "IF_BOND_SLAVES=eth0 eth1", "IFUPDOWN_eth1=pre-up"}), host));
  EXPECT_THAT(host.done, ElementsAre("add bond0"));
}

TEST(Ifupdown, GoesOnWithoutASlaveThatCannotBeHad) {
  FakeIfupdown host;
  host.refuses = "enslave bond0 eth0";
  EXPECT_TRUE(run_ifupdown(stanza({"IFACE=bond0", "PHASE=pre-up", "IF_BOND_SLAVES=eth0 eth1"}), host));
  EXPECT_THAT(host.done, Contains("enslave bond0 eth1"));
  EXPECT_THAT(host.said, ElementsAre(HasSubstr("eth0 is no slave of bond0: it is refused")));
}

TEST(Ifupdown, StopsIfupIfTheBondCannotBeMade) {
  FakeIfupdown host;
  EXPECT_FALSE(run_ifupdown(stanza({"IFACE=bond0", "PHASE=pre-up", "IF_BOND_MODE=9"}), host));
  EXPECT_THAT(host.said, ElementsAre(HasSubstr("iface bond0: option mode cannot be set to '9'")));
  host.refuses = "add bond0 mode=1";
  EXPECT_FALSE(run_ifupdown(stanza({"IFACE=bond0", "PHASE=pre-up", "IF_BOND_MODE=1"}), host));
  EXPECT_THAT(host.done, IsEmpty());
}

TEST(Ifupdown, SetsOfABondThatRunsWhatDiffersAndReleasesNobody) {
  FakeIfupdown host;
  host.made = {{.name = "bond0",
                .options = {{"mode", "active-backup"}, {"updelay", "200"}},
                .slaves = {{.name = "eth0"}, {.name = "eth1"}}}};
  EXPECT_TRUE(run_ifupdown(stanza({"IFACE=bond0", "PHASE=pre-up", "IF_BOND_SLAVES=eth0", "IF_BOND_MODE=1",
                                   "IF_BOND_UPDELAY=300", "IF_BOND_MIIMON=100"}),
                           host));
  EXPECT_THAT(host.done, ElementsAre("set bond0 updelay=300", "ifup --allow bond0 eth0"));
}

TEST(Ifupdown, TakesTheLinesOfAnOptionThatStandsThereMoreThanOnceTogether) {
  FakeIfupdown host;
  EXPECT_TRUE(run_ifupdown(stanza({"IFACE=bond0", "PHASE=pre-up", "IF_BOND_MODE=1",
                                   "IF_BOND_ARP_INTERVAL=100", "IF_BOND_ARP_IP_TARGET=192.0.2.1\n192.0.2.2"}),
                           host));
  EXPECT_THAT(host.said, IsEmpty());
  EXPECT_THAT(host.done, ElementsAre(HasSubstr("arp_ip_target=192.0.2.1,192.0.2.2")));
}

TEST(Ifupdown, BringsUpTheMasterOfASlaveFirst) {
  FakeIfupdown host;
  host.made = {{.name = "bond0"}};
  const auto slave = stanza({"IFACE=eth0", "PHASE=pre-up", "IF_BOND_MASTER=bond0",
                             "IF_BOND_PRIMARY=eth0 eth1", "IF_BOND_PRIMARY_RESELECT=2"});
  EXPECT_FALSE(run_ifupdown(slave, host));
  EXPECT_THAT(host.said,
              ElementsAre(HasSubstr("eth0 is to be a slave of bond0, and there is no stanza of that")));
  host.answers["ifquery -l bond0"] = "bond0\n";
  EXPECT_TRUE(run_ifupdown(slave, host));
  EXPECT_THAT(host.done, ElementsAre("ifup bond0", "down eth0", "enslave bond0 eth0",
                                     "set bond0 primary=eth0", "set bond0 primary_reselect=2"));
}

TEST(Ifupdown, DoesNotBringUpAMasterThatIsUpOrComingUp) {
  FakeIfupdown host;
  host.made = {{.name = "bond0"}};
  host.answers["ifquery -l bond0"] = "bond0\n";
  EXPECT_TRUE(run_ifupdown(
      stanza({"IFACE=eth0", "PHASE=pre-up", "IF_BOND_MASTER=bond0", "IFUPDOWN_bond0=pre-up"}), host));
  host.answers["ifquery --state bond0"] = "bond0=bond0\n";
  EXPECT_TRUE(run_ifupdown(stanza({"IFACE=eth1", "PHASE=pre-up", "IF_BOND_MASTER=bond0"}), host));
  EXPECT_THAT(host.done, Not(Contains("ifup bond0")));
}

TEST(Ifupdown, TakesDownTheSlavesThatAreUpAndEndsTheBond) {
  FakeIfupdown host;
  host.made = {{.name = "bond0", .slaves = {{.name = "eth0"}, {.name = "eth1"}}}};
  host.answers["ifquery --state eth1"] = "eth1=eth1\n";
  EXPECT_TRUE(
      run_ifupdown(stanza({"IFACE=bond0", "PHASE=post-down", "VERBOSITY=1", "IF_BOND_MODE=1"}), host));
  EXPECT_THAT(host.done, ElementsAre("ifdown -v eth1", "del bond0"));
}

TEST(Ifupdown, ReleasesASlaveWhateverItsStanzaSays) {
  FakeIfupdown host;
  host.made = {{.name = "bond0", .slaves = {{.name = "eth0"}, {.name = "eth1"}}}};
  EXPECT_TRUE(run_ifupdown(stanza({"IFACE=eth0", "PHASE=post-down", "IF_BOND_PRIMARY=eth0 eth1"}), host));
  EXPECT_THAT(host.done, ElementsAre("release bond0 eth0", "set bond0 primary=eth1"));
}

TEST(Ifupdown, LeavesABondWhoseStanzaOnlyGivesItAnAddress) {
  FakeIfupdown host;
  host.made = {{.name = "bond0", .slaves = {{.name = "eth0"}}}};
  EXPECT_TRUE(run_ifupdown(stanza({"IFACE=bond0", "PHASE=pre-up", "IF_ADDRESS=192.0.2.1"}), host));
  EXPECT_TRUE(run_ifupdown(stanza({"IFACE=bond0", "PHASE=post-down", "IF_ADDRESS=192.0.2.1"}), host));
  EXPECT_THAT(host.done, IsEmpty());
}

TEST(Ifupdown, MakesASlavePrimaryUntilItsLinkIsThere) {
  FakeIfupdown host;
  host.made = {
      {.name = "bond0", .options = {{"primary", "eth0"}}, .slaves = {{.name = "eth0"}, {.name = "wlan0"}}}};
  host.carries_after = 2;
  EXPECT_TRUE(run_ifupdown(
      stanza({"IFACE=wlan0", "PHASE=post-up", "IF_BOND_MASTER=bond0", "IF_BOND_GIVE_A_CHANCE=10"}), host));
  EXPECT_THAT(host.done, ElementsAre("set bond0 primary=wlan0", "set bond0 primary=eth0"));
  EXPECT_EQ(host.seconds, 2);
}

}  // namespace
}  // namespace ebond::cli
