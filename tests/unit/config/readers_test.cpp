// What the readers of single formats do beyond what tests/unit/config/data/formats shows.
#include <gmock/gmock.h>

#include "config/formats/freebsd_rc.h"
#include "config/formats/keyfile.h"
#include "config/formats/netplan.h"
#include "config/formats/networkd.h"
#include "config/formats/nmstate.h"
#include "config/formats/suse.h"
#include "config/formats/teamd.h"
#include "tests/unit/config/sysconfig_tree.h"

namespace ebond::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::StartsWith;

TextFile text_file(const std::string& name, const std::string& text) {
  return {name, name, text};
}

Configuration well(Result<Configuration> read) {
  if (!read) throw std::runtime_error(read.error().to_string());
  return *std::move(read);
}

std::string all_notes(const Configuration& configuration) {
  std::string text;
  for (const auto& note : configuration.notes) text += note.to_string() + "\n";
  return text;
}

std::vector<std::string> routes_of_bond(const BondConfig& bond) {
  std::vector<std::string> texts;
  for (const auto& route : bond.routes) {
    texts.push_back(route.destination.to_string() +
                    (route.gateway ? " via " + to_string(*route.gateway) : "") +
                    (route.metric ? " metric " + std::to_string(*route.metric) : ""));
  }
  return texts;
}

std::vector<std::string> addresses_of_bond(const BondConfig& bond) {
  std::vector<std::string> texts;
  for (const auto& address : bond.addresses) texts.push_back(address.prefix.to_string());
  return texts;
}

// ---- systemd-networkd

const NetworkdUnit kNetworkdBond{text_file("10-bond0.netdev", "[NetDev]\nName=bond0\nKind=bond\n"), {}};

TEST(Networkd, OnlyTheFirstFileThatMatchesALinkCounts) {
  const auto read =
      well(parse_networkd({kNetworkdBond,
                           {text_file("10-all.network", "[Match]\nName=en*\n[Network]\nDHCP=yes\n"), {}},
                           {text_file("20-eno1.network", "[Match]\nName=eno1\n[Network]\nBond=bond0\n"), {}}},
                          {}));
  EXPECT_TRUE(read.bonds.at(0).slaves.empty());
  EXPECT_THAT(all_notes(read),
              HasSubstr("20-eno1.network:2: eno1: 10-all.network comes first and is about it too"));
}

TEST(Networkd, OfTwoPrimarySlavesTheLastIsThePrimary) {
  const std::string slave = "Bond=bond0\nPrimarySlave=yes\n";
  const NetworkdUnit by_name{text_file("20.network", "[Match]\nName=eno1\n[Network]\n" + slave), {}};
  const NetworkdUnit by_mac{
      text_file("30.network", "[Match]\nMACAddress=00:00:5e:00:53:01\n[Network]\n" + slave), {}};
  const NetworkdUnit bond{
      text_file("10-bond0.netdev", "[NetDev]\nName=bond0\nKind=bond\n[Bond]\nMode=active-backup\n"), {}};

  const auto mac_last = well(parse_networkd({bond, by_name, by_mac}, {})).bonds.at(0);
  EXPECT_EQ(mac_last.primary_match, (CardMatch{.mac = wire::MacAddress::parse("00:00:5e:00:53:01")}));
  EXPECT_THAT(mac_last.options, ElementsAre(Pair("mode", "active-backup")));

  const auto name_last = well(parse_networkd({bond, by_mac, by_name}, {})).bonds.at(0);
  EXPECT_FALSE(name_last.primary_match);
  EXPECT_THAT(name_last.options, ElementsAre(Pair("mode", "active-backup"), Pair("primary", "eno1")));
}

TEST(Networkd, ABondIsMatchedByPatternKindAndInversion) {
  for (const auto* match : {"Name=bo*", "Kind=bond", "Type=bond", "Name=!eth*", "Name=eth0 bond0"}) {
    const auto network = std::string("[Match]\n") + match + "\n[Network]\nAddress=192.0.2.1/24\n";
    const auto read = well(parse_networkd({kNetworkdBond, {text_file("30.network", network), {}}}, {}));
    EXPECT_THAT(addresses_of_bond(read.bonds.at(0)), ElementsAre("192.0.2.1/24")) << match;
  }
  for (const auto* match : {"Name=!bo*", "Kind=vlan", "Name=bond", "Driver=bonding"}) {
    const auto network = std::string("[Match]\n") + match + "\n[Network]\nAddress=192.0.2.1/24\n";
    const auto read = well(parse_networkd({kNetworkdBond, {text_file("30.network", network), {}}}, {}));
    EXPECT_TRUE(read.bonds.at(0).addresses.empty()) << match;
  }
}

TEST(Networkd, ABridgeWhoseNameCannotBeOneIsLeftOut) {
  const auto* network = "[Match]\nName=bond0\n[Network]\nBridge=br 0\n";
  const auto read = well(parse_networkd({kNetworkdBond, {text_file("30.network", network), {}}}, {}));
  EXPECT_EQ(read.bonds.at(0).bridge, "");
  EXPECT_THAT(all_notes(read), HasSubstr("'br 0' is not an interface name"));
  EXPECT_THAT(all_notes(read), HasSubstr("bond0 is put in no bridge"));
}

TEST(Networkd, ReadsAVlansMtuAsTheBonds) {
  const auto mtu_of = [](const std::string& value) {
    return well(parse_networkd(
        {kNetworkdBond,
         {text_file("20-v.netdev", "[NetDev]\nName=v7\nKind=vlan\n[VLAN]\nId=7\n"), {}},
         {text_file("30-bond0.network", "[Match]\nName=bond0\n[Network]\nVLAN=v7\n"), {}},
         {text_file("40-v7.network", "[Match]\nName=v7\n[Link]\nMTUBytes=" + value + "\n"), {}}},
        {}));
  };
  EXPECT_EQ(mtu_of("9K").bonds.at(0).vlans.at(0).mtu, 9216U);
  EXPECT_EQ(mtu_of("1400").bonds.at(0).vlans.at(0).mtu, 1400U);
  EXPECT_THAT(all_notes(mtu_of("9Q")), HasSubstr("40-v7.network:4: "));
  EXPECT_THAT(all_notes(mtu_of("9Q")), HasSubstr("is not an MTU"));
}

TEST(Networkd, ReadsRouteAndAddressSectionsEachByItself) {
  const auto read = well(parse_networkd(
      {kNetworkdBond,
       {text_file("30.network",
                  "[Match]\nName=bond0\n[Address]\nAddress=192.0.2.1/24\nBroadcast=192.0.2.127\n"
                  "[Route]\nGateway=192.0.2.2\nMetric=5\n[Route]\nDestination=198.51.100.0/24\n"
                  "Gateway=192.0.2.3\nTable=main\nGatewayOnLink=yes\n[Route]\nMetric=1\n"),
        {}}},
      {}));
  const auto& bond = read.bonds.at(0);
  EXPECT_THAT(routes_of_bond(bond),
              ElementsAre("0.0.0.0/0 via 192.0.2.2 metric 5", "198.51.100.0/24 via 192.0.2.3"));
  EXPECT_TRUE(bond.routes[1].onlink);
  EXPECT_EQ(bond.addresses.at(0).broadcast, (Ipv4Address{192, 0, 2, 127}));
  EXPECT_THAT(all_notes(read), HasSubstr("30.network:14: [Route] has neither Destination= nor Gateway="));
}

TEST(Networkd, AnEmptyAssignmentForgetsThoseBefore) {
  NetworkdUnit network{
      text_file("30.network", "[Match]\nName=bond0\n[Network]\nAddress=192.0.2.1/24\nVLAN=a\n"), {}};
  network.drop_ins.push_back(text_file("10.conf", "[Network]\nAddress=\nAddress=198.51.100.1/24\nVLAN=\n"));
  const auto read = well(parse_networkd({kNetworkdBond, network}, {}));
  EXPECT_THAT(addresses_of_bond(read.bonds.at(0)), ElementsAre("198.51.100.1/24"));
  EXPECT_EQ(all_notes(read), "");
}

TEST(Networkd, AFileOfAnEarlierDirectoryHidesItsNamesakesAndAnEmptyOneAll) {
  test::SysconfigTree tree;
  tree.file("etc/10-bond0.netdev", "[NetDev]\nName=bond0\nKind=bond\n[Bond]\nMode=active-backup\n");
  tree.file("lib/10-bond0.netdev", "[NetDev]\nName=bond0\nKind=bond\n[Bond]\nMode=802.3ad\n");
  tree.file("etc/20-bond1.netdev", "");
  tree.file("lib/20-bond1.netdev", "[NetDev]\nName=bond1\nKind=bond\n");
  tree.file("lib/10-bond0.netdev.d/a.conf", "[Bond]\nMIIMonitorSec=50ms\n");
  const auto read = well(read_networkd({tree.root() / "etc", tree.root() / "lib"}));
  ASSERT_EQ(read.bonds.size(), 1U);
  EXPECT_THAT(read.bonds[0].options, ElementsAre(Pair("mode", "active-backup"), Pair("miimon", "50")));
}

// ---- NetworkManager

const std::string kKeyfileBond =
    "[connection]\ntype=bond\nuuid=0e0b0000-0000-4000-8000-0000000000b0\ninterface-name=bond0\n";

TEST(Keyfile, WithoutASectionTheMethodIsAuto) {
  const auto read = well(parse_keyfiles({text_file("bond0.nmconnection", kKeyfileBond)}, {}));
  EXPECT_TRUE(read.bonds.at(0).dhcp4);
  EXPECT_TRUE(read.bonds.at(0).dhcp6);
}

TEST(Keyfile, ReadsMetricsOptionsOfRoutesAndNeverDefault) {
  const auto read = well(parse_keyfiles(
      {text_file(
          "bond0.nmconnection",
          kKeyfileBond +
              "[ipv4]\nmethod=manual\naddress1=192.0.2.1/24,192.0.2.2\nroute1=198.51.100.0/24,192.0.2.3\n"
              "route1_options=mtu=1400,onlink=true\nroute-metric=70\n"
              "[ipv6]\nmethod=manual\naddress1=2001:db8::1,2001:db8::2\nnever-default=true\n")},
      {}));
  const auto& bond = read.bonds.at(0);
  EXPECT_THAT(addresses_of_bond(bond), ElementsAre("192.0.2.1/24", "2001:db8::1/64"));
  EXPECT_THAT(routes_of_bond(bond),
              ElementsAre("0.0.0.0/0 via 192.0.2.2 metric 70", "198.51.100.0/24 via 192.0.2.3 metric 70"));
  EXPECT_EQ(bond.routes[1].mtu, 1400U);
  EXPECT_TRUE(bond.routes[1].onlink);
  EXPECT_THAT(all_notes(read), HasSubstr("makes no default route, as never-default=true"));
}

TEST(Keyfile, KnowsVlansAndBridgesByNameAndByUuid) {
  const auto read = well(parse_keyfiles(
      {text_file("bond0.nmconnection",
                 kKeyfileBond + "controller=br0\nport-type=bridge\n[ipv4]\nmethod=auto\n"),
       text_file("v",
                 "[connection]\ntype=vlan\n[vlan]\nid=7\nparent=0E0B0000-0000-4000-8000-0000000000B0\n"
                 "[ipv4]\nmethod=disabled\n[ipv6]\nmethod=disabled\n")},
      {}));
  const auto& bond = read.bonds.at(0);
  EXPECT_EQ(bond.bridge, "br0");
  EXPECT_FALSE(bond.dhcp4) << "addresses are the bridge's";
  EXPECT_THAT(bond.vlans, ElementsAre(VlanConfig{.id = 7, .name = "bond0.7"}));
}

TEST(Keyfile, TellsOfAVlansMtuThatIsNone) {
  const auto mtu_of = [](const std::string& value) {
    return well(parse_keyfiles(
        {text_file("bond0.nmconnection", kKeyfileBond),
         text_file("v",
                   "[connection]\ntype=vlan\n[vlan]\nid=7\nparent=bond0\n[ethernet]\nmtu=" + value + "\n")},
        {}));
  };
  EXPECT_EQ(mtu_of("1400").bonds.at(0).vlans.at(0).mtu, 1400U);
  EXPECT_THAT(all_notes(mtu_of("0")), Not(HasSubstr("mtu")));
  EXPECT_THAT(all_notes(mtu_of("7")), HasSubstr("v:7: mtu=7 is not an MTU"));
}

// ---- netplan

std::string netplan_problem(const std::string& bond, const std::string& rest = "") {
  const auto read = parse_netplan(
      {text_file("a.yaml", "network:\n  ethernets: {eno1: {}}\n  bonds:\n    bond0:\n" + bond + rest)}, {});
  return read ? "" : read.error().to_string();
}

TEST(Netplan, RefusesByLineAndColumn) {
  EXPECT_THAT(netplan_problem("      interfaces: [eno1, eno2]\n"),
              StartsWith("a.yaml:5:26: interface \"eno2\" is not defined"));
  EXPECT_THAT(netplan_problem("      parameters: {up-delay: soon}\n"),
              StartsWith("a.yaml:5:30: up-delay \"soon\""));
  EXPECT_THAT(netplan_problem("      parameters: {miimon: 1}\n"),
              StartsWith("a.yaml:5:20: unknown key \"miimon\""));
  EXPECT_THAT(netplan_problem("      dhcp4: perhaps\n"), StartsWith("a.yaml:5:14: \"perhaps\" is neither"));
  EXPECT_THAT(netplan_problem("      addresses: [192.0.2.1]\n"),
              StartsWith("a.yaml:5:19: \"192.0.2.1\" has no prefix"));
  EXPECT_THAT(netplan_problem("      mtu: 12\n"), StartsWith("a.yaml:5:12: \"12\" is not an MTU"));
  EXPECT_THAT(netplan_problem("      routes: [{to: default, vai: 192.0.2.1}]\n"),
              StartsWith("a.yaml:5:30: unknown key \"vai\"; did you mean via?"));
  EXPECT_THAT(netplan_problem("      mtu: [\n"), StartsWith("a.yaml:"));
  EXPECT_THAT(netplan_problem("      mtu: 1500\n", "  vlans:\n    v: {id: 5000, link: bond0}\n"),
              StartsWith("a.yaml:7:13: \"5000\" is not a VLAN's number"));
}

TEST(Netplan, AMacThatNoCardHasIsRefused) {
  const auto read = parse_netplan(
      {text_file("a.yaml",
                 "network:\n  ethernets:\n    wan: {match: {macaddress: \"01:00:5e:00:53:01\"}}\n")},
      {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().where, (Location{"a.yaml", 3, 31}));
}

TEST(Netplan, AnOptionOfAnotherModeIsNoMistakeOfTheFile) {
  const auto read = well(parse_netplan(
      {text_file(
          "a.yaml",
          "network:\n  bonds:\n    bond0:\n      parameters: {mode: active-backup, lacp-rate: fast}\n")},
      {}));
  EXPECT_THAT(read.bonds.at(0).options, ElementsAre(Pair("mode", "active-backup")));
  EXPECT_THAT(all_notes(read), StartsWith("a.yaml:4:41: lacp-rate: "));
}

TEST(Netplan, AKeyThatComesTwiceInAFileCountsAsIfInTwoFiles) {
  const auto read = well(
      parse_netplan({text_file("a.yaml",
                               "network:\n  bonds:\n    bond0:\n      parameters: {mode: broadcast}\n"
                               "    bond0:\n      parameters: {mode: active-backup}\n      mtu: 9000\n")},
                    {}));
  ASSERT_EQ(read.bonds.size(), 1U);
  EXPECT_THAT(read.bonds[0].options, ElementsAre(Pair("mode", "active-backup")));
  EXPECT_EQ(read.bonds[0].mtu, 9000U);
}

// ---- nmstate

TEST(Nmstate, LeavesOutWhatIsToBeAbsentAndFindsBridges) {
  const auto read = well(parse_nmstate(
      {text_file("a.yml",
                 "interfaces:\n"
                 "- {name: bond0, type: bond, link-aggregation: {mode: 1, port: [eth0]}}\n"
                 "- {name: bond1, type: bond, state: absent}\n"
                 "- {name: br0, type: linux-bridge, bridge: {port: [{name: bond0}]}}\n"
                 "routes:\n  config:\n"
                 "  - {destination: 192.0.2.0/24, next-hop-interface: bond0, metric: -1, table-id: 0}\n"
                 "  - {destination: 198.51.100.0/24, next-hop-interface: bond0, state: absent}\n")},
      {}));
  ASSERT_EQ(read.bonds.size(), 1U);
  EXPECT_EQ(read.bonds[0].bridge, "br0");
  EXPECT_THAT(routes_of_bond(read.bonds[0]), ElementsAre("192.0.2.0/24"));
  EXPECT_THAT(all_notes(read), HasSubstr("a.yml:3:29: state: bond1 is not to be there"));
}

TEST(Nmstate, AFileThatIsNoYamlLeavesTheOthersAlone) {
  const auto read = well(parse_nmstate(
      {text_file("a.yml", "a: [\n"), text_file("b.yml", "interfaces:\n- {name: b, type: bond}\n")}, {}));
  EXPECT_EQ(read.bonds.size(), 1U);
  EXPECT_THAT(all_notes(read), HasSubstr("a.yml:"));
}

// ---- teamd

TEST(Teamd, AFileThatIsNoJsonIsLeftOutByItsLine) {
  const auto read =
      well(parse_teamd({text_file("a.conf", "{\n\"device\": \"a\",\n}"), text_file("b.conf", "{}")}, {}));
  ASSERT_EQ(read.bonds.size(), 1U);
  EXPECT_EQ(read.bonds[0].name, "b") << "named as its file";
  EXPECT_THAT(all_notes(read), StartsWith("a.conf:3: "));
}

TEST(Teamd, ARunnerThatIsNoneIsAnErrorAtItsLine) {
  const auto read = parse_teamd({text_file("a.conf", "{\n\"runner\":\n{\"name\": \"walk\"}}")}, {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().where, (Location{"a.conf", 3}));
}

TEST(Teamd, PortPrioritiesDecideForAnAggregatorAsLacpPrioDoes) {
  const std::string runner = R"({"runner": {"name": "lacp"}, "ports": {"eth0": {)";
  const auto plain = well(parse_teamd({text_file("a.conf", runner + "}}}")}, {}));
  EXPECT_THAT(plain.bonds.at(0).options, testing::Not(testing::Contains(Pair("ad_select", testing::_))));
  const auto with_prio = well(parse_teamd({text_file("a.conf", runner + R"("lacp_prio": 9}}})")}, {}));
  EXPECT_THAT(with_prio.bonds.at(0).options, testing::Contains(Pair("ad_select", "actor_port_prio")));
}

TEST(Teamd, ABondThatIsDescribedTwiceIsTakenOnce) {
  const auto read =
      well(parse_teamd({text_file("a.conf", R"({"device": "t0", "runner": {"name": "broadcast"}})"),
                        text_file("b.conf",
                                  "\n"
                                  R"({"device": "t0"})")},
                       {}));
  ASSERT_EQ(read.bonds.size(), 1U);
  EXPECT_THAT(read.bonds[0].options, testing::Contains(Pair("mode", "broadcast")));
  EXPECT_THAT(all_notes(read), HasSubstr("b.conf:2: t0 is described already, in a.conf:1: left out"));
}

TEST(Teamd, AnOptionOfAPortThatComesTwiceIsItsLastValue) {
  const auto read = well(parse_teamd(
      {text_file("a.conf",
                 R"({"runner": {"name": "activebackup"}, "ports": {"e": {"prio": 1, "prio": 2}}})")},
      {}));
  EXPECT_THAT(read.bonds.at(0).slaves.at(0).options, ElementsAre(Pair("prio", "2")));
}

// ---- SUSE

TEST(Suse, TheFileOfAllRoutesGivesEachToTheOneInWhoseSubnetItsGatewayIs) {
  const auto read = well(parse_suse(
      {text_file("ifcfg-bond0", "BONDING_MASTER=yes\nBONDING_SLAVE_0=eth0\nIPADDR=192.0.2.1/24\n"),
       text_file("ifcfg-eth0", "STARTMODE=hotplug\nBOOTPROTO=none\n"),
       text_file("ifcfg-br0", "BRIDGE=yes\nBRIDGE_PORTS='eth7 bond0'\n"),
       text_file("routes",
                 "default 192.0.2.2 - -\n198.51.100.0/24 203.0.113.1 - -\n203.0.113.0/24 192.0.2.3 - bond0\n"
                 "203.0.113.0/25 192.0.2.3 - eth7\n")},
      {}));
  const auto& bond = read.bonds.at(0);
  EXPECT_THAT(routes_of_bond(bond), ElementsAre("0.0.0.0/0 via 192.0.2.2", "203.0.113.0/24 via 192.0.2.3"));
  EXPECT_TRUE(bond.slaves.at(0).hotplug);
  EXPECT_EQ(bond.bridge, "br0");
}

TEST(Suse, TellsOfAVlansMtuThatIsNone) {
  const auto mtu_of = [](const std::string& value) {
    return well(parse_suse({text_file("ifcfg-bond0", "BONDING_MASTER=yes\nBONDING_SLAVE_0=eth0\n"),
                            text_file("ifcfg-bond0.7", "ETHERDEVICE=bond0\nMTU=" + value + "\n")},
                           {}));
  };
  EXPECT_EQ(mtu_of("1400").bonds.at(0).vlans.at(0).mtu, 1400U);
  EXPECT_THAT(all_notes(mtu_of("''")), Not(HasSubstr("MTU")));
  EXPECT_THAT(all_notes(mtu_of("7")), HasSubstr("ifcfg-bond0.7:2: MTU=7 is not an MTU"));
}

// ---- FreeBSD

TEST(FreebsdRc, ReadsAliasesMasksAndTheBridge) {
  const auto read = well(parse_freebsd_rc(
      {text_file("rc.conf",
                 "cloned_interfaces=\"lagg0 bridge0\"\nifconfig_lagg0=\"laggproto roundrobin laggport em0\"\n"
                 "ifconfig_lagg0_alias0=\"inet 192.0.2.1 netmask 0xffffff80\"\n"
                 "ifconfig_lagg0_aliases=\"inet 198.51.100.1/24 inet6 2001:db8::1 prefixlen 48\"\n"
                 "ifconfig_bridge0=\"addm lagg0 up\"\nifconfig_lagg0_alias1=\"inet 172.16.0.1\"\n"),
       text_file("rc.conf.local",
                 "ifconfig_lagg0=\"laggproto lacp lagghash l2,l3 laggport em1 mtu 9000\"\n")},
      {}));
  const auto& bond = read.bonds.at(0);
  EXPECT_THAT(bond.options, ElementsAre(Pair("mode", "802.3ad"), Pair("xmit_hash_policy", "layer2+3")));
  EXPECT_EQ(bond.slaves.at(0).name, "em1") << "the later file counts";
  EXPECT_EQ(bond.mtu, 9000U);
  EXPECT_EQ(bond.bridge, "bridge0");
  EXPECT_THAT(addresses_of_bond(bond),
              ElementsAre("192.0.2.1/25", "172.16.0.1/16", "198.51.100.1/24", "2001:db8::1/48"));
  EXPECT_THAT(all_notes(read), HasSubstr("ifconfig_lagg0_alias1: 172.16.0.1 has no netmask: taken as /16"));
}

}  // namespace
}  // namespace ebond::config
