#include "cli/bring_up.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace ebond::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// Writes every step down; the one named `refuses` is refused, and so is a bond that exists already.
class FakeHost : public Host {
 public:
  Step<std::vector<Card>> cards() override { return there; }
  Step<> rename(const std::string& from, const std::string& to) override {
    return step("rename " + from + " " + to);
  }
  Step<> add_vlan(const std::string& bond, std::uint16_t id, const std::string& name) override {
    return step(fmt::format("vlan {} {} {}", bond, id, name));
  }
  Step<> join_bridge(const std::string& interface, const std::string& bridge) override {
    return step("bridge " + interface + " " + bridge);
  }
  Step<> add_bond(const std::string& bond, const config::KeyValues& options) override {
    std::string text = "add " + bond;
    for (const auto& [key, value] : options) text += " " + key + "=" + value;
    return step(text);
  }
  Step<std::vector<std::string>> add_adopting(const std::string& bond, const config::KeyValues&,
                                              const std::string& interface) override {
    if (auto done = step("add " + bond + " adopting " + interface); !done) {
      return std::unexpected(done.error());
    }
    return std::vector<std::string>{"a hop is lost"};
  }
  Step<> delete_bond(const std::string& bond) override { return step("del " + bond); }
  Step<> put_into(const std::string& bond, const std::string& netns) override {
    return step("put " + bond + " into " + netns);
  }
  Step<> seek_in(const std::string& interface, const std::string& netns) override {
    return step("seek " + interface + " in " + netns);
  }
  Step<> set_bond(const std::string& bond, const config::KeyValues&) override { return step("set " + bond); }
  Step<> release(const std::string& bond, const std::vector<std::string>&) override {
    return step("release " + bond);
  }
  Step<> delete_address(const std::string& bond, const config::InterfaceAddress&) override {
    return step("delete address of " + bond);
  }
  Step<> delete_route(const std::string& bond, const config::Route&) override {
    return step("delete route of " + bond);
  }
  bool is_up(const std::string&) override { return false; }
  bool has_mac(const std::string&, const wire::MacAddress&) override { return false; }
  bool has_interface(const std::string& name) override { return name != absent; }
  Step<std::vector<std::string>> enslave(const std::string& bond,
                                         const std::vector<std::string>& slaves) override {
    std::string text = "enslave " + bond;
    for (const auto& slave : slaves) text += " " + slave;
    if (auto done = step(text); !done) return std::unexpected(done.error());
    return std::vector<std::string>{"eth0 had addresses"};
  }
  Step<> set_slave(const std::string& slave, const config::KeyValues& options) override {
    return step("set_slave " + slave + " " + options.front().first);
  }
  Step<> set_mac(const std::string& bond, const wire::MacAddress& mac) override {
    return step("mac " + bond + " " + mac.to_string());
  }
  Step<> set_mtu(const std::string& bond, std::uint32_t mtu) override {
    return step(fmt::format("mtu {} {}", bond, mtu));
  }
  Step<> set_up(const std::string& bond) override { return step("up " + bond); }
  Step<> add_address(const std::string& bond, const config::InterfaceAddress& address) override {
    return step("address " + bond + " " + address.prefix.to_string());
  }
  Step<> add_route(const std::string& bond, const config::Route& route) override {
    return step("route " + bond + " " + route.destination.to_string() +
                (route.gateway ? " via " + config::to_string(*route.gateway) : ""));
  }

  std::vector<Card> there;
  std::vector<std::string> steps;
  std::string refuses;
  std::string absent;

 private:
  Step<> step(const std::string& text) {
    steps.push_back(text);
    if (!refuses.empty() && text.starts_with(refuses)) return std::unexpected(refuses + " was refused");
    return {};
  }
};

config::BondConfig simple(const std::string& name) {
  config::BondConfig bond;
  bond.name = name;
  bond.slaves = {{"eth0", {}}, {"eth1", {}}};
  return bond;
}

config::BondConfig complete() {
  auto bond = simple("bond0");
  bond.options = {{"mode", "1"}, {"miimon", "100"}};
  bond.slaves[1].options = {{"prio", "5"}};
  bond.addresses = {{*config::parse_prefix("192.0.2.1/24"), {}}};
  bond.gateways = {*config::parse_ip("192.0.2.254")};
  config::Route route;
  route.destination = *config::parse_prefix("198.51.100.0/24");
  bond.routes = {route};
  bond.mtu = 9000;
  bond.mac = wire::MacAddress::parse("02:00:00:00:00:01");
  return bond;
}

class BringUp : public testing::Test {
 protected:
  FakeHost host;
  std::vector<std::string> out;
  std::vector<std::string> err;
  Printer printer{[this](const std::string& line) { out.push_back(line); },
                  [this](const std::string& line) { err.push_back(line); }};
};

TEST_F(BringUp, GoesFromOptionsToRoutesInOrder) {
  EXPECT_TRUE(bring_up(host, complete(), [](const std::string&) {}));
  EXPECT_THAT(
      host.steps,
      ElementsAre("add bond0 mode=1 miimon=100", "mac bond0 02:00:00:00:00:01", "mtu bond0 9000", "up bond0",
                  "enslave bond0 eth0 eth1", "set_slave eth1 prio", "address bond0 192.0.2.1/24",
                  "route bond0 198.51.100.0/24", "route bond0 0.0.0.0/0 via 192.0.2.254"));
}

TEST_F(BringUp, TheInterfaceGoesToItsNamespaceBeforeAnythingIsPutOnIt) {
  auto bond = complete();
  bond.netns = "web";
  EXPECT_TRUE(bring_up(host, bond, [](const std::string&) {}));
  EXPECT_EQ(host.steps.at(1), "put bond0 into web");
  host.steps.clear();
  host.refuses = "put";
  EXPECT_FALSE(bring_up(host, bond, [](const std::string&) {}));
  EXPECT_THAT(host.steps, ElementsAre("add bond0 mode=1 miimon=100", "put bond0 into web", "del bond0"));
}

TEST_F(BringUp, TheSlaveThatIsAdoptedComesWithTheBondAndTheOthersAfterIt) {
  auto bond = simple("bond0");
  bond.adopt = "eth1";
  bond.slaves[1].options = {{"prio", "5"}};
  EXPECT_TRUE(bring_up_each(host, {bond}, printer));
  EXPECT_THAT(host.steps, ElementsAre("add bond0 adopting eth1", "up bond0", "enslave bond0 eth0",
                                      "set_slave eth1 prio"));
  EXPECT_THAT(err, Contains("warning: a hop is lost"));
}

TEST_F(BringUp, OneThatIsToBeAdoptedAndIsNotThereIsAwaitedLikeAnyOther) {
  auto bond = simple("bond0");
  bond.adopt = "eth1";
  host.absent = "eth1";
  EXPECT_TRUE(bring_up_each(host, {bond}, printer));
  EXPECT_THAT(host.steps, ElementsAre("add bond0", "up bond0", "enslave bond0 eth0 eth1"));
  EXPECT_THAT(err, Contains("warning: eth1 is not there: bond0 adopts nothing"));
}

TEST_F(BringUp, SetsUpVlansAndTheBridgeAndHandsDhcpOver) {
  auto bond = simple("bond0");
  bond.vlans = {{.id = 20,
                 .name = "storage",
                 .addresses = {{*config::parse_prefix("203.0.113.1/24"), {}}},
                 .mtu = 1400,
                 .dhcp6 = true}};
  bond.bridge = "br0";
  bond.dhcp4 = true;
  EXPECT_TRUE(bring_up_each(host, {bond}, printer));
  EXPECT_THAT(host.steps, ElementsAre("add bond0", "up bond0", "enslave bond0 eth0 eth1",
                                      "vlan bond0 20 storage", "mtu storage 1400", "up storage",
                                      "address storage 203.0.113.1/24", "bridge bond0 br0"));
  EXPECT_THAT(
      err,
      Contains("warning: storage is to get an address by DHCPv6: ebond runs no DHCP client, start one on "
               "it"));
  EXPECT_THAT(
      err,
      Contains("warning: bond0 is to get an address by DHCP: ebond runs no DHCP client, start one on it"));
}

TEST_F(BringUp, ComesUpWithoutWhatTheKernelRefusesOverIt) {
  auto bond = complete();
  bond.vlans = {{.id = 20, .name = "storage"}};
  bond.bridge = "br0";
  for (const auto* refused : {"route", "vlan", "bridge"}) {
    FakeHost failing;
    failing.refuses = refused;
    err.clear();
    EXPECT_TRUE(bring_up_each(failing, {bond}, printer)) << refused;
    EXPECT_THAT(failing.steps, Not(Contains("del bond0")));
    EXPECT_THAT(err, Contains(HasSubstr(std::string(refused) + " was refused"))) << refused;
  }
}

wire::MacAddress mac(const char* text) {
  return *wire::MacAddress::parse(text);
}

TEST_F(BringUp, FindsCardsByMacAndPatternAndRenamesTheOneThatIsToHaveAName) {
  host.there = {{"eth9", mac("02:00:00:00:00:09")},
                {"eth10", mac("02:00:00:00:00:10")},
                {"old0", mac("02:00:00:00:00:01")},
                {"eth1", mac("02:00:00:00:00:02")}};
  config::BondConfig bond;
  bond.name = "bond0";
  bond.slaves = {{.name = "wan0", .match = {.mac = mac("02:00:00:00:00:01")}, .rename = true},
                 {.name = "eth1", .match = {.mac = mac("02:00:00:00:00:99")}},
                 {.name = "", .options = {{"prio", "5"}}, .match = {.mac = {}, .name = "eth*"}},
                 {.name = "", .match = {.mac = mac("02:00:00:00:00:77")}}};
  bond.primary_match = config::CardMatch{.mac = mac("02:00:00:00:00:10")};
  EXPECT_TRUE(bring_up_each(host, {bond}, printer));
  EXPECT_THAT(host.steps,
              ElementsAre("rename old0 wan0", "add bond0 primary=eth10", "up bond0",
                          "enslave bond0 wan0 eth9 eth10", "set_slave eth9 prio", "set_slave eth10 prio"));
  EXPECT_THAT(
      err,
      Contains("warning: eth1 has MAC 02:00:00:00:00:02, not 02:00:00:00:00:99: another card is meant, left "
               "out"));
  EXPECT_THAT(err, Contains("warning: a card with MAC 02:00:00:00:00:77 is not there: left out"));
}

TEST_F(BringUp, LeavesNoBondBehindWhicheverStepFails) {
  for (const auto* step : {"mac", "mtu", "up", "enslave", "set_slave", "address"}) {
    FakeHost failing;
    failing.refuses = step;
    const auto done = bring_up(failing, complete(), [](const std::string&) {});
    ASSERT_FALSE(done) << step;
    EXPECT_EQ(done.error(), std::string(step) + " was refused");
    EXPECT_EQ(failing.steps.back(), "del bond0") << step;
  }
}

TEST_F(BringUp, LeavesABondAloneThatItDidNotMake) {
  host.refuses = "add bond0";
  EXPECT_FALSE(bring_up(host, complete(), [](const std::string&) {}));
  EXPECT_THAT(host.steps, Not(Contains("del bond0")));
}

TEST_F(BringUp, SaysWhatCouldNotBeUndone) {
  class Stuck : public FakeHost {
    Step<> delete_bond(const std::string&) override { return std::unexpected("the daemon is gone"); }
  } stuck;
  stuck.refuses = "up";
  EXPECT_THAT(bring_up(stuck, complete(), [](const std::string&) {}).error(),
              HasSubstr("could not be undone: the daemon is gone"));
}

TEST_F(BringUp, PrintsTheArticlesLines) {
  EXPECT_TRUE(bring_up_each(host, {simple("bond0")}, printer));
  EXPECT_THAT(out,
              ElementsAre("Bringing up interface bond0:  [  OK  ]", "Bringing up interface eth0:  [  OK  ]",
                          "Bringing up interface eth1:  [  OK  ]"));
  EXPECT_THAT(err, ElementsAre("warning: eth0 had addresses"));
}

TEST_F(BringUp, SaysWhatIsWaitedFor) {
  host.absent = "eth1";
  EXPECT_TRUE(bring_up_each(host, {simple("bond0")}, printer));
  EXPECT_THAT(out, Contains("Bringing up interface eth0:  [  OK  ]"));
  EXPECT_THAT(out, Contains("Bringing up interface eth1:  [WAITING]"));
}

TEST_F(BringUp, PrintsFailedAndTheReason) {
  host.refuses = "enslave";
  EXPECT_FALSE(bring_up_each(host, {simple("bond0")}, printer));
  EXPECT_THAT(out, ElementsAre("Bringing up interface bond0:  [FAILED]"));
  EXPECT_THAT(err, ElementsAre("bond0: enslave was refused"));
}

TEST_F(BringUp, GoesOnWithTheOtherBondsOfAMachine) {
  host.refuses = "add bond0";
  EXPECT_FALSE(bring_up_each(host, {simple("bond0"), simple("bond1")}, printer));
  EXPECT_THAT(host.steps, ElementsAre("add bond0", "add bond1", "up bond1", "enslave bond1 eth0 eth1"));
}

TEST_F(BringUp, UndoesTheBondsBeforeTheOneThatFailsWhereItIsAllOrNone) {
  host.refuses = "add bond2";
  EXPECT_FALSE(bring_up_all_or_none(host, {simple("bond0"), simple("bond1"), simple("bond2")}, printer));
  EXPECT_EQ(host.steps[host.steps.size() - 2], "del bond1");
  EXPECT_EQ(host.steps.back(), "del bond0");
}

TEST_F(BringUp, ShutsDownInReverseOrderAndGoesOnPastAFailure) {
  host.refuses = "del bond1";
  EXPECT_FALSE(shut_down_each(host, {simple("bond0"), simple("bond1")}, printer));
  EXPECT_THAT(host.steps, ElementsAre("del bond1", "del bond0"));
  EXPECT_THAT(out, ElementsAre("Shutting down interface bond1:  [FAILED]",
                               "Shutting down interface bond0:  [  OK  ]"));
}

}  // namespace
}  // namespace ebond::cli
