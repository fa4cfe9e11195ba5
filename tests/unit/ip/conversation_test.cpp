#include "cli/ip/conversation.h"

#include <gmock/gmock.h>

#include <array>

namespace ebond::cli::ip {
namespace {

struct Reader {
  std::array<std::uint8_t, 8> space{};
  sockaddr_nl from{};
  iovec part{space.data(), space.size()};
  msghdr message{};
  Reader() {
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
  }
};

TEST(Conversation, LooksWithoutTakingAndTellsTheWholeLength) {
  Conversation conversation;
  conversation.inbox.push_back(Bytes(20, 7));
  Reader reader;
  reader.part.iov_len = 0;
  EXPECT_EQ(deliver(conversation, reader.message, MSG_PEEK | MSG_TRUNC), 20);
  EXPECT_EQ(conversation.inbox.size(), 1U);
}

TEST(Conversation, TakesOneDatagramAndSaysWhereItWasCut) {
  Conversation conversation;
  conversation.inbox = {Bytes(20, 7), Bytes(4, 9)};
  Reader reader;
  EXPECT_EQ(deliver(conversation, reader.message, 0), 8);
  EXPECT_NE(reader.message.msg_flags & MSG_TRUNC, 0);
  EXPECT_EQ(deliver(conversation, reader.message, 0), 4);
  EXPECT_EQ(reader.message.msg_flags & MSG_TRUNC, 0);
  EXPECT_EQ(reader.space[0], 9);
  EXPECT_TRUE(conversation.inbox.empty());
}

TEST(Conversation, ComesFromTheKernel) {
  Conversation conversation;
  conversation.inbox.push_back(Bytes(4, 7));
  Reader reader;
  reader.from.nl_pid = 5;
  (void)deliver(conversation, reader.message, 0);
  EXPECT_EQ(reader.from.nl_family, AF_NETLINK);
  EXPECT_EQ(reader.from.nl_pid, 0U);
  EXPECT_EQ(reader.message.msg_namelen, sizeof(sockaddr_nl));
}

}  // namespace
}  // namespace ebond::cli::ip
