#include "control/descriptor_passing.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cstring>

namespace ebond::control {
namespace {

class SocketPair : public testing::Test {
 protected:
  SocketPair() {
    int both[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both), 0);
    near.reset(both[0]);
    far.reset(both[1]);
  }

  static ino_t inode(int fd) {
    struct stat info{};
    EXPECT_EQ(::fstat(fd, &info), 0);
    return info.st_ino;
  }

  os::UniqueFd near, far;
  std::array<char, 64> space{};
};

using DescriptorPassing = SocketPair;

TEST_F(DescriptorPassing, BringsADescriptorOfTheSameFileWithTheBytes) {
  const os::UniqueFd own(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(send_with_descriptor(near.get(), "hello", own.get()));
  auto received = receive_with_descriptor(far.get(), space);
  ASSERT_TRUE(received);
  EXPECT_EQ(std::string_view(space.data(), received->bytes), "hello");
  ASSERT_TRUE(received->descriptor);
  EXPECT_NE(received->descriptor.get(), own.get());
  EXPECT_EQ(inode(received->descriptor.get()), inode(own.get()));
  EXPECT_TRUE(::fcntl(received->descriptor.get(), F_GETFD) & FD_CLOEXEC);
}

TEST_F(DescriptorPassing, SendsBytesAlone) {
  ASSERT_TRUE(send_with_descriptor(near.get(), "hello", -1));
  const auto received = receive_with_descriptor(far.get(), space);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->bytes, 5u);
  EXPECT_FALSE(received->descriptor);
}

TEST_F(DescriptorPassing, TellsTheEndOfTheStream) {
  near.reset();
  const auto received = receive_with_descriptor(far.get(), space);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->bytes, 0u);
}

TEST_F(DescriptorPassing, RefusesTwoDescriptorsAndKeepsNeither) {
  std::array<int, 2> both{near.get(), far.get()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof both)] = {};
  iovec part{const_cast<char*>("x"), 1};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  auto* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof both);
  std::memcpy(CMSG_DATA(header), both.data(), sizeof both);
  ASSERT_EQ(::sendmsg(near.get(), &message, 0), 1);

  const int next_free = ::dup(near.get());
  ::close(next_free);
  const auto received = receive_with_descriptor(far.get(), space);
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error(), std::errc::bad_message);
  const int still_free = ::dup(near.get());
  ::close(still_free);
  EXPECT_EQ(still_free, next_free) << "a received descriptor leaked";
}

TEST_F(DescriptorPassing, ReportsABrokenPipeWithoutASignal) {
  far.reset();
  const auto sent = send_with_descriptor(near.get(), "x", -1);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error(), std::errc::broken_pipe);
}

TEST_F(DescriptorPassing, KnowsThePeer) {
  const auto peer = peer_of(near.get());
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->pid, ::getpid());
  EXPECT_EQ(peer->uid, ::geteuid());
}

TEST(NetworkNamespace, IsToldFromAnyOtherFile) {
  const os::UniqueFd net(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  const os::UniqueFd mount(::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC));
  const os::UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_TRUE(is_network_namespace(net.get()));
  EXPECT_FALSE(is_network_namespace(mount.get()));
  EXPECT_FALSE(is_network_namespace(null.get()));
}

}  // namespace
}  // namespace ebond::control
