#include "cli/ip/link_request.h"

#include <gmock/gmock.h>
#include <linux/if_link.h>

namespace ebond::cli::ip {
namespace {

nlmsghdr header(std::uint16_t type, std::uint16_t flags = 0) {
  nlmsghdr result{};
  result.nlmsg_type = type;
  result.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  return result;
}

ifinfomsg on(int ifindex, unsigned flags = 0, unsigned change = 0) {
  ifinfomsg info{};
  info.ifi_index = ifindex;
  info.ifi_flags = flags;
  info.ifi_change = change;
  return info;
}

TEST(LinkRequest, TellsNameKindAndOptionsOfABondToBeMade) {
  AttributeWriter out;
  out.put_text(IFLA_IFNAME, "bond0");
  out.nest(IFLA_LINKINFO, [](AttributeWriter& info) {
    info.put_text(IFLA_INFO_KIND, "bond");
    info.nest(IFLA_INFO_DATA,
              [](AttributeWriter& data) { data.put_number(IFLA_BOND_MODE, std::uint8_t{1}); });
  });
  const auto bytes = write_link(header(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL), on(0), out.bytes());
  const auto request = read_request(bytes);
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->creates());
  EXPECT_EQ(request->name, "bond0");
  EXPECT_EQ(request->kind, "bond");
  EXPECT_EQ(number_in<std::uint8_t>(read_attributes(request->data), IFLA_BOND_MODE), 1);
  EXPECT_FALSE(rest_of_creation(*request, 7));  // nothing of it is the kernel's
}

TEST(LinkRequest, LeavesTheRestOfACreationToTheKernel) {
  AttributeWriter out;
  out.put_text(IFLA_IFNAME, "bond0");
  out.put_number(IFLA_MTU, std::uint32_t{1400});
  out.put_number(IFLA_NUM_TX_QUEUES, std::uint32_t{4});
  out.nest(IFLA_LINKINFO, [](AttributeWriter& info) { info.put_text(IFLA_INFO_KIND, "bond"); });
  const auto bytes = write_link(header(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL), on(0), out.bytes());
  const auto rest = rest_of_creation(*read_request(bytes), 7);
  ASSERT_TRUE(rest);
  const auto link = read_link(*rest);
  EXPECT_EQ(link->info.ifi_index, 7);
  EXPECT_EQ(link->header.nlmsg_flags & (NLM_F_CREATE | NLM_F_EXCL), 0);
  ASSERT_EQ(link->attributes.size(), 1U);
  EXPECT_EQ(link->attributes[0].type, IFLA_MTU);
}

TEST(LinkRequest, KnowsBondSlaveAsIproute2WritesIt) {
  AttributeWriter out;
  out.nest(IFLA_LINKINFO, [](AttributeWriter& info) {
    info.put_text(IFLA_INFO_KIND, "bond_slave");
    info.nest(IFLA_INFO_SLAVE_DATA,
              [](AttributeWriter& data) { data.put_number(IFLA_BOND_SLAVE_QUEUE_ID, std::uint16_t{3}); });
  });
  const auto request = read_request(write_link(header(RTM_NEWLINK), on(3), out.bytes()));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->kind, "");
  EXPECT_EQ(request->slave_kind, "bond");
  EXPECT_EQ(number_in<std::uint16_t>(read_attributes(request->slave_data), IFLA_BOND_SLAVE_QUEUE_ID), 3);
}

TEST(LinkRequest, PartsAMasterFromWhatStandsBesideIt) {
  AttributeWriter out;
  out.put_number(IFLA_MASTER, std::uint32_t{9});
  out.put_number(IFLA_MTU, std::uint32_t{1400});
  const auto bytes = write_link(header(RTM_NEWLINK), on(3, 1, 1), out.bytes());
  const auto request = read_request(bytes);
  EXPECT_EQ(request->master, 9U);
  const auto rest = rest_of(*request, 3);
  ASSERT_TRUE(rest);
  const auto link = read_link(*rest);
  EXPECT_EQ(link->info.ifi_flags, 1U);
  EXPECT_FALSE(contains(link->attributes, IFLA_MASTER));
  EXPECT_TRUE(contains(link->attributes, IFLA_MTU));
}

TEST(LinkRequest, HasNothingLeftForTheKernelInAMasterAlone) {
  AttributeWriter out;
  out.put_number(IFLA_MASTER, std::uint32_t{0});
  const auto bytes = write_link(header(RTM_NEWLINK), on(3), out.bytes());
  const auto request = read_request(bytes);
  EXPECT_EQ(request->master, 0U);
  EXPECT_FALSE(rest_of(*request, 3));
}

TEST(LinkRequest, KnowsANewNameFromTheNameOfTheOneMeant) {
  AttributeWriter out;
  out.put_text(IFLA_IFNAME, "eth7");
  const auto renamed = write_link(header(RTM_NEWLINK), on(3), out.bytes());
  EXPECT_TRUE(rest_of(*read_request(renamed), 3));
  const auto named = write_link(header(RTM_NEWLINK), on(0), out.bytes());
  EXPECT_FALSE(rest_of(*read_request(named), 3));
}

TEST(LinkRequest, IsNoneForQuestions) {
  const auto bytes = write_link(header(RTM_GETLINK, NLM_F_DUMP), on(0), {});
  EXPECT_FALSE(read_request(bytes));
  EXPECT_FALSE(read_request({}));
}

}  // namespace
}  // namespace ebond::cli::ip
