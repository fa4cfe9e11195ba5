#include "cli/ip/netlink_message.h"

#include <gmock/gmock.h>
#include <linux/if_link.h>

namespace ebond::cli::ip {
namespace {

TEST(NetlinkMessage, ReadsBackWhatItWrote) {
  AttributeWriter out;
  out.put_text(IFLA_IFNAME, "eth0");
  out.put_number(IFLA_MTU, std::uint32_t{1400});
  out.nest(IFLA_LINKINFO | NLA_F_NESTED,
           [](AttributeWriter& nest) { nest.put_text(IFLA_INFO_KIND, "veth"); });
  nlmsghdr header{};
  header.nlmsg_type = RTM_NEWLINK;
  ifinfomsg info{};
  info.ifi_index = 7;
  const auto bytes = write_link(header, info, out.bytes());
  const auto link = read_link(bytes);
  ASSERT_TRUE(link);
  EXPECT_EQ(link->info.ifi_index, 7);
  EXPECT_EQ(text_in(link->attributes, IFLA_IFNAME), "eth0");
  EXPECT_EQ(number_in<std::uint32_t>(link->attributes, IFLA_MTU), 1400U);
  const auto* nest = find(link->attributes, IFLA_LINKINFO);
  ASSERT_NE(nest, nullptr);
  EXPECT_EQ(nest->flags, NLA_F_NESTED);
  EXPECT_EQ(text_in(read_attributes(nest->value), IFLA_INFO_KIND), "veth");
  EXPECT_FALSE(number_in<std::uint32_t>(link->attributes, IFLA_TXQLEN));
}

TEST(NetlinkMessage, IsNotFooledByLengthsThatLie) {
  AttributeWriter out;
  out.put_number(IFLA_MTU, std::uint32_t{1400});
  nlmsghdr header{};
  header.nlmsg_type = RTM_NEWLINK;
  auto bytes = write_link(header, {}, out.bytes());
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(read_link(View(bytes).first(size)));
  bytes[NLMSG_LENGTH(sizeof(ifinfomsg))] = 200;  // the attribute's length
  EXPECT_TRUE(read_link(bytes)->attributes.empty());
  bytes[NLMSG_LENGTH(sizeof(ifinfomsg))] = 3;
  EXPECT_TRUE(read_link(bytes)->attributes.empty());
}

TEST(NetlinkMessage, ReadsOnlyMessagesAboutLinks) {
  nlmsghdr header{};
  header.nlmsg_type = RTM_NEWADDR;
  EXPECT_FALSE(read_link(write_link(header, {}, {})));
}

TEST(NetlinkMessage, AnswersWithTheErrorTheSentenceAndTheQuestionsNumber) {
  nlmsghdr request{};
  request.nlmsg_seq = 42;
  const auto bytes = answer_to(request, 4711, -EPERM, "no");
  const auto header = number_in<nlmsghdr>(bytes);
  EXPECT_EQ(header->nlmsg_type, NLMSG_ERROR);
  EXPECT_EQ(header->nlmsg_seq, 42U);
  EXPECT_EQ(header->nlmsg_pid, 4711U);
  EXPECT_EQ(header->nlmsg_len, bytes.size());
  EXPECT_EQ(number_in<int>(View(bytes).subspan(NLMSG_HDRLEN)), -EPERM);
  const auto told = read_attributes(View(bytes).subspan(NLMSG_LENGTH(sizeof(nlmsgerr))));
  EXPECT_EQ(text_in(told, NLMSGERR_ATTR_MSG), "no");
  EXPECT_NE(header->nlmsg_flags & NLM_F_ACK_TLVS, 0);
}

TEST(NetlinkMessage, FindsTheMessagesOfADatagram) {
  Bytes datagram;
  for (int i = 0; i < 3; ++i) {
    const auto one = answer_to({}, 1, 0, {});
    datagram.insert(datagram.end(), one.begin(), one.end());
  }
  EXPECT_EQ(messages_in(datagram).size(), 3U);
  datagram.pop_back();
  EXPECT_EQ(messages_in(datagram).size(), 2U);
}

}  // namespace
}  // namespace ebond::cli::ip
