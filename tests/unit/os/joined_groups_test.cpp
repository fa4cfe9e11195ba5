#include "os/joined_groups.h"

#include <gtest/gtest.h>

#include <bit>

namespace ebond::os {
namespace {

// As Linux 6 prints them on a little-endian machine.
constexpr auto kIgmp =
    "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n"
    "1\tlo        :     1      V3\n"
    "\t\t\t\t010000E0     1 0:00000000\t\t0\n"
    "4\tbond0     :     4      V2\n"
    "\t\t\t\t030201E8     1 0:00000000\t\t0\n"
    "\t\t\t\t030281EF     1 0:00000000\t\t1\n"
    "\t\t\t\t010000E0     1 0:00000000\t\t0\n"
    "14\tbond0.5   :     1      V3\n"
    "\t\t\t\t050000EF     1 0:00000000\t\t0\n";
constexpr auto kFilter =
    "Idx Device        MCA        SRC    INC    EXC\n"
    "  4  bond0 0xe8010203 0xc6336401      1      0\n"
    "  4  bond0 0xe8010203 0xc6336402      0      1\n"
    "  4  bond0 0xef810203 0xc6336409      1      0\n"
    " 14 bond0. 0xe8010203 0xc6336403      1      0\n";
constexpr auto kIgmp6 =
    "1    lo              ff020000000000000000000000000001     1 0000000C 0\n"
    "4    bond0           ff3e0000000000000000000000001234     1 00000004 0\n"
    "4    bond0           ff0200000000000000000001ff00000a     2 00000004 0\n"
    "4    bond0           ff020000000000000000000000000001     1 0000000C 0\n"
    "4    bond0           ff010000000000000000000000000001     1 00000008 0\n";
constexpr auto kFilter6 =
    "Idx Device                Multicast Address                   Source Address    INC    EXC\n"
    "  4  bond0 ff3e0000000000000000000000001234 20010db800000000000000000000000b      1      0\n";

class JoinedGroupsText : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::endian::native != std::endian::little) GTEST_SKIP() << "the texts are a little-endian machine's";
  }
  JoinedGroups of(std::uint32_t interface) const {
    return parse_joined_groups({kIgmp, kFilter, kIgmp6, kFilter6}, core::IfIndex{interface});
  }
};

TEST_F(JoinedGroupsText, GivesAnInterfacesIpv4GroupsAndItsQueriersVersion) {
  const auto groups = of(4);
  EXPECT_EQ(groups.igmp_version, wire::IgmpVersion::v2);
  const std::vector<JoinedGroup<wire::Ipv4Address>> expected{{{232, 1, 2, 3}, {{198, 51, 100, 1}}},
                                                             {{239, 129, 2, 3}, {}}};
  EXPECT_EQ(groups.ipv4, expected) << "sources only where they are all that may be asked for";
}

TEST_F(JoinedGroupsText, TellsAVlanFromTheBondBelowIt) {
  const auto groups = of(14);
  EXPECT_EQ(groups.igmp_version, wire::IgmpVersion::v3);
  ASSERT_EQ(groups.ipv4.size(), 1u);
  EXPECT_EQ(groups.ipv4[0].address, (wire::Ipv4Address{239, 0, 0, 5}));
  EXPECT_TRUE(groups.ipv6.empty());
}

TEST_F(JoinedGroupsText, GivesTheIpv6GroupsThatAreReported) {
  const std::vector<JoinedGroup<wire::Ipv6Address>> expected{
      {*wire::parse_ipv6("ff3e::1234"), {*wire::parse_ipv6("2001:db8::b")}},
      {*wire::parse_ipv6("ff02::1:ff00:a"), {}}};
  EXPECT_EQ(of(4).ipv6, expected);
}

TEST_F(JoinedGroupsText, NeverHasAllHostsOrAllNodes) {
  EXPECT_TRUE(of(1).ipv4.empty());
  EXPECT_TRUE(of(1).ipv6.empty());
}

TEST_F(JoinedGroupsText, IsEmptyForAnInterfaceThatIsNotThere) {
  EXPECT_TRUE(of(99).ipv4.empty());
  EXPECT_TRUE(of(99).ipv6.empty());
}

TEST(JoinedGroups, OfTheRunningKernelCanBeRead) {
  auto where = Namespace::current();
  ASSERT_TRUE(where);
  const auto groups = joined_groups(*where, core::IfIndex{1});
  ASSERT_TRUE(groups) << groups.error().message();
  EXPECT_TRUE(groups->ipv4.empty()) << "loopback is in 224.0.0.1 alone";
}

}  // namespace
}  // namespace ebond::os
