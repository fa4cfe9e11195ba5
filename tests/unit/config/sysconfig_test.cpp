#include "config/sysconfig.h"

#include <gmock/gmock.h>

#include "tests/unit/config/sysconfig_tree.h"

namespace ebond::config {
namespace {

using test::SysconfigTree;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

std::vector<std::string> slave_names(const BondConfig& bond) {
  std::vector<std::string> names;
  for (const auto& slave : bond.slaves) names.push_back(slave.name);
  return names;
}

std::vector<std::string> address_texts(const BondConfig& bond) {
  std::vector<std::string> texts;
  for (const auto& address : bond.addresses) texts.push_back(address.prefix.to_string());
  return texts;
}

/// The only bond of a tree that must read.
BondConfig only_bond(const SysconfigTree& tree) {
  auto result = tree.read();
  if (!result) throw std::runtime_error(result.error().to_string());
  if (result->bonds.size() != 1) throw std::runtime_error("not one bond");
  return result->bonds.front();
}

TEST(Sysconfig, ReadsTheArticlesFilesAsTheyAre) {
  const auto result = read_sysconfig(sysconfig_paths(EBOND_SOURCE_DIR "/tests/unit/config/data/article"));
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_THAT(result->notes, IsEmpty());
  ASSERT_EQ(result->bonds.size(), 1U);
  const auto& bond = result->bonds.front();
  EXPECT_EQ(bond.name, "bond0");
  EXPECT_THAT(bond.options, ElementsAre(Pair("miimon", "100"), Pair("mode", "1")));
  EXPECT_THAT(slave_names(bond), ElementsAre("eth0", "eth1"));
  EXPECT_THAT(address_texts(bond), ElementsAre("172.16.248.50/16"));
  EXPECT_EQ(bond.addresses.front().broadcast, (Ipv4Address{172, 16, 255, 255}));
  EXPECT_TRUE(bond.onboot);
  EXPECT_FALSE(bond.dhcp4);
  EXPECT_THAT(bond.gateways, IsEmpty());
  EXPECT_THAT(bond.routes, IsEmpty());
  EXPECT_EQ(bond.mtu, std::nullopt);
  EXPECT_EQ(bond.mac, std::nullopt);
}

TEST(Sysconfig, TakesSlavesInTheOrderOfTheirFilesNumbersAsNumbers) {
  SysconfigTree tree;
  tree.script("ifcfg-bond0", "DEVICE=bond0\nBONDING_OPTS='mode=1'\n");
  tree.slave("eth10", "bond0").slave("eth2", "bond0").slave("enp3s0f1", "bond0").slave("eth9", "bond0");
  EXPECT_THAT(slave_names(only_bond(tree)), ElementsAre("enp3s0f1", "eth2", "eth9", "eth10"));
}

TEST(Sysconfig, FindsBondsByAliasByOptionsByTypeAndByTheirSlaves) {
  SysconfigTree tree;
  tree.file("modprobe.conf", "alias bond0 bonding\nalias eth0 e1000\n");
  tree.script("ifcfg-bond1", "DEVICE=bond1\nBONDING_OPTS=mode=active-backup\n");
  tree.script("ifcfg-bond2", "DEVICE=bond2\nTYPE=Bond\nBONDING_MASTER=yes\n");
  tree.script("ifcfg-team", "DEVICE=team\n").slave("eth0", "team");
  tree.script("ifcfg-lo", "DEVICE=lo\nIPADDR=127.0.0.1\n")
      .script("ifcfg-eth5", "DEVICE=eth5\nBOOTPROTO=dhcp\n");
  const auto result = tree.read();
  ASSERT_TRUE(result) << result.error().to_string();
  std::vector<std::string> names;
  for (const auto& bond : result->bonds) names.push_back(bond.name);
  EXPECT_THAT(names, ElementsAre("bond0", "bond1", "bond2", "team"));
  EXPECT_FALSE(result->find("bond0")->onboot) << "only modprobe knows it";
}

TEST(Sysconfig, AddsModprobesLinesForAllBondsAndForEachAndLetsBondingOptsWin) {
  SysconfigTree tree;
  tree.file("modprobe.conf",
            "alias bond0 bonding\nalias bond1 bonding\noptions bonding miimon=50 max_bonds=2\n"
            "options bond0 mode=1\noptions bond0 miimon=100 updelay=200\n");
  tree.script("ifcfg-bond0",
              "DEVICE=bond0\nBONDING_OPTS=\"primary=eth1 miimon=80 arp_validate=none num_unsol_na=3\"\n");
  tree.script("ifcfg-bond1", "DEVICE=bond1\n");
  const auto result = tree.read();
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_THAT(result->find("bond0")->options,
              ElementsAre(Pair("miimon", "80"), Pair("mode", "1"), Pair("updelay", "200"),
                          Pair("primary", "eth1"), Pair("arp_validate", "none"), Pair("num_unsol_na", "3")));
  EXPECT_THAT(result->find("bond1")->options, ElementsAre(Pair("miimon", "50")));
  EXPECT_THAT(tree.notes(), HasSubstr("modprobe.conf:3: max_bonds means nothing to ebond: ignored"));
}

TEST(Sysconfig, ReadsModprobeDirectoriesContinuedLinesAndNetdevAliases) {
  SysconfigTree tree;
  tree.file("modprobe.d/bonding.conf",
            "# bonds\nalias netdev-bond0 bonding\noptions bond0 -o bond0 \\\n  mode=active-backup\n"
            "install usb-storage /bin/true\noptions snd index=0 flag\n");
  tree.file("modprobe.d/README", "not a configuration\n").slave("eth0", "bond0");
  EXPECT_THAT(only_bond(tree).options, ElementsAre(Pair("mode", "active-backup")));
  EXPECT_TRUE(only_bond(tree).onboot);
}

TEST(Sysconfig, ReadsArpTargetsWithCommas) {
  SysconfigTree tree;
  tree.script("ifcfg-bond0",
              "DEVICE=bond0\nBONDING_OPTS=\"mode=1 arp_interval=200 arp_ip_target=192.0.2.1,192.0.2.2\"\n");
  EXPECT_THAT(only_bond(tree).options, testing::Contains(Pair("arp_ip_target", "192.0.2.1,192.0.2.2")));
}

TEST(Sysconfig, ReadsEverySettingOfTheBondsOwnFile) {
  SysconfigTree tree;
  tree.script("ifcfg-bond0", R"(
# a comment
export DEVICE="bond0"
IPADDR=192.0.2.1
PREFIX=24
IPADDR1='198.51.100.1'
NETMASK1=255.255.255.128   # behind a value
IPADDR2=203.0.113.1
PREFIX2=32
GATEWAY=192.0.2.254
IPV6ADDR=2001:db8::1/64
IPV6ADDR_SECONDARIES="2001:db8:1::1/48 2001:db8:2::1"
IPV6_DEFAULTGW=2001:db8::fe%bond0
MTU=9000
MACADDR=02:00:00:00:00:01
ONBOOT=no
BOOTPROTO=static
USERCTL=no
UUID=1b4e28ba-2fa1-11d2-883f-0016d3cca427
BONDING_OPTS=mode=802.3ad
)");
  tree.script("ifcfg-bond0:1", "DEVICE=bond0:1\nIPADDR=192.0.2.77\nPREFIX=24\n");
  const auto bond = only_bond(tree);
  EXPECT_THAT(address_texts(bond),
              ElementsAre("192.0.2.1/24", "198.51.100.1/25", "203.0.113.1/32", "2001:db8::1/64",
                          "2001:db8:1::1/48", "2001:db8:2::1/64", "192.0.2.77/24"));
  EXPECT_EQ(bond.addresses.front().broadcast, std::nullopt);
  EXPECT_THAT(bond.gateways, ElementsAre(*parse_ip("192.0.2.254"), *parse_ip("2001:db8::fe")));
  EXPECT_EQ(bond.mtu, 9000U);
  EXPECT_EQ(bond.mac, wire::MacAddress({2, 0, 0, 0, 0, 1}));
  EXPECT_FALSE(bond.onboot);
}

TEST(Sysconfig, ReadsSlaveOptionsAndRoutes) {
  SysconfigTree tree;
  tree.script("ifcfg-bond0", "DEVICE=bond0\nBONDING_OPTS=mode=1\n").slave("eth1", "bond0");
  tree.script("ifcfg-eth0", "DEVICE=eth0\nMASTER=bond0\nSLAVE=yes\nBOND_PORT_PRIO=5\nBOND_PORT_QUEUE_ID=2\n");
  tree.script("route-bond0", "198.51.100.0/24 via 192.0.2.254 dev bond0 metric 5\n");
  tree.script("route6-bond0", "2001:db8:9::/48 via 2001:db8::fe\n").script("route-eth7", "rubbish\n");
  const auto bond = only_bond(tree);
  EXPECT_THAT(bond.slaves.front().options, ElementsAre(Pair("prio", "5"), Pair("queue_id", "2")));
  ASSERT_EQ(bond.routes.size(), 2U);
  EXPECT_EQ(bond.routes[0].destination.to_string(), "198.51.100.0/24");
  EXPECT_EQ(bond.routes[0].metric, 5U);
  EXPECT_EQ(bond.routes[1].gateway, parse_ip("2001:db8::fe"));
}

TEST(Sysconfig, SkipsWhatEditorsAndPackagersLeaveBehind) {
  SysconfigTree tree;
  tree.slave("eth0", "bond0").script("ifcfg-bond0", "DEVICE=bond0\n");
  for (auto end : {"~", ".bak", ".orig", ".old", ".rpmsave", ".rpmnew"}) {
    tree.script(std::string("ifcfg-eth0") + end, "DEVICE=eth0\nthis is not an assignment\n");
  }
  EXPECT_EQ(tree.problem(), "");
}

TEST(Sysconfig, NotesWhatDoesNotFitTogetherYetCanBeDone) {
  SysconfigTree tree;
  tree.script(
      "ifcfg-bond0",
      "DEVICE=bond0\nIPADDR=192.0.2.1\nNETWORK=192.0.3.0\nBROADCAST=192.0.2.127\nBONDING_OPTS=mode=1\n");
  tree.script("ifcfg-eth1", "DEVICE=eth1\nMASTER=bond0\n");
  const auto notes = tree.notes();
  EXPECT_THAT(notes,
              HasSubstr("ifcfg-bond0:2: IPADDR=192.0.2.1 has neither NETMASK nor PREFIX: taken as /24"));
  EXPECT_THAT(notes,
              HasSubstr("ifcfg-bond0:3: NETWORK=192.0.3.0 is not the address's network, which is 192.0.2.0"));
  EXPECT_THAT(notes, HasSubstr("ifcfg-bond0:4: BROADCAST=192.0.2.127 is not the subnet's broadcast address"));
  EXPECT_THAT(notes, HasSubstr("ifcfg-eth1:2: MASTER=bond0 without SLAVE=yes: taken as a slave"));
}

TEST(Sysconfig, TheDefaultDirectoryAlsoReadsModprobesOwnFiles) {
  EXPECT_THAT(sysconfig_paths("/etc/sysconfig").modprobe,
              ElementsAre("/etc/sysconfig/modprobe.conf", "/etc/sysconfig/modprobe.d", "/etc/modprobe.conf",
                          "/etc/modprobe.d"));
  EXPECT_THAT(sysconfig_paths("/srv/x").modprobe, ElementsAre("/srv/x/modprobe.conf", "/srv/x/modprobe.d"));
}

TEST(SysconfigErrors, ADirectoryThatIsNotThere) {
  const auto result = read_sysconfig(sysconfig_paths("/nonexistent"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().to_string(),
            "/nonexistent/network-scripts: cannot be read: No such file or directory");
}

TEST(SysconfigErrors, AMalformedLineNamesFileAndLine) {
  SysconfigTree tree;
  tree.slave("eth0", "bond0").script("ifcfg-bond0", "DEVICE=bond0\n\nIPADDR 192.0.2.1\n");
  EXPECT_EQ(tree.problem(), "ifcfg-bond0:3: expected KEY=VALUE");
}

TEST(SysconfigErrors, SlaveWithoutMaster) {
  SysconfigTree tree;
  tree.script("ifcfg-eth0", "DEVICE=eth0\nSLAVE=yes\n");
  EXPECT_EQ(tree.problem(), "ifcfg-eth0:2: SLAVE=yes without MASTER: name the bond, as in MASTER=bond0");
}

TEST(SysconfigErrors, AMasterThatIsNotThere) {
  SysconfigTree tree;
  tree.slave("eth0", "bond7");
  EXPECT_EQ(tree.problem(),
            "ifcfg-eth0:3: MASTER=bond7 is not there: expected ifcfg-bond7 or \"alias bond7 bonding\" in "
            "modprobe's files");
}

TEST(SysconfigErrors, ABondEnslavedToItself) {
  SysconfigTree tree;
  tree.slave("bond0", "bond0");
  EXPECT_EQ(tree.problem(), "ifcfg-bond0:3: bond0 cannot be its own MASTER");
}

TEST(Sysconfig, TheSameDeviceTwice) {
  SysconfigTree tree;
  tree.script("ifcfg-a", "DEVICE=eth0\n").script("ifcfg-b", "# again\nDEVICE=eth0\n");
  EXPECT_EQ(tree.problem(), "");
  EXPECT_EQ(tree.notes(), "") << "neither is of a bond";
  tree.script("ifcfg-bond0", "DEVICE=bond0\nBONDING_OPTS=mode=1\n");
  tree.script("ifcfg-c", "# again\nDEVICE=bond0\n");
  EXPECT_EQ(tree.notes(),
            "ifcfg-c:2: DEVICE=bond0 is described in ifcfg-bond0 already: this file is left out\n");
}

TEST(SysconfigErrors, ANameThatIsTooLong) {
  SysconfigTree tree;
  tree.script("ifcfg-b", "DEVICE=a-name-too-long-\nBONDING_OPTS=mode=1\n");
  EXPECT_EQ(tree.problem(),
            "ifcfg-b:1: 'a-name-too-long-' is too long for an interface name: 16 characters, at most 15 fit");
}

struct BadLine {
  const char* line;
  const char* message;
};

TEST(SysconfigErrors, ABadValueOfTheBondsFileNamesItsLineAndWhatWouldBeRight) {
  for (const auto& [line, message] : {
           BadLine{"IPADDR=172.16.248", "is not an IPv4 address: write one like 192.0.2.1"},
           BadLine{"IPADDR=192.0.2.1/24", "is not an IPv4 address: write one like 192.0.2.1"},
           BadLine{"IPADDR3=192.0.2.999", "its length as PREFIX3=24"},
           BadLine{"NETMASK=255.0.255.0", "is not a netmask: write one like 255.255.255.0"},
           BadLine{"PREFIX=33", "is not a prefix length: it goes from 0 to 32"},
           BadLine{"BROADCAST=all", "is not an IPv4 address"},
           BadLine{"NETWORK=all", "is not an IPv4 address"},
           BadLine{"GATEWAY=router", "is not an IPv4 address: write one like 192.0.2.254"},
           BadLine{"IPV6ADDR=192.0.2.1/24", "which is not an IPv6 address: write one like 2001:db8::1/64"},
           BadLine{"IPV6ADDR_SECONDARIES='2001:db8::1/64 x'", "holds \"x\", which is not an IPv6 address"},
           BadLine{"IPV6_DEFAULTGW=192.0.2.1", "is not an IPv6 address"},
           BadLine{"MTU=big", "is not an MTU: it goes from 68 to 65535"},
           BadLine{"MTU=67", "is not an MTU"},
           BadLine{"MACADDR=02:00:00:00:00", "is not a MAC address: write one like 02:00:00:00:00:01"},
           BadLine{"HWADDR=01:00:5e:00:00:01", "cannot be the address of an interface: it must be unicast"},
           BadLine{"BONDING_OPTS=mode=9", "mode"},
       }) {
    SysconfigTree tree;
    tree.slave("eth0", "bond0");
    tree.script("ifcfg-bond0",
                std::string("DEVICE=bond0\nIPADDR=192.0.2.1\nNETMASK=255.255.0.0\n") + line + "\n");
    EXPECT_THAT(tree.problem(), testing::StartsWith("ifcfg-bond0:4: ")) << line;
    EXPECT_THAT(tree.problem(), HasSubstr(message)) << line;
  }
}

TEST(Sysconfig, WhatCanBeLeftOutIsLeftOutWithItsLine) {
  for (const auto& [line, message] : {
           BadLine{"ONBOOT=maybe", "is neither yes nor no"},
           BadLine{"BOOTPROTO=magic", "is not understood: none, static and dhcp are"},
           BadLine{"METRIC=high", "is not a number"},
           BadLine{"WEATHER=fine", "WEATHER=fine is not understood"},
           BadLine{"DNS1=192.0.2.53", "DNS1=192.0.2.53 is not carried out"},
           BadLine{"BONDING_OPTS='mode=1 miimon'", "expected OPTION=VALUE, found \"miimon\""},
           BadLine{"BONDING_OPTS=mode=1 miimon=100", "stands behind BONDING_OPTS, not in it"},
           BadLine{"BONDING_OPTS='mode=active-backup mimon=100'",
                   "there is no option \"mimon\"; did you mean miimon?"},
           BadLine{"BONDING_OPTS='mode=balance-rr primary=eth0'", "primary"},
           BadLine{"BONDING_OPTS='mode=1 miimon=fast'", "miimon"},
       }) {
    SysconfigTree tree;
    tree.slave("eth0", "bond0");
    tree.script("ifcfg-bond0",
                std::string("DEVICE=bond0\nIPADDR=192.0.2.1\nPREFIX=24\nGATEWAY=192.0.2.2\n") + line + "\n");
    EXPECT_THAT(tree.notes(), HasSubstr("ifcfg-bond0:5: ")) << line;
    EXPECT_THAT(tree.notes(), HasSubstr(message)) << line;
  }
}

TEST(Sysconfig, TakesTheWishForDhcpAndSaysNothingOfIt) {
  SysconfigTree tree;
  tree.slave("eth0", "bond0").script("ifcfg-bond0", "DEVICE=bond0\nBOOTPROTO=dhcp\nDHCPV6C=yes\n");
  EXPECT_TRUE(only_bond(tree).dhcp4);
  EXPECT_TRUE(only_bond(tree).dhcp6);
  EXPECT_EQ(tree.notes(), "");
}

TEST(SysconfigErrors, AnOptionOfModprobesPointsThere) {
  for (const auto& [line, message] : {
           BadLine{"options bond0 mode=8", "mode"},
           BadLine{"options bonding mode=sideways", "mode"},
       }) {
    SysconfigTree tree;
    tree.file("modprobe.conf", std::string("# bonds\nalias bond0 bonding\n") + line + "\n");
    EXPECT_THAT(tree.problem(), testing::StartsWith("modprobe.conf:3: ")) << line;
    EXPECT_THAT(tree.problem(), HasSubstr(message)) << line;
  }
}

TEST(Sysconfig, LinesOfModprobesThatCannotBeReadAreLeftOut) {
  for (const auto& [line, message] : {
           BadLine{"options bond0 mode", "expected OPTION=VALUE, found \"mode\""},
           BadLine{"options", "expected options MODULE PARAMETER=VALUE"},
           BadLine{"alias bond0", "expected alias NAME MODULE"},
           BadLine{"alias bond0-and-many-more bonding", "too long for an interface name"},
       }) {
    SysconfigTree tree;
    tree.script("ifcfg-eth0", "DEVICE=eth0\n");
    tree.file("modprobe.conf", std::string("# bonds\nalias bond0 bonding\n") + line + "\n");
    EXPECT_THAT(tree.notes(), HasSubstr("modprobe.conf:3: ")) << line;
    EXPECT_THAT(tree.notes(), HasSubstr(message)) << line;
  }
}

TEST(Sysconfig, AnInstallLineIsUnderstoodAmongOtherCommands) {
  SysconfigTree tree;
  tree.slave("eth0", "bond0");
  tree.file("modprobe.conf",
            "install bond0 /sbin/modprobe -a eth0 && /sbin/modprobe bonding -o bond0 mode=6; /bin/true\n");
  EXPECT_THAT(only_bond(tree).options, ElementsAre(Pair("mode", "6")));
}

TEST(Sysconfig, ASlaveOptionThatIsNonePointsAtTheSlavesFile) {
  SysconfigTree tree;
  tree.script("ifcfg-bond0", "DEVICE=bond0\nBONDING_OPTS=mode=1\n");
  tree.script("ifcfg-eth0", "DEVICE=eth0\nMASTER=bond0\nSLAVE=yes\nBOND_PORT_PRIO=high\n");
  EXPECT_THAT(tree.notes(), testing::StartsWith("ifcfg-eth0:4: BOND_PORT_PRIO: "));
  EXPECT_THAT(tree.notes(), HasSubstr("prio"));
}

}  // namespace
}  // namespace ebond::config
