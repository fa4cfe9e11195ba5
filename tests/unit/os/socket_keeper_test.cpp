// Sockets that another process has, too, so that it is the one that closes them: the real one. A pipe stands
// for a socket, as its other end tells when nobody has it any more.
#include "os/socket_keeper.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <iterator>
#include <vector>

namespace ebond::os {
namespace {

SocketKeeper started() {
  auto keeper = SocketKeeper::start(true);
  EXPECT_TRUE(keeper) << keeper.error().message();
  return std::move(*keeper);
}

/// What can be kept, and an end that is not.
struct Pipe {
  UniqueFd watched, kept;
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    watched.reset(ends[0]);
    kept.reset(ends[1]);
  }
  bool is_held(int milliseconds = 0) const {
    pollfd end{watched.get(), POLLIN, 0};
    return ::poll(&end, 1, milliseconds) == 0;
  }
  bool is_let_go() const { return !is_held(20'000); }
};

TEST(SocketKeeper, HoldsWhatIsClosedHere) {
  const auto keeper = started();
  Pipe pipe;
  auto hold = keeper.keep(pipe.kept.get());
  pipe.kept.reset();
  EXPECT_TRUE(pipe.is_held());
  hold.end();
  EXPECT_TRUE(pipe.is_let_go());
}

TEST(SocketKeeper, LetsGoOfThatOneAlone) {
  const auto keeper = started();
  Pipe first, second, third;
  auto of_first = keeper.keep(first.kept.get());
  first.kept.reset();
  // The same number as the first one had.
  auto of_second = keeper.keep(second.kept.get());
  second.kept.reset();
  {
    const auto of_third = keeper.keep(third.kept.get());
  }
  EXPECT_TRUE(third.is_held()) << "it is open here";
  third.kept.reset();
  EXPECT_TRUE(third.is_let_go());
  EXPECT_TRUE(first.is_held());
  of_first = std::move(of_second);
  EXPECT_TRUE(first.is_let_go());
  EXPECT_TRUE(second.is_held());
}

TEST(SocketKeeper, HasNothingElse) {
  Pipe before;
  const auto keeper = started();
  Pipe after;
  before.kept.reset();
  after.kept.reset();
  EXPECT_TRUE(before.is_let_go());
  EXPECT_TRUE(after.is_let_go());
}

TEST(SocketKeeper, EndsWithItsOwnerHoweverThatEnds) {
  Pipe pipe, ready;
  const pid_t owner = ::fork();
  ASSERT_GE(owner, 0);
  if (owner == 0) {
    const auto keeper = SocketKeeper::start(true);
    const auto hold = keeper->keep(pipe.kept.get());
    (void)!::write(ready.kept.get(), "r", 1);
    for (;;) ::pause();
  }
  pipe.kept.reset();
  ASSERT_FALSE(ready.is_held(20'000));
  EXPECT_TRUE(pipe.is_held());
  ::kill(owner, SIGKILL);
  ASSERT_EQ(::waitpid(owner, nullptr, 0), owner);
  EXPECT_TRUE(pipe.is_let_go());
}

/// Of this thread.
std::vector<pid_t> children() {
  std::ifstream all("/proc/thread-self/children");
  return {std::istream_iterator<pid_t>(all), {}};
}

TEST(SocketKeeper, IsNotMissed) {
  const auto others = children();
  const auto keeper = started();
  for (const auto each : children()) {
    if (std::ranges::find(others, each) != others.end()) continue;
    ASSERT_EQ(::kill(each, SIGKILL), 0);
    ASSERT_EQ(::waitpid(each, nullptr, 0), each);
  }
  Pipe pipe;
  auto hold = keeper.keep(pipe.kept.get());
  pipe.kept.reset();
  EXPECT_TRUE(pipe.is_let_go());
  hold.end();
}

}  // namespace
}  // namespace ebond::os
