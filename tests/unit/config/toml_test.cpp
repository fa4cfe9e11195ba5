#include "config/toml.h"

#include <gmock/gmock.h>

namespace ebond::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

Configuration parsed(std::string_view text) {
  auto result = parse_toml(text, "f.toml");
  if (!result) throw std::runtime_error(result.error().to_string());
  return *std::move(result);
}

std::string problem_of(std::string_view text) {
  const auto result = parse_toml(text, "f.toml");
  return result ? "" : result.error().to_string();
}

TEST(Toml, ReadsABondWithEverythingASchemaKnows) {
  const auto configuration = parsed(R"(
[bond.bond0]
mode = "active-backup"
miimon = 50
use_carrier = true
arp_ip_target = ["192.0.2.254", "192.0.2.253"]
slaves = ["eth1", "eth0"]
addresses = ["192.0.2.1/24", "2001:db8::1/64"]
gateways = ["192.0.2.254", "2001:db8::fe"]
routes = [{ to = "198.51.100.0/24", via = "192.0.2.253", metric = 10 }, { to = "default", via = "2001:db8::2" }]
mtu = 9000
mac = "02:00:00:00:00:01"
onboot = false

[slave.eth0]
prio = 10
queue_id = 1
)");
  ASSERT_EQ(configuration.bonds.size(), 1U);
  const auto& bond = configuration.bonds.front();
  EXPECT_EQ(bond.name, "bond0");
  EXPECT_THAT(bond.options,
              ElementsAre(Pair("mode", "active-backup"), Pair("miimon", "50"), Pair("use_carrier", "1"),
                          Pair("arp_ip_target", "192.0.2.254,192.0.2.253")));
  EXPECT_THAT(bond.slaves,
              ElementsAre(SlaveConfig{"eth1", {}}, SlaveConfig{"eth0", {{"prio", "10"}, {"queue_id", "1"}}}));
  ASSERT_EQ(bond.addresses.size(), 2U);
  EXPECT_EQ(bond.addresses[1].prefix.to_string(), "2001:db8::1/64");
  EXPECT_THAT(bond.gateways, ElementsAre(*parse_ip("192.0.2.254"), *parse_ip("2001:db8::fe")));
  ASSERT_EQ(bond.routes.size(), 2U);
  EXPECT_EQ(bond.routes[0].destination.to_string(), "198.51.100.0/24");
  EXPECT_EQ(bond.routes[0].metric, 10U);
  EXPECT_EQ(bond.routes[1].destination.to_string(), "::/0");
  EXPECT_EQ(bond.mtu, 9000U);
  EXPECT_EQ(bond.mac, wire::MacAddress({2, 0, 0, 0, 0, 1}));
  EXPECT_FALSE(bond.onboot);
  EXPECT_EQ(bond.where, (Location{"f.toml", 2, 7}));
}

TEST(Toml, KeepsBondsInTheFilesOrder) {
  const auto configuration = parsed("[bond.z]\nmode=0\n[bond.a]\nmode=1\n");
  ASSERT_EQ(configuration.bonds.size(), 2U);
  EXPECT_EQ(configuration.bonds[0].name, "z");
  EXPECT_EQ(configuration.bonds[1].name, "a");
}

TEST(Toml, AnUnknownKeyNamesItsPlaceAndTheNearestAcceptedOne) {
  EXPECT_EQ(problem_of("[bond.bond0]\nmode = 1\nmimon = 100\n"),
            "f.toml:3:1: there is no key or option \"mimon\"; did you mean miimon?");
  EXPECT_EQ(problem_of("[bond.bond0]\n  slave = [\"eth0\"]\n"),
            "f.toml:2:3: there is no key or option \"slave\"; did you mean slaves?");
  EXPECT_EQ(problem_of("[bonds.bond0]\n"), "f.toml:1:2: there is no section \"bonds\"; did you mean bond?");
  EXPECT_EQ(problem_of("[bond.b]\nmode=1\nslaves=[\"eth0\"]\n[slave.eth0]\npriority=1\n"),
            "f.toml:5:1: there is no slave option \"priority\"; did you mean prio?");
  EXPECT_EQ(problem_of("[bond.b]\nroutes=[{to=\"192.0.2.0/24\", vai=\"192.0.2.1\"}]\n"),
            "f.toml:2:29: there is no route key \"vai\"; did you mean via?");
  EXPECT_EQ(problem_of("[bond.b]\nxyzzyplugh = 1\n"), "f.toml:2:1: there is no key or option \"xyzzyplugh\"");
}

TEST(Toml, ARefusedOptionNamesItsPlace) {
  EXPECT_THAT(problem_of("[bond.b]\nmiimon = 100\nmode = \"sideways\"\n"),
              testing::StartsWith("f.toml:3:1: "));
  EXPECT_THAT(problem_of("[bond.b]\nmode = \"balance-rr\"\nprimary = \"eth0\"\n"),
              testing::AllOf(testing::StartsWith("f.toml:3:1: "), HasSubstr("primary")));
  EXPECT_THAT(problem_of("[bond.b]\nmode=1\nslaves=[\"e\"]\n[slave.e]\nprio = \"high\"\n"),
              testing::StartsWith("f.toml:5:1: "));
}

TEST(Toml, ALetterBeyondAsciiOutsideOfStringsIsRefused) {
  for (const std::string letter : {"\u00f1", "\u02e4", "\u0499", "\u1234"}) {
    EXPECT_THAT(problem_of(letter + "o"), testing::StartsWith("f.toml:1:1: ")) << letter;
    EXPECT_THAT(problem_of("[bond.bond0]\nmode =" + letter + "1\n"), testing::StartsWith("f.toml:2:"))
        << letter;
  }
}

struct Bad {
  const char* line;
  const char* problem;
};

TEST(Toml, ABadValueNamesItsPlaceAndWhatWouldBeRight) {
  for (const auto& [line, problem] : {
           Bad{"slaves = \"eth0\"", "2:10: slaves wants a list of strings"},
           Bad{"slaves = [1]", "2:11: each entry of slaves wants a string in quotes"},
           Bad{"slaves = [\"bond0\"]", "2:11: bond0 cannot be its own slave"},
           Bad{"slaves = [\"eth0\", \"eth0\"]", "2:19: eth0 is a slave of bond0 already"},
           Bad{"slaves = [\"a/b\"]", "2:11: 'a/b' is not an interface name"},
           Bad{"addresses = [\"192.0.2.1\"]", "2:14: \"192.0.2.1\" has no prefix length: write 192.0.2.1/24"},
           Bad{"addresses = [\"x\"]", "2:14: \"x\" is not an IP address"},
           Bad{"gateways = [\"192.0.2.1\", \"192.0.2.2\"]",
               "2:26: \"192.0.2.2\" is a second gateway of its family"},
           Bad{"routes = [{ via = \"192.0.2.1\" }]", "2:11: the route lacks its destination"},
           Bad{"routes = [{ to = \"172.31.3.254/24\" }]", "2:18: \"172.31.3.254/24\" is not a network"},
           Bad{"routes = [{ to = \"192.0.2.0/24\", via = \"2001:db8::1\" }]",
               "2:40: \"2001:db8::1\" is not of the destination's family"},
           Bad{"mtu = 67", "2:7: mtu wants a whole number from 68 to 65535"},
           Bad{"mac = \"ff:ff:ff:ff:ff:ff\"", "2:7: \"ff:ff:ff:ff:ff:ff\" is not a unicast MAC address"},
           Bad{"onboot = \"yes\"", "2:10: onboot wants true or false"},
           Bad{"miimon = 1.5", "2:10: miimon wants a string, a whole number"},
           Bad{"num_grat_arp = 1\nnum_unsol_na = 2", "1:7: bond0 gives one option by two names"},
       }) {
    EXPECT_THAT(problem_of(std::string("[bond.bond0]\n") + line + "\n"),
                testing::StartsWith(std::string("f.toml:") + problem))
        << line;
  }
}

TEST(Toml, RefusesASlaveTableForAnInterfaceNoBondHas) {
  EXPECT_EQ(problem_of("[slave.eth0]\nprio = 1\n"), "f.toml:1:8: no bond here has eth0 among its slaves");
}

TEST(Toml, RefusesWhatIsNoTomlAndSaysWhere) {
  EXPECT_THAT(problem_of("[bond.bond0]\nmode = active-backup\n"), testing::StartsWith("f.toml:2:"));
}

}  // namespace
}  // namespace ebond::config
