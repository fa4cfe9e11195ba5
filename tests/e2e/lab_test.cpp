// The lab measures others, so it is measured first.
#include "lab/lab.h"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>

#include "lab/leftovers.h"
#include "lab/stream.h"
#include "lab/throughput.h"

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

//   client eth0 ----------- eth0 server
class TwoHosts : public ::testing::Test {
 protected:
  Lab lab;
  Host& client = lab.host("client");
  Host& server = lab.host("server");
  Cable& cable = lab.cable(client, "eth0", server, "eth0");
  void SetUp() override {
    client.add_address("eth0", "192.0.2.1/24");
    server.add_address("eth0", "192.0.2.2/24");
  }
};

TEST_F(TwoHosts, APulledCableTakesTheNearEndsCarrierAndAPluggedOneGivesItBack) {
  EXPECT_TRUE(client.link("eth0").carrier());
  cable.pull();
  EXPECT_FALSE(client.link("eth0").carrier());
  EXPECT_TRUE(client.link("eth0").is_up());
  cable.plug();
  EXPECT_TRUE(client.link("eth0").carrier());
}

TEST_F(TwoHosts, AStreamThroughAWholeCableLosesNothingAndIsNoFasterThanAsked) {
  const auto begin = Clock::now();
  Stream stream(client, server, "192.0.2.2");
  stream.wait_for_arrivals(1000);
  EXPECT_GE(Clock::now() - begin, 990ms);
  const auto report = stream.stop();
  EXPECT_GE(report.sent, 1000U);
  EXPECT_EQ(report.lost, 0U);
  EXPECT_EQ(report.duplicates, 0U);
  EXPECT_EQ(report.reordered, 0U);
}

TEST_F(TwoHosts, AStreamCountsWhatAPulledCableLostAndWhen) {
  Stream stream(client, server, "192.0.2.2");
  stream.wait_for_arrivals(100);
  const auto through = Clock::now();  // what was sent by now has arrived before what is waited for next
  stream.wait_for_arrivals(50);
  cable.pull();
  const auto pulled = Clock::now();
  stream.wait_for_sent(200);
  const auto plugging = Clock::now();
  cable.plug();
  stream.wait_for_arrivals(1);
  const auto back = Clock::now();
  stream.wait_for_arrivals(100);
  const auto report = stream.stop();
  EXPECT_EQ(stream.lost_between(Clock::time_point::min(), through), 0U);
  EXPECT_GE(stream.sent_between(pulled, plugging), 198U);
  EXPECT_EQ(stream.lost_between(pulled, plugging), stream.sent_between(pulled, plugging));
  EXPECT_EQ(stream.lost_between(back, Clock::time_point::max()), 0U);
  EXPECT_GE(report.lost, stream.lost_between(pulled, plugging));
  EXPECT_GE(report.longest_gap_ms, std::chrono::duration<double>(plugging - pulled) / 1ms);
}

TEST_F(TwoHosts, ALossyCableLosesItsShareInOneDirectionOnly) {
  cable.lose(Cable::Direction::to_far, 0.2);
  Stream out(client, server, "192.0.2.2", {.frames_per_second = 4000});
  Stream back(server, client, "192.0.2.1", {.frames_per_second = 1000});
  out.wait_for_sent(4000);
  const auto lossy = out.stop();
  EXPECT_NEAR(static_cast<double>(lossy.lost) / static_cast<double>(lossy.sent), 0.2, 0.04);
  EXPECT_EQ(back.stop().lost, 0U);
  cable.lose_nothing();
  Stream whole(client, server, "192.0.2.2");
  whole.wait_for_arrivals(300);
  EXPECT_EQ(whole.stop().lost, 0U);
}

TEST_F(TwoHosts, ADeadDirectionKeepsItsCarrierAndLetsNothingThrough) {
  cable.lose(Cable::Direction::to_near, 1);
  EXPECT_TRUE(client.link("eth0").carrier());
  EXPECT_THROW(Stream(server, client, "192.0.2.1", {.wait_for_path = 300ms}), std::runtime_error);
}

// A sender that is not let run leaves the cable idle, so the best of some measurements is looked at.
TEST_F(TwoHosts, AShapedCableCarriesItsRateAndNoMore) {
  const auto best = [](auto measure, double wanted) {
    double most = 0;
    for (int attempt = 0; attempt < 5 && most < wanted; ++attempt) most = std::max(most, measure().mbps);
    return most;
  };
  const auto udp = [&] { return measure_udp(client, server, "192.0.2.2", 1s); };
  for (const double mbps : {20.0, 50.0}) {
    cable.shape(mbps);
    EXPECT_NEAR(best(udp, mbps * 0.95), mbps, mbps * 0.1);
  }
  EXPECT_NEAR(best([&] { return measure_tcp(client, server, "192.0.2.2", 1500ms); }, 45), 50, 6);
  cable.unshape();
  EXPECT_GT(best([&] { return measure_udp(client, server, "192.0.2.2", 300ms); }, 150), 100);
}

TEST_F(TwoHosts, CommandsRunInTheirHost) {
  EXPECT_THAT(client.must_run({"ip", "-br", "address", "show", "eth0"}), HasSubstr("192.0.2.1/24"));
  EXPECT_EQ(client.run({"false"}).exit_code, 1);
  EXPECT_THROW(client.must_run({"false"}), std::runtime_error);
  EXPECT_THROW(client.run({"there-is-no-such-program"}), std::system_error);
  auto sleeper = client.start({"sleep", "60"});
  EXPECT_TRUE(sleeper.running());
  sleeper.signal(SIGKILL);
  EXPECT_EQ(sleeper.wait(30s), 128 + SIGKILL);
}

TEST(LabTest, ASwitchJoinsItsPorts) {
  Lab lab;
  auto& client = lab.host("client");
  auto& server = lab.host("server");
  auto& sw = lab.switch_("sw");
  lab.cable(client, "eth0", sw);
  lab.cable(server, "eth0", sw);
  client.add_address("eth0", "2001:db8::1/64");
  server.add_address("eth0", "2001:db8::2/64");
  Stream stream(client, server, "2001:db8::2");
  stream.wait_for_arrivals(300);
  EXPECT_EQ(stream.stop().lost, 0U);
}

TEST(LabTest, DrawsItself) {
  Lab lab;
  auto& host = lab.host("server");
  auto& sw = lab.switch_("sw");
  lab.cable(host, "eth0", sw);
  auto& second = lab.cable(host, "eth1", sw);
  second.shape(50);
  second.pull();
  EXPECT_EQ(lab.draw(),
            "  +--------+                       +----+\n"
            "  | server | eth0 ------------- p1 | sw |\n"
            "  |        | eth1 -----x x----- p2 |    |  pulled, 50 Mbit/s\n"
            "  +--------+                       +----+\n");
}

bool exists(const std::string& netns) {
  return std::filesystem::exists("/run/netns/" + netns);
}

TEST(LabTest, ALabThatEndsTakesItsNamespacesWithIt) {
  std::string name;
  {
    Lab lab;
    name = lab.host("gone").netns_name();
    EXPECT_TRUE(exists(name));
  }
  EXPECT_FALSE(exists(name));
}

/// A child process that makes a host, waits, and dies of `signal`.
std::string netns_of_a_lab_that_dies_of(int signal) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::signal(signal, SIG_DFL);  // who runs us may have it ignored
    const Host host("doomed");
    ::raise(signal);
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal);
  return std::string(kNamespacePrefix) + std::to_string(pid) + "-doomed";
}

TEST(LabTest, ASignalLeavesNothingBehind) {
  EXPECT_FALSE(exists(netns_of_a_lab_that_dies_of(SIGTERM)));
  EXPECT_FALSE(exists(netns_of_a_lab_that_dies_of(SIGINT)));
}

TEST(LabTest, SweepingRemovesWhatAKilledLabLeftAndNothingThatLives) {
  const Host alive("alive");
  const auto dead = netns_of_a_lab_that_dies_of(SIGKILL);
  EXPECT_TRUE(exists(dead));
  EXPECT_GE(Lab::sweep(), 1);
  EXPECT_FALSE(exists(dead));
  EXPECT_TRUE(exists(alive.netns_name()));
}

}  // namespace
}  // namespace ebond::lab
