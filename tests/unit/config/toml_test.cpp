#include "config/toml.h"

#include <gmock/gmock.h>

#include "config/toml_writer.h"

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

TEST(Toml, ReadsCardsByWhatTheyAreVlansABridgeAndWishesForDhcp) {
  const auto configuration = parsed(R"(
[bond.bond0]
primary = { mac = "02:00:00:00:00:01" }
slaves = ["eth0", { mac = "02:00:00:00:00:01", prio = 7 }, { pattern = "enp3s0f*" },
          { name = "wan0", mac = "02:00:00:00:00:02", rename = true }, { name = "eth9", hotplug = true }]
mode = "active-backup"
addresses = ["192.0.2.1/24", { address = "198.51.100.1/24", broadcast = "198.51.100.127" }]
routes = [{ to = "203.0.113.0/24", via = "192.0.2.9", proto = "static", scope = "link", table = "main" },
          { to = "203.0.113.0/25", via = "192.0.2.9", initcwnd = 20, initrwnd = 30, onlink = true }]
vlans = [{ id = 20, addresses = ["203.0.113.1/25"], mtu = 1400, dhcp6 = true }]
bridge = "br0"
netns = "web"
dhcp4 = true

[[bond.bond1.vlans]]
id = 30
name = "storage"
routes = [{ to = "default", via = "192.0.2.254" }]
)");
  ASSERT_EQ(configuration.bonds.size(), 2U);
  const auto& bond = configuration.bonds.front();
  const auto mac = wire::MacAddress({2, 0, 0, 0, 0, 1});
  EXPECT_EQ(bond.primary_match, CardMatch{.mac = mac});
  EXPECT_THAT(
      bond.slaves,
      ElementsAre(
          SlaveConfig{.name = "eth0"},
          SlaveConfig{.name = "", .options = {{"prio", "7"}}, .match = {.mac = mac}},
          SlaveConfig{.name = "", .match = {.mac = {}, .name = "enp3s0f*"}},
          SlaveConfig{.name = "wan0", .match = {.mac = wire::MacAddress({2, 0, 0, 0, 0, 2})}, .rename = true},
          SlaveConfig{.name = "eth9", .hotplug = true}));
  EXPECT_EQ(bond.addresses.at(1).broadcast, (Ipv4Address{198, 51, 100, 127}));
  EXPECT_EQ(bond.routes.at(0).protocol, 4U);
  EXPECT_EQ(bond.routes.at(0).scope, 253U);
  EXPECT_EQ(bond.routes.at(0).table, 254U);
  EXPECT_EQ(bond.routes.at(1).initcwnd, 20U);
  EXPECT_EQ(bond.routes.at(1).initrwnd, 30U);
  EXPECT_TRUE(bond.routes.at(1).onlink);
  EXPECT_EQ(bond.vlans.at(0).name, "bond0.20");
  EXPECT_EQ(bond.vlans.at(0).mtu, 1400U);
  EXPECT_TRUE(bond.vlans.at(0).dhcp6);
  EXPECT_EQ(bond.bridge, "br0");
  EXPECT_EQ(bond.netns, "web");
  EXPECT_TRUE(bond.dhcp4);
  EXPECT_EQ(configuration.bonds[1].vlans.at(0).name, "storage");
  EXPECT_EQ(configuration.bonds[1].vlans.at(0).routes.at(0).gateway, parse_ip("192.0.2.254"));
}

TEST(Toml, WhatIsWrittenReadsAsTheSameBond) {
  BondConfig bond;
  bond.name = "bond.0";
  bond.options = {
      {"mode", "1"}, {"miimon", "0100"}, {"primary", "7"}, {"arp_ip_target", "192.0.2.1,192.0.2.2"}};
  bond.slaves = {
      {.name = "a\"b\\", .options = {{"prio", "-5"}}},
      {.name = "", .options = {{"queue_id", "3"}}, .match = {.mac = {}, .name = "e*"}, .hotplug = true}};
  Route on_link;
  on_link.destination = *parse_prefix("::/0");
  on_link.table = 253;
  bond.routes = {on_link};
  bond.vlans = {{.id = 0, .name = "v"}};
  bond.onboot = false;
  bond.adopt = "a\"b\\";
  BondConfig away;
  away.name = "bond1";
  away.netns = "web";
  const auto text = to_toml({bond, away});
  const auto again = parse_toml(text, "f.toml");
  ASSERT_TRUE(again) << again.error().to_string() << text;
  EXPECT_TRUE(again->bonds.at(0) == bond) << text << to_toml(again->bonds);
  EXPECT_TRUE(again->bonds.at(1) == away) << text << to_toml(again->bonds);
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
           Bad{"slaves = [{ prio = 5 }]", "2:11: the slave lacks what it is found by: name, mac or pattern"},
           Bad{"slaves = [{ mac = \"x\" }]", "2:19: \"x\" is not a unicast MAC address"},
           Bad{"slaves = [{ name = \"a\", rename = true }]",
               "2:11: rename = true wants a name to give and the mac"},
           Bad{"slaves = [{ match = \"a\" }]", "2:13: there is no key of a slave \"match\""},
           Bad{"primary = { }", "2:11: primary lacks what it is found by: mac or pattern"},
           Bad{"addresses = [{ broadcast = \"192.0.2.255\" }]", "2:14: the address is missing"},
           Bad{"addresses = [{ address = \"2001:db8::1/64\", broadcast = \"192.0.2.255\" }]",
               "2:56: \"192.0.2.255\" is not the broadcast address of an IPv4 network"},
           Bad{"routes = [{ to = \"192.0.2.0/24\", scope = \"near\" }]",
               "2:42: \"scope near\" wants a number"},
           Bad{"routes = [{ to = \"192.0.2.0/24\", onlink = 1 }]", "2:43: onlink wants true or false"},
           Bad{"vlans = [{ name = \"v\" }]", "2:10: the VLAN lacks its number: id = 20"},
           Bad{"vlans = [{ id = 4095 }]", "2:17: id wants a whole number from 0 to 4094"},
           Bad{"vlans = [{ id = 1, tag = 2 }]", "2:20: there is no key of a VLAN \"tag\""},
           Bad{"vlans = [{ id = 1 }, { id = 1, name = \"v\" }]",
               "2:22: bond0 has a VLAN 1 (bond0.1) already"},
           Bad{"bridge = \"a/b\"", "2:10: 'a/b' is not an interface name"},
           Bad{"slaves = [\"eth0\"]\nadopt = \"eth1\"", "3:9: adopt = \"eth1\" is not one of bond0's slaves"},
           Bad{"netns = \"/run/netns/web\"",
               "2:9: \"/run/netns/web\" is not the name of a network namespace"},
           Bad{"slaves = [\"eth0\"]\nadopt = \"eth0\"\nnetns = \"web\"", "4:9: netns does not go with adopt"},
           Bad{"slaves_away = true\nnetns = \"web\"", "3:9: netns does not go with slaves_away"},
           Bad{"dhcp4 = 1", "2:9: dhcp4 wants true or false"},
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
