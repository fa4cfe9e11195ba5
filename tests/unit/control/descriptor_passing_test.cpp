#include "control/descriptor_passing.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

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
  for (int i = 0; i < 500 && unfinished_closings() > 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
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

TEST_F(DescriptorPassing, OfThoseWhoMaySendNoneTouchesNone) {
  ASSERT_TRUE(send_with_descriptor(near.get(), "gift", near.get()));
  for (int i = 0; i < 2; ++i) {
    const auto refused = receive_bytes(far.get(), space);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), std::errc::operation_not_permitted);
  }
  const auto still_there = receive_with_descriptor(far.get(), space);
  ASSERT_TRUE(still_there);
  EXPECT_TRUE(still_there->descriptor);
}

TEST_F(DescriptorPassing, ReadsOthersByteForByteLikeAnySocket) {
  EXPECT_EQ(receive_bytes(far.get(), space).error(), std::errc::resource_unavailable_try_again);
  ASSERT_TRUE(send_with_descriptor(near.get(), "hello", -1));
  EXPECT_EQ(receive_bytes(far.get(), space), 5u);
  near.reset();
  EXPECT_EQ(receive_bytes(far.get(), space), 0u);
}

/// A TCP socket whose close() waits for an answer that nobody will give.
os::UniqueFd slow_to_close() {
  os::UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof here;
  auto* address = reinterpret_cast<sockaddr*>(&here);
  EXPECT_EQ(::bind(listener.get(), address, size) | ::listen(listener.get(), 1), 0);
  EXPECT_EQ(::getsockname(listener.get(), address, &size), 0);
  os::UniqueFd sender(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(sender.get(), address, size), 0);
  static std::vector<os::UniqueFd> readers;  // that read nothing; a connection nobody took would be reset
  readers.emplace_back(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_EQ(::fcntl(sender.get(), F_SETFL, O_NONBLOCK), 0);
  const std::array<char, 65536> much{};
  while (::send(sender.get(), much.data(), much.size(), MSG_NOSIGNAL) > 0) {
  }
  const linger wait{1, 3};
  EXPECT_EQ(::setsockopt(sender.get(), SOL_SOCKET, SO_LINGER, &wait, sizeof wait), 0);
  EXPECT_EQ(::fcntl(sender.get(), F_SETFL, 0), 0);
  return sender;
}

template <class Action>
std::chrono::milliseconds time_of(Action action) {
  const auto begin = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
}

TEST_F(DescriptorPassing, ClosesAFileThatTakesItsTimeElsewhere) {
  using namespace std::chrono_literals;
  ASSERT_GE(time_of([] { slow_to_close().reset(); }), 2900ms)
      << "this file is not slow: the test proves nothing";
  EXPECT_LT(time_of([] { close_elsewhere(slow_to_close()); }), 1000ms);
  EXPECT_EQ(unfinished_closings(), 1u);
  for (int i = 0; i < 500 && unfinished_closings() > 0; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(unfinished_closings(), 0u);
}

TEST_F(DescriptorPassing, EndsASocketWithAGiftInItWithoutWaitingForTheGift) {
  using namespace std::chrono_literals;
  ASSERT_TRUE(send_with_descriptor(near.get(), "first", -1));
  {
    const auto gift = slow_to_close();
    ASSERT_TRUE(send_with_descriptor(near.get(), "gift", gift.get()));
  }
  // The socket holds the only reference now.
  EXPECT_LT(time_of([this] { close_socket(std::move(far)); }), 1000ms);
  EXPECT_EQ(unfinished_closings(), 1u);
  for (int i = 0; i < 500 && unfinished_closings() > 0; ++i) std::this_thread::sleep_for(10ms);
}

TEST_F(DescriptorPassing, EndsAnOrdinarySocketAtOnce) {
  ASSERT_TRUE(send_with_descriptor(near.get(), std::string(50'000, 'x'), -1));
  close_socket(std::move(far));
  EXPECT_EQ(unfinished_closings(), 0u);
  char byte = 0;
  EXPECT_LE(::recv(near.get(), &byte, 1, 0), 0) << "the other end sees it";
}

TEST(NetworkNamespace, IsToldFromAnyOtherFile) {
  const os::UniqueFd net(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  const os::UniqueFd mount(::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC));
  const os::UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  char name[] = "/tmp/net:[4026531840]XXXXXX";
  const os::UniqueFd namesake(::mkstemp(name));
  ::unlink(name);
  EXPECT_TRUE(is_network_namespace(net.get()));
  EXPECT_FALSE(is_network_namespace(namesake.get()));
  EXPECT_FALSE(is_network_namespace(-1));
  EXPECT_FALSE(is_network_namespace(mount.get()));
  EXPECT_FALSE(is_network_namespace(null.get()));
}

}  // namespace
}  // namespace ebond::control
