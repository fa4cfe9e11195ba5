// A daemon's end, which the closing of its packet sockets does not hold up: that takes the kernel some 13 ms
// for each of them, and is left to a process beside it.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "os/file.h"
#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class End : public OneSwitch {
 protected:
  /// The process beside the daemon, stopped while this lives.
  class Stopped {
   public:
    explicit Stopped(pid_t keeper) : keeper_(keeper) { ::kill(keeper_, SIGSTOP); }
    ~Stopped() { ::kill(keeper_, SIGCONT); }

   private:
    pid_t keeper_;
  };
  pid_t keeper() const {
    const auto task = fmt::format("/proc/{0}/task/{0}/children", ebond.pid());
    std::istringstream children(os::read_file(task).value_or(""));
    for (pid_t each = 0; children >> each;) {
      if (os::read_file(fmt::format("/proc/{}/comm", each)).value_or("") == "ebond-keeper\n") return each;
    }
    return 0;
  }
  /// Of all processes in the server's network, by the numbers of their interfaces: 0 for one that only sends.
  std::size_t packet_sockets() {
    const auto all = server.must_run({"cat", "/proc/net/packet"});
    return static_cast<std::size_t>(std::ranges::count(all, '\n')) - 1;
  }
  std::string groups_of(const std::string& interface) {
    return server.must_run({"ip", "maddress", "show", "dev", interface});
  }
};

class EndBy : public End, public testing::WithParamInterface<int> {};

TEST_P(EndBy, DoesNotWaitForItsPacketSockets) {
  bond({"mode", "802.3ad"});
  const auto held = packet_sockets();
  ASSERT_GE(held, 2 * 4 + 1U) << "LACPDUs, Markers, LLDP and CDP of each slave, and what sends";
  const auto old = keeper();
  ASSERT_NE(old, 0);
  {
    const Stopped still_has_them(old);
    ebond.kill(GetParam());
    EXPECT_EQ(packet_sockets(), held);
    // The lock and the door are free.
    ebond.start();
    EXPECT_EQ(packet_sockets(), 2 * held);
  }
  EXPECT_TRUE(eventually([&] { return packet_sockets() == held; }));
  EXPECT_TRUE(eventually([&] { return !fs::exists(fmt::format("/proc/{}", old)); }));
  EXPECT_NE(keeper(), old);
}

INSTANTIATE_TEST_SUITE_P(Signals, EndBy, testing::Values(SIGKILL, SIGTERM));

TEST_F(End, OfABondDoesNotWaitForItsPacketSockets) {
  const auto slow_protocols = HasSubstr("01:80:c2:00:00:02");
  bond({"mode", "802.3ad"});
  const auto held = packet_sockets();
  ASSERT_THAT(groups_of("eth0"), slow_protocols);
  {
    const Stopped still_has_them(keeper());
    ebond.must_run(server, {"del", "bond0"});
    EXPECT_GE(packet_sockets(), held - 1);
    EXPECT_THAT(groups_of("eth0"), Not(slow_protocols)) << "the card is told at once";
  }
  EXPECT_TRUE(eventually([&] { return packet_sockets() == 0; }));
}

}  // namespace
}  // namespace ebond::lab
