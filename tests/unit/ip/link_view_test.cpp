#include "cli/ip/link_view.h"

#include <gmock/gmock.h>
#include <linux/if.h>
#include <linux/if_bonding.h>
#include <linux/if_link.h>

#include <nlohmann/json.hpp>

namespace ebond::cli::ip {
namespace {

using nlohmann::json;

Bonds bond0_with_eth0() {
  return Bonds(json::array({{{"ifname", "bond0"},
                             {"ifindex", 9},
                             {"mode", "active-backup"},
                             {"active_slave", "eth0"},
                             {"options", {{"miimon", 100}}},
                             {"slaves", {{{"ifname", "eth0"}, {"ifindex", 3}, {"state", "ACTIVE"}}}}}}));
}

struct Told {
  int ifindex;
  std::string kind = "veth";
  std::uint32_t other_end = 0;
  bool in_a_list = true;
};

Bytes link(const Told& told) {
  AttributeWriter out;
  out.put_text(IFLA_IFNAME, "x");
  out.put_number(IFLA_OPERSTATE, std::uint8_t{IF_OPER_LOWERLAYERDOWN});
  if (told.other_end != 0) out.put_number(IFLA_LINK, told.other_end);
  if (!told.kind.empty()) {
    out.nest(IFLA_LINKINFO, [&](AttributeWriter& info) { info.put_text(IFLA_INFO_KIND, told.kind); });
  }
  nlmsghdr header{};
  header.nlmsg_type = RTM_NEWLINK;
  header.nlmsg_flags = told.in_a_list ? NLM_F_MULTI : 0;
  ifinfomsg info{};
  info.ifi_index = told.ifindex;
  info.ifi_flags = IFF_UP;
  return write_link(header, info, out.bytes());
}

Bytes lower_half_of_one_elsewhere(const std::string& alias) {
  AttributeWriter out;
  out.put_number(IFLA_LINK, std::uint32_t{2});
  out.put_number(IFLA_LINK_NETNSID, std::uint32_t{0});
  out.put_text(IFLA_IFALIAS, alias);
  out.nest(IFLA_LINKINFO, [](AttributeWriter& info) { info.put_text(IFLA_INFO_KIND, "veth"); });
  nlmsghdr header{};
  header.nlmsg_type = RTM_NEWLINK;
  header.nlmsg_flags = NLM_F_MULTI;
  ifinfomsg info{};
  info.ifi_index = 8;
  return write_link(header, info, out.bytes());
}

Attributes info_in(const LinkMessage& message) {
  const auto* info = find(message.attributes, IFLA_LINKINFO);
  return info ? read_attributes(info->value) : Attributes();
}

TEST(LinkView, TakesNoInterfaceForASlaveThatHasItsNumberElsewhere) {
  const Bonds bonds(json::array({{{"ifname", "bond0"},
                                  {"ifindex", 9},
                                  {"mode", "active-backup"},
                                  {"options", json::object()},
                                  {"slaves_netns", "bond-bond0"},
                                  {"slaves", {{{"ifname", "eth0"}, {"ifindex", 3}, {"state", "ACTIVE"}}}}}}));
  EXPECT_EQ(bonds.membership(3).slave, nullptr);
  ASSERT_NE(bonds.bond(9), nullptr);
  EXPECT_EQ(bonds.bond(9)->slaves.size(), 1U);
}

TEST(LinkView, ShowsABondAsTheDriverWould) {
  const auto bytes = retold(link({.ifindex = 9, .other_end = 8}), bond0_with_eth0());
  const auto told = read_link(bytes);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->info.ifi_flags, unsigned{IFF_UP | IFF_MASTER});
  EXPECT_FALSE(contains(told->attributes, IFLA_LINK));
  EXPECT_EQ(number_in<std::uint8_t>(told->attributes, IFLA_OPERSTATE), IF_OPER_DOWN);
  const auto info = info_in(*told);
  EXPECT_EQ(text_in(info, IFLA_INFO_KIND), "bond");
  const auto data = read_attributes(find(info, IFLA_INFO_DATA)->value);
  EXPECT_EQ(number_in<std::uint32_t>(data, IFLA_BOND_MIIMON), 100U);
  EXPECT_EQ(number_in<std::uint32_t>(data, IFLA_BOND_ACTIVE_SLAVE), 3U);
}

TEST(LinkView, ShowsASlaveWithItsMasterAndItsOwnKind) {
  const auto bytes = retold(link({.ifindex = 3}), bond0_with_eth0());
  const auto told = read_link(bytes);
  EXPECT_EQ(told->info.ifi_flags, unsigned{IFF_UP | IFF_SLAVE});
  EXPECT_EQ(number_in<std::uint32_t>(told->attributes, IFLA_MASTER), 9U);
  EXPECT_EQ(number_in<std::uint8_t>(told->attributes, IFLA_OPERSTATE), IF_OPER_LOWERLAYERDOWN);
  const auto info = info_in(*told);
  EXPECT_EQ(text_in(info, IFLA_INFO_KIND), "veth");
  EXPECT_EQ(text_in(info, IFLA_INFO_SLAVE_KIND), "bond");
  EXPECT_EQ(number_in<std::uint8_t>(read_attributes(find(info, IFLA_INFO_SLAVE_DATA)->value),
                                    IFLA_BOND_SLAVE_STATE),
            0);
}

TEST(LinkView, ShowsASlaveThatHasNoKind) {
  const auto bytes = retold(link({.ifindex = 3, .kind = ""}), bond0_with_eth0());
  EXPECT_EQ(text_in(info_in(*read_link(bytes)), IFLA_INFO_SLAVE_KIND), "bond");
}

TEST(LinkView, HidesTheLowerHalfInAListAlone) {
  EXPECT_TRUE(retold(link({.ifindex = 8, .other_end = 9}), bond0_with_eth0()).empty());
  EXPECT_FALSE(retold(link({.ifindex = 8, .other_end = 9, .in_a_list = false}), bond0_with_eth0()).empty());
  EXPECT_FALSE(retold(link({.ifindex = 8, .kind = "vlan", .other_end = 9}), bond0_with_eth0()).empty());
}

TEST(LinkView, ShowsASlaveWhoseBondStandsElsewhereWithoutAMasterAndHidesTheLowerHalf) {
  const Bonds away(json::array({{{"ifname", "bond0"},
                                 {"ifindex", 0},
                                 {"away", {{"netns", "web"}, {"ifname", "bond0"}, {"ifindex", 2}}},
                                 {"mode", "active-backup"},
                                 {"options", json::object()},
                                 {"slaves", {{{"ifname", "eth0"}, {"ifindex", 3}, {"state", "ACTIVE"}}}}}}));
  const auto bytes = retold(link({.ifindex = 3}), away);
  const auto told = read_link(bytes);
  EXPECT_EQ(told->info.ifi_flags, unsigned{IFF_UP | IFF_SLAVE});
  EXPECT_FALSE(contains(told->attributes, IFLA_MASTER));
  EXPECT_EQ(text_in(info_in(*told), IFLA_INFO_SLAVE_KIND), "bond");
  EXPECT_TRUE(
      retold(lower_half_of_one_elsewhere("lower half of bond0, 9f86d081884c7d65 (ebond)"), away).empty());
  EXPECT_FALSE(retold(lower_half_of_one_elsewhere("uplink of a container"), away).empty());
}

TEST(LinkView, LeavesAllOthersAsTheyAre) {
  auto datagram = link({.ifindex = 5, .other_end = 4});
  const auto end = answer_to({}, 1, 0, {});
  datagram.insert(datagram.end(), end.begin(), end.end());
  EXPECT_EQ(retold(datagram, bond0_with_eth0()), datagram);
}

TEST(LinkView, ShowsABondInABridgeWithBoth) {
  AttributeWriter out;
  out.put_number(IFLA_MASTER, std::uint32_t{20});
  out.nest(IFLA_LINKINFO, [](AttributeWriter& info) {
    info.put_text(IFLA_INFO_KIND, "veth");
    info.put_text(IFLA_INFO_SLAVE_KIND, "bridge");
  });
  nlmsghdr header{};
  header.nlmsg_type = RTM_NEWLINK;
  ifinfomsg info{};
  info.ifi_index = 9;
  const auto bytes = retold(write_link(header, info, out.bytes()), bond0_with_eth0());
  const auto told = read_link(bytes);
  EXPECT_EQ(number_in<std::uint32_t>(told->attributes, IFLA_MASTER), 20U);
  EXPECT_EQ(text_in(info_in(*told), IFLA_INFO_KIND), "bond");
  EXPECT_EQ(text_in(info_in(*told), IFLA_INFO_SLAVE_KIND), "bridge");
}

TEST(LinkView, AsksForAllLinksWhereTheKernelWouldFilterByWhatItKnowsOfBonds) {
  AttributeWriter out;
  out.put_number(IFLA_MASTER, std::uint32_t{9});
  out.put_number(IFLA_EXT_MASK, std::uint32_t{9});
  out.nest(IFLA_LINKINFO, [](AttributeWriter& info) { info.put_text(IFLA_INFO_KIND, "bond"); });
  nlmsghdr header{};
  header.nlmsg_type = RTM_GETLINK;
  const auto bytes = without_filters(write_link(header, {}, out.bytes()));
  const auto asked = read_link(bytes);
  ASSERT_EQ(asked->attributes.size(), 1U);
  EXPECT_EQ(asked->attributes[0].type, IFLA_EXT_MASK);
}

// Statistics

Bonds lacp_bond() {
  const auto slave = [](const char* name, int ifindex, int received) {
    return json{{"ifname", name},
                {"ifindex", ifindex},
                {"lacp_frames",
                 {{"lacpdu_rx", received}, {"lacpdu_tx", 2}, {"illegal_rx", 1}, {"marker_response_tx", 5}}}};
  };
  return Bonds(json::array({{{"ifname", "bond0"},
                             {"ifindex", 9},
                             {"mode", "802.3ad"},
                             {"options", json::object()},
                             {"slaves", {slave("eth0", 3, 10), slave("eth1", 4, 20)}}}}));
}

Bytes stats(std::uint32_t ifindex, std::uint32_t wanted) {
  nlmsghdr header{};
  header.nlmsg_type = RTM_NEWSTATS;
  header.nlmsg_flags = NLM_F_MULTI;
  if_stats_msg info{};
  info.ifindex = ifindex;
  info.filter_mask = IFLA_STATS_FILTER_BIT(wanted);
  return write_stats(header, info, {});
}

/// By the numbers of BOND_3AD_STAT_*; empty if nothing is told.
std::vector<std::uint64_t> counters_in(const Bytes& datagram, std::uint16_t attribute) {
  const auto message = read_stats(datagram);
  const auto* outer = message ? find(message->attributes, attribute) : nullptr;
  if (outer == nullptr) return {};
  const auto types = read_attributes(outer->value);
  const auto* bond = find(types, LINK_XSTATS_TYPE_BOND);
  const auto modes = bond ? read_attributes(bond->value) : Attributes();
  const auto* values = find(modes, BOND_XSTATS_3AD);
  std::vector<std::uint64_t> counters;
  for (const auto& each : values ? read_attributes(values->value) : Attributes()) {
    EXPECT_EQ(each.type, counters.size());
    counters.push_back(number_in<std::uint64_t>(each.value).value_or(0));
  }
  return counters;
}

TEST(LinkView, TellsTheCountersOfABondsPortsTogether) {
  const auto told = retold(stats(9, IFLA_STATS_LINK_XSTATS), lacp_bond());
  EXPECT_THAT(counters_in(told, IFLA_STATS_LINK_XSTATS), testing::ElementsAre(30, 4, 0, 2, 0, 0, 0, 10, 0));
}

TEST(LinkView, TellsTheCountersOfAPortIfThoseOfSlavesAreAskedFor) {
  const auto told = retold(stats(3, IFLA_STATS_LINK_XSTATS_SLAVE), lacp_bond());
  EXPECT_THAT(counters_in(told, IFLA_STATS_LINK_XSTATS_SLAVE),
              testing::ElementsAre(10, 2, 0, 1, 0, 0, 0, 5, 0));
  EXPECT_EQ(retold(stats(3, IFLA_STATS_LINK_XSTATS), lacp_bond()), stats(3, IFLA_STATS_LINK_XSTATS));
  EXPECT_EQ(retold(stats(9, IFLA_STATS_LINK_64), lacp_bond()), stats(9, IFLA_STATS_LINK_64));
}

TEST(LinkView, HasNoCountersOfABondWithoutLacpAsTheDriver) {
  const auto told = retold(stats(9, IFLA_STATS_LINK_XSTATS), bond0_with_eth0());
  const auto message = read_stats(told);
  const auto* outer = find(message->attributes, IFLA_STATS_LINK_XSTATS);
  ASSERT_NE(outer, nullptr);
  const auto types = read_attributes(outer->value);
  ASSERT_NE(find(types, LINK_XSTATS_TYPE_BOND), nullptr);
  EXPECT_TRUE(find(types, LINK_XSTATS_TYPE_BOND)->value.empty());
}

}  // namespace
}  // namespace ebond::cli::ip
