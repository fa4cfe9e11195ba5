// A bond that runs, made what a file says: the plan is what `ebond apply --dry-run` prints.
#include "cli/update.h"

#include <gmock/gmock.h>

#include "cli/bring_up.h"
#include "cli/dry_host.h"
#include "config/route_words.h"

namespace ebond::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A machine that is asked about and never changed.
class StillHost : public Host {
 public:
  Step<std::vector<Card>> cards() override { return std::vector<Card>{}; }
  Step<> rename(const std::string&, const std::string&) override { return never(); }
  Step<> add_bond(const std::string&, const config::KeyValues&) override { return never(); }
  Step<std::vector<std::string>> add_adopting(const std::string&, const config::KeyValues&,
                                              const std::string&) override {
    return std::unexpected(never().error());
  }
  Step<> put_into(const std::string&, const std::string&) override { return never(); }
  Step<> seek_in(const std::string& interface, const std::string& netns) override {
    sought.push_back(interface + " in " + netns);
    return {};
  }
  Step<> set_bond(const std::string&, const config::KeyValues&) override { return never(); }
  Step<> delete_bond(const std::string&) override { return never(); }
  bool has_interface(const std::string&) override { return true; }
  bool is_up(const std::string&) override { return up; }
  bool has_mac(const std::string&, const wire::MacAddress&) override { return false; }
  Step<std::vector<std::string>> enslave(const std::string&, const std::vector<std::string>&) override {
    return std::unexpected(never().error());
  }
  Step<> release(const std::string&, const std::vector<std::string>&) override { return never(); }
  Step<> set_slave(const std::string&, const config::KeyValues&) override { return never(); }
  Step<> add_vlan(const std::string&, std::uint16_t, const std::string&) override { return never(); }
  Step<> join_bridge(const std::string&, const std::string&) override { return never(); }
  Step<> set_mac(const std::string&, const wire::MacAddress&) override { return never(); }
  Step<> set_mtu(const std::string&, std::uint32_t) override { return never(); }
  Step<> set_up(const std::string&) override { return never(); }
  Step<> add_address(const std::string&, const config::InterfaceAddress&) override { return never(); }
  Step<> delete_address(const std::string&, const config::InterfaceAddress&) override { return never(); }
  Step<> add_route(const std::string&, const config::Route&) override { return never(); }
  Step<> delete_route(const std::string&, const config::Route&) override { return never(); }

  bool up = true;
  std::vector<std::string> sought;

 private:
  static Step<> never() {
    ADD_FAILURE() << "a dry run changed something";
    return std::unexpected(std::string("changed"));
  }
};

config::InterfaceAddress address(const char* text) {
  return {*config::parse_prefix(text), {}};
}

config::Route route(const char* to, const char* via) {
  config::Route result;
  result.destination = *config::parse_prefix(to);
  result.gateway = config::parse_ip(via);
  return result;
}

config::BondConfig running_bond() {
  config::BondConfig bond;
  bond.name = "bond0";
  bond.options = {{"mode", "active-backup"}, {"primary", "eth0"}, {"updelay", "500"}};
  bond.slaves = {{"eth0", {{"prio", "5"}}}, {"eth1", {}}};
  bond.addresses = {address("192.0.2.1/24")};
  bond.routes = {route("0.0.0.0/0", "192.0.2.254")};
  return bond;
}

class Update : public testing::Test {
 protected:
  std::vector<std::string> plan(const config::BondConfig& wanted, const config::BondConfig& running) {
    std::vector<std::string> lines;
    DryHost dry(host, [&](const std::string& line) { lines.push_back(line); });
    const auto done =
        update(dry, wanted, running, [&](const std::string& text) { warnings.push_back(text); });
    EXPECT_TRUE(done) << done.error();
    EXPECT_EQ(lines.size(), dry.steps());
    return lines;
  }
  StillHost host;
  std::vector<std::string> warnings;
};

TEST_F(Update, OfWhatIsSoAlreadyDoesNothing) {
  EXPECT_THAT(plan(running_bond(), running_bond()), IsEmpty());
  // By other words for the same.
  auto wanted = running_bond();
  wanted.options = {{"mode", "1"}, {"miimon", "100"}, {"updelay", "500"}, {"primary", "eth0"}};
  wanted.routes.clear();
  wanted.gateways = {*config::parse_ip("192.0.2.254")};
  wanted.mtu = 1500;
  EXPECT_THAT(plan(wanted, running_bond()), IsEmpty());
}

TEST_F(Update, ChangesOptionsThatDifferAndPutsLeftOutOnesToTheirDefaults) {
  auto wanted = running_bond();
  wanted.options = {{"mode", "active-backup"}, {"miimon", "50"}};
  EXPECT_THAT(plan(wanted, running_bond()), ElementsAre("ebond set bond0 miimon 50 updelay 0 primary ''"));
}

TEST_F(Update, TakesNewSlavesAndAddressesBeforeItLetsGoOfOldOnes) {
  auto wanted = running_bond();
  wanted.slaves = {{"eth1", {}}, {"eth2", {{"prio", "9"}}}};
  wanted.addresses = {address("192.0.2.7/24")};
  wanted.routes = {route("0.0.0.0/0", "192.0.2.253")};
  EXPECT_THAT(
      plan(wanted, running_bond()),
      ElementsAre("ebond enslave --wait bond0 eth2", "ebond release bond0 eth0",
                  "ebond set-slave eth2 prio 9", "ip address add 192.0.2.7/24 dev bond0",
                  "ip address del 192.0.2.1/24 dev bond0", "ip route del default via 192.0.2.254 dev bond0",
                  "ip route add default via 192.0.2.253 dev bond0"));
}

TEST_F(Update, LeavesWhatWasAdopted) {
  auto wanted = running_bond();
  wanted.adopt = "eth0";
  wanted.addresses.clear();
  wanted.routes.clear();
  EXPECT_THAT(plan(wanted, running_bond()), IsEmpty());
}

TEST_F(Update, SetsUpAndStacksWhatIsMissingAndLeavesVlansThatTheFileLacks) {
  host.up = false;
  auto wanted = running_bond();
  wanted.mtu = 9000;
  wanted.vlans = {{.id = 20, .name = "v20", .addresses = {address("203.0.113.1/24")}}};
  wanted.bridge = "br0";
  auto running = running_bond();
  running.vlans = {{.id = 30, .name = "v30"}};
  EXPECT_THAT(plan(wanted, running),
              ElementsAre("ip link set bond0 mtu 9000", "ip link set bond0 up",
                          "ip link add link bond0 name v20 type vlan id 20", "ip link set v20 up",
                          "ip address add 203.0.113.1/24 dev v20", "ip link set bond0 master br0"));
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("v30 on bond0 is not in the file")));
}

TEST_F(Update, AVlanUnderTheNameOfAnotherIsRefused) {
  auto wanted = running_bond();
  wanted.vlans = {{.id = 20, .name = "v"}};
  auto running = running_bond();
  running.vlans = {{.id = 30, .name = "v"}};
  DryHost dry(host, [](const std::string&) {});
  const auto done = update(dry, wanted, running, [](const std::string&) {});
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error(), HasSubstr("v is VLAN 30 of bond0 and not 20"));
}

TEST_F(Update, ARunningBondsIpv6RoutesHaveTheMetricThatTheKernelGave) {
  auto wanted = running_bond();
  wanted.routes.push_back(route("2001:db8:1::/64", "2001:db8::fe"));
  auto running = wanted;
  running.routes.back().metric = 1024;
  EXPECT_THAT(plan(wanted, running), IsEmpty());
}

TEST_F(Update, OfABondWhoseInterfaceStandsElsewhereIsDoneThere) {
  auto running = running_bond();
  running.netns = "web";
  running.vlans = {{.id = 20, .name = "v20"}};
  auto wanted = running;
  wanted.mtu = 9000;
  wanted.addresses.push_back(address("192.0.2.7/24"));
  wanted.vlans[0].addresses = {address("203.0.113.1/24")};
  EXPECT_THAT(plan(wanted, running),
              ElementsAre("ip -n web link set bond0 mtu 9000", "ip -n web address add 192.0.2.7/24 dev bond0",
                          "ip -n web address add 203.0.113.1/24 dev v20"));
  EXPECT_THAT(host.sought, ElementsAre("bond0 in web", "v20 in web"));
}

TEST_F(Update, DoesNotMoveTheInterfaceOfABondThatRuns) {
  auto wanted = running_bond();
  wanted.netns = "web";
  std::vector<std::string> lines;
  DryHost dry(host, [&](const std::string& line) { lines.push_back(line); });
  const auto done = update(dry, wanted, running_bond(), [](const std::string&) {});
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error(), HasSubstr("stands in the network namespace of its slaves, not in netns web"));
  EXPECT_THAT(lines, IsEmpty());
}

TEST_F(Update, APlanForANewBondThatGoesElsewhereSaysWhereEachStepIs) {
  auto wanted = running_bond();
  wanted.netns = "web";
  wanted.vlans = {{.id = 20, .name = "v20"}};
  std::vector<std::string> lines;
  DryHost dry(host, [&](const std::string& line) { lines.push_back(line); });
  ASSERT_TRUE(bring_up(dry, wanted, [](const std::string&) {}));
  EXPECT_THAT(lines, ElementsAre("ebond add bond0 mode active-backup primary eth0 updelay 500",
                                 "ip link set bond0 netns web", "ip -n web link set bond0 up",
                                 "ebond enslave --wait bond0 eth0 eth1", "ebond set-slave eth0 prio 5",
                                 "ip -n web address add 192.0.2.1/24 dev bond0",
                                 "ip -n web route add default via 192.0.2.254 dev bond0",
                                 "ip -n web link add link bond0 name v20 type vlan id 20",
                                 "ip -n web link set v20 up"));
}

}  // namespace
}  // namespace ebond::cli
