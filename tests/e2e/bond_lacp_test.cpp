// Mode 802.3ad with frames: two hosts, an ebondd each, cables straight from one to the other (a bridge
// between them would swallow LACP).
//
//   alpha eth0 ----- eth0 beta
//         eth1 ----- eth1
//         eth2 ----- eth2
#include <netpacket/packet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <functional>
#include <numeric>
#include <thread>

#include "lab/must.h"
#include "lab/process_time.h"
#include "os/packet_socket.h"
#include "tests/e2e/lacp_station.h"
#include "wire/lacpdu.h"
#include "wire/marker.h"

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

const Arguments kFast{"lacp_rate", "fast"};
const Arguments kAll{"eth0", "eth1", "eth2"};

class Lacp : public ::testing::Test {
 protected:
  Lab lab;
  Station alpha{lab.host("alpha")};
  Station beta{lab.host("beta")};
  std::array<Cable*, 3> cables{&lab.cable(alpha.host, "eth0", beta.host, "eth0"),
                               &lab.cable(alpha.host, "eth1", beta.host, "eth1"),
                               &lab.cable(alpha.host, "eth2", beta.host, "eth2")};

  bool all_joined(const Arguments& slaves = kAll) {
    return eventually([&] {
      return std::ranges::all_of(
          slaves, [&](const auto& slave) { return alpha.has_joined(slave) && beta.has_joined(slave); });
    });
  }
  void join(const Arguments& options = kFast, const Arguments& slaves = kAll) {
    alpha.make_bond("192.0.2.1/24", options, slaves);
    beta.make_bond("192.0.2.2/24", options, slaves);
    ASSERT_TRUE(all_joined(slaves));
  }
  static std::uint64_t sent_on(const Station& station, const std::string& slave) {
    return station.host.link(slave).counters.tx_packets;
  }
  /// The cable that frames of this flow leave alpha by: whose counter runs.
  Cable& cable_in_use() {
    std::array<std::uint64_t, 3> before{};
    const auto count = [&](std::size_t i) { return sent_on(alpha, kAll[i]); };
    for (std::size_t i = 0; i < 3; ++i) before[i] = count(i);
    std::size_t busiest = 0;
    EXPECT_TRUE(eventually([&] {
      for (std::size_t i = 0; i < 3; ++i) {
        if (count(i) - before[i] >= 100) {
          busiest = i;
          return true;
        }
      }
      return false;
    }));
    return *cables[busiest];
  }
};

TEST_F(Lacp, AllMembersCollectAndDistributeAtBothEndsAndAllOfThemCarry) {
  join();
  for (const auto* station : {&alpha, &beta}) {
    const auto bond = station->bond();
    EXPECT_EQ(bond["verdict"], "ok") << bond["verdict_why"];
    EXPECT_EQ(bond["ad_info"]["num_ports"], 3);
    EXPECT_TRUE(bond["carrier"]);
  }
  EXPECT_EQ(alpha.bond()["ad_info"]["partner_mac"], beta.bond()["ad_info"]["system"]);
  EXPECT_THAT(alpha.proc(), HasSubstr("Aggregator selection policy (ad_select): stable"));
  std::array<std::uint64_t, 3> before{};
  for (std::size_t i = 0; i < 3; ++i) before[i] = sent_on(alpha, kAll[i]);
  EXPECT_TRUE(
      eventually([&] { return alpha.host.run({"ping", "-c", "1", "-W", "1", "192.0.2.2"}).exit_code == 0; }));
  send_flows(alpha.host, "192.0.2.2");
  for (std::size_t i = 0; i < 3; ++i) EXPECT_GT(sent_on(alpha, kAll[i]), before[i] + 10) << kAll[i];
}

TEST_F(Lacp, NoFrameIsLostOrDoubledWhenAMemberJoinsHoweverLateTheDaemons) {
  join(kFast, {"eth0", "eth1"});
  Stream there(alpha.host, beta.host, "192.0.2.2"), back(beta.host, alpha.host, "192.0.2.1", {.port = 7001});
  for (auto* station : {&alpha, &beta}) station->take({"eth2"});
  // Held up around the moment when the wait for other links is over.
  std::this_thread::sleep_for(1900ms);
  ::kill(beta.ebond.pid(), SIGSTOP);
  std::this_thread::sleep_for(400ms);
  ::kill(alpha.ebond.pid(), SIGSTOP);
  ::kill(beta.ebond.pid(), SIGCONT);
  std::this_thread::sleep_for(400ms);
  ::kill(alpha.ebond.pid(), SIGCONT);
  EXPECT_TRUE(all_joined());
  for (auto* stream : {&there, &back}) {
    stream->wait_for_arrivals(500);
    const auto report = stream->stop();
    EXPECT_EQ(report.lost + report.duplicates, 0U) << report.lost << " lost";
  }
}

// One frame at most if the kernel allows the carrier hook, else what is lost until netlink has told; how
// soon that is depends on how busy the machine is: the best of three rounds counts.
TEST_F(Lacp, APulledMemberCostsFewFramesAndRejoinsWithoutTheWaitForOtherLinks) {
  join();
  const bool has_hook = alpha.bond()["link_layer"].get<std::string>().starts_with("carrier hook");
  const std::uint64_t most = has_hook ? 1 : 10;
  const auto waits = [&] {
    const auto log = alpha.ebond.log();
    int count = 0;
    for (std::size_t at = 0; (at = log.find("WAITING (Mux", at)) != std::string::npos; ++at) ++count;
    return count;
  };
  const int waits_before = waits();
  std::optional<std::uint64_t> least;
  for (int round = 0; round < 3 && (!least || *least > most); ++round) {
    Stream stream(alpha.host, beta.host, "192.0.2.2");
    Cable& cable = cable_in_use();
    stream.wait_for_arrivals(1100);  // netlink tells late of a second change within a second
    const auto begin = Clock::now();
    cable.pull();
    EXPECT_TRUE(eventually([&] { return alpha.slave(cable.near().interface)["state"] == "BACKUP"; }));
    const auto moved = Clock::now();
    stream.wait_for_arrivals(200);
    cable.plug();
    EXPECT_TRUE(all_joined());
    stream.wait_for_arrivals(200);
    const auto end = Clock::now();
    stream.stop();
    least = std::min(least.value_or(most + 1000), stream.lost_between(begin, moved));
    EXPECT_EQ(stream.lost_between(moved, end), 0U) << "neither once it had moved nor when it came back";
  }
  RecordProperty("lost_at_pull", static_cast<int>(*least));
  EXPECT_LE(*least, most);
  EXPECT_EQ(waits(), waits_before);
}

TEST_F(Lacp, ASilentPartnerIsDroppedWithinThreeTimeoutPeriods) {
  join();
  const auto silent = Clock::now();
  cables[1]->lose(Cable::Direction::to_near, 1);
  EXPECT_TRUE(eventually([&] { return alpha.slave("eth1")["state"] == "BACKUP"; }));
  EXPECT_LT(Clock::now() - silent, 9s);
  EXPECT_TRUE(eventually([&] { return beta.slave("eth1")["state"] == "BACKUP"; })) << "who is told of it";
  EXPECT_THAT(alpha.slave("eth1")["why_idle"].get<std::string>(), HasSubstr("partner"));
  Stream stream(alpha.host, beta.host, "192.0.2.2");
  stream.wait_for_arrivals(200);
  EXPECT_EQ(stream.stop().lost, 0U);
  cables[1]->lose_nothing();
  EXPECT_TRUE(all_joined());
}

TEST_F(Lacp, AReleasedMemberSaysGoodbyeThoughItsTimeoutWereNinetySeconds) {
  join({"lacp_rate", "slow"});
  alpha.run({"release", "bond0", "eth2"});
  EXPECT_TRUE(eventually([&] { return beta.slave("eth2")["state"] == "BACKUP"; }, 5s));
  alpha.run({"del", "bond0"});
  EXPECT_TRUE(eventually([&] { return beta.slave("eth0")["state"] == "BACKUP"; }, 5s));
}

TEST_F(Lacp, AKilledDaemonsSuccessorGoesOnUnnoticedByThePartner) {
  join();
  const auto before = beta.proc();
  Stream there(alpha.host, beta.host, "192.0.2.2"), back(beta.host, alpha.host, "192.0.2.1", {.port = 7001});
  for (int time = 0; time < 5; ++time) {
    alpha.ebond.kill(SIGKILL);
    std::this_thread::sleep_for(300ms);
    alpha.ebond.start();
    std::this_thread::sleep_for(100ms);
  }
  for (auto* stream : {&there, &back}) EXPECT_EQ(stream->stop().lost, 0U);
  EXPECT_EQ(beta.proc(), before);
  EXPECT_TRUE(all_joined());
}

TEST_F(Lacp, BothEndsKilledAndStartedAtOnceLoseNothing) {
  join();
  Stream there(alpha.host, beta.host, "192.0.2.2"), back(beta.host, alpha.host, "192.0.2.1", {.port = 7001});
  for (const auto gap : {0ms, 0ms, 40ms, 300ms, 900ms, 1500ms}) {
    alpha.ebond.kill(SIGKILL);
    beta.ebond.kill(SIGKILL);
    std::this_thread::sleep_for(gap);
    std::thread beside([&] { beta.ebond.start(); });
    alpha.ebond.start();
    beside.join();
    std::this_thread::sleep_for(500ms);
  }
  for (auto* stream : {&there, &back}) EXPECT_EQ(stream->stop().lost, 0U);
  EXPECT_TRUE(all_joined());
}

TEST_F(Lacp, ADaemonDeadForLongerThanTheTimeoutIsDroppedAndItsSuccessorTakenBack) {
  join();
  alpha.ebond.kill(SIGKILL);
  EXPECT_TRUE(eventually([&] { return beta.slave("eth0")["state"] == "BACKUP"; }));
  alpha.ebond.start();
  EXPECT_TRUE(all_joined());
}

TEST_F(Lacp, WithoutAPartnerOnePortCarries) {
  alpha.make_bond("192.0.2.1/24", kFast, kAll);
  beta.host.add_address("eth0", "192.0.2.2/24");
  EXPECT_TRUE(alpha.bond()["carrier"]);
  EXPECT_TRUE(
      eventually([&] { return alpha.host.run({"ping", "-c", "1", "-W", "1", "192.0.2.2"}).exit_code == 0; }));
  EXPECT_THAT(alpha.run({"show", "bond0"}),
              HasSubstr("partner does not answer LACP: is the switch port in the channel?"));
}

TEST_F(Lacp, StrictWaitsForAPartner) {
  alpha.make_bond("192.0.2.1/24", {"lacp_rate", "fast", "lacp_strict", "on"}, kAll);
  for (const auto until = Clock::now() + 5s; Clock::now() < until; std::this_thread::sleep_for(100ms)) {
    ASSERT_FALSE(alpha.bond()["carrier"]);
  }
  beta.make_bond("192.0.2.2/24", kFast, kAll);
  EXPECT_TRUE(all_joined());
  EXPECT_TRUE(alpha.bond()["carrier"]);
}

TEST_F(Lacp, FallbackCarriesOnTheSlaveChosenWhileNobodySpeaksLacpAndJoinsWhenSomebodyDoes) {
  alpha.make_bond("192.0.2.1/24", {"lacp_rate", "fast", "lacp_strict", "on", "lacp_fallback", "on"}, kAll);
  alpha.run({"set-slave", "eth1", "actor_port_prio", "10"});
  beta.host.add_address("eth1", "192.0.2.2/24");
  EXPECT_TRUE(eventually([&] { return alpha.slave("eth1")["state"] == "ACTIVE"; }));
  EXPECT_TRUE(
      eventually([&] { return alpha.host.run({"ping", "-c", "1", "-W", "1", "192.0.2.2"}).exit_code == 0; }));
  beta.make_bond("192.0.2.2/24", kFast, kAll);
  EXPECT_TRUE(all_joined());
}

/// 100,000 Slow Protocols frames a second into one slave, from the far end of its cable.
/// Counts the frames of some kind that each of a station's slaves receives.
class Ears {
 public:
  using IsIt = std::function<bool(const wire::Bytes&)>;
  Ears(Host& host, std::uint16_t ethertype, IsIt is_it) : is_it_(std::move(is_it)) {
    for (const auto& slave : kAll) {
      const std::array types{ethertype};
      ears_.push_back(must(os::FrameReceiver::open(host.netns(), host.link(slave).ifindex, types)));
      heard_.push_back(0);
    }
  }
  const std::vector<int>& heard() {
    for (std::size_t i = 0; i < ears_.size(); ++i) {
      while (const auto frame = must(ears_[i].receive())) heard_[i] += is_it_(*frame) ? 1 : 0;
    }
    return heard_;
  }

 private:
  IsIt is_it_;
  std::vector<os::FrameReceiver> ears_;
  std::vector<int> heard_;
};

TEST_F(Lacp, NeighboursAreAskedForByEveryMemberOrByOne) {
  join();
  const auto ask = [&](const char* address) {
    (void)alpha.host.run({"ping", "-c", "1", "-W", "1", address});
  };
  const auto asks_for = [](std::uint8_t last) {
    return
        [last](const wire::Bytes& frame) { return frame.size() > 41 && frame[21] == 1 && frame[41] == last; };
  };
  const auto sum = [](const std::vector<int>& counts) {
    return std::accumulate(counts.begin(), counts.end(), 0);
  };
  Ears by_one(beta.host, 0x0806, asks_for(99));
  ask("192.0.2.99");
  ASSERT_TRUE(eventually([&] { return sum(by_one.heard()) > 0; }));
  EXPECT_EQ(std::ranges::count(by_one.heard(), 0), 2);

  alpha.run({"set", "bond0", "broadcast_neighbor", "on"});
  Ears by_all(beta.host, 0x0806, asks_for(98));
  ask("192.0.2.98");
  EXPECT_TRUE(eventually([&] {
    const auto& heard = by_all.heard();
    return heard[0] > 0 && heard[0] == heard[1] && heard[1] == heard[2];
  }));

  alpha.host.must_run({"ip", "address", "add", "2001:db8::1/64", "dev", "bond0", "nodad"});
  constexpr std::uint8_t kSolicitation = 135;
  Ears of_ipv6(beta.host, 0x86dd, [](const wire::Bytes& frame) {
    return frame.size() > 77 && frame[20] == 58 && frame[54] == kSolicitation && frame[77] == 0x97;
  });
  ask("2001:db8::97");
  EXPECT_TRUE(eventually([&] {
    const auto& heard = of_ipv6.heard();
    return heard[0] > 0 && heard[0] == heard[1] && heard[1] == heard[2];
  }));

  // Nothing but neighbours is doubled.
  EXPECT_TRUE(
      eventually([&] { return alpha.host.run({"ping", "-c", "1", "-W", "1", "192.0.2.2"}).exit_code == 0; }));
  Ears of_echoes(beta.host, 0x0800, [](const wire::Bytes& frame) {
    return frame.size() > 34 && frame[23] == 1 && frame[34] == 8;
  });
  alpha.host.must_run({"ping", "-c", "3", "-i", "0.2", "192.0.2.2"});
  EXPECT_TRUE(eventually([&] { return sum(of_echoes.heard()) == 3; }));
}

class Flood {
 public:
  Flood(Host& from, const std::string& interface, std::vector<wire::Bytes> frames)
      : frames_(std::move(frames)) {
    const auto inside = must(os::NamespaceScope::enter(from.netns()));
    fd_ = os::UniqueFd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = static_cast<int>(from.link(interface).ifindex);
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    thread_ = std::thread([this] { pour(); });
  }
  ~Flood() { stop(); }
  std::uint64_t stop() {
    pouring_ = false;
    if (thread_.joinable()) thread_.join();
    return sent_;
  }

 private:
  void pour() {
    constexpr std::size_t kBatch = 100;
    std::array<iovec, kBatch> blocks{};
    std::array<mmsghdr, kBatch> messages{};
    for (std::size_t i = 0; i < kBatch; ++i) {
      auto& frame = frames_[i % frames_.size()];
      blocks[i] = {frame.data(), frame.size()};
      messages[i].msg_hdr.msg_iov = &blocks[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    for (auto next = Clock::now(); pouring_; next += 1ms) {
      std::this_thread::sleep_until(next);
      const int sent = ::sendmmsg(fd_.get(), messages.data(), kBatch, 0);
      if (sent > 0) sent_ += static_cast<std::uint64_t>(sent);
    }
  }
  std::vector<wire::Bytes> frames_;
  os::UniqueFd fd_;
  std::atomic<bool> pouring_{true};
  std::atomic<std::uint64_t> sent_{0};
  std::thread thread_;
};

/// That measures how long answers take.
class LacpUnderAFlood : public Lacp {};

TEST_F(LacpUnderAFlood, DelaysNoCommandAndChangesNoHealthyState) {
  join();
  // The partner's own words again and again, and what is not an LACPDU.
  const auto eth0 = alpha.host.link("eth0").ifindex;
  auto receiver = must(os::FrameReceiver::open_groups(alpha.host.netns(), eth0, wire::kSlowProtocolsEtherType,
                                                      {&wire::kSlowProtocolsGroup, 1}, os::lacpdu_filter()));
  wire::Bytes heard;
  ASSERT_TRUE(eventually([&] {
    if (auto frame = must(receiver.receive())) heard = std::move(*frame);
    return !heard.empty();
  }));
  auto version_zero = heard, marker = heard, short_one = heard;
  version_zero.at(15) = 0;
  marker.at(14) = wire::kMarkerSubtype;
  short_one.resize(60);
  const auto before = alpha.proc();
  const auto partner_before = beta.proc();
  const auto begin = Clock::now();
  Flood flood(beta.host, "eth0", {heard, version_zero, marker, short_one});
  std::vector<Clock::duration> answers;
  while (Clock::now() - begin < 8s) {
    const auto asked = Clock::now();
    const auto text = alpha.proc();
    answers.push_back(Clock::now() - asked);
    ASSERT_EQ(text, before);
    std::this_thread::sleep_for(100ms);
  }
  const auto seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  RecordProperty("frames_per_second", static_cast<int>(static_cast<double>(flood.stop()) / seconds));
  EXPECT_EQ(beta.proc(), partner_before);
  std::ranges::sort(answers);
  EXPECT_LE(answers.at(answers.size() / 2), 100ms * kSlowerByItsBuild);
}

//   alpha eth0 --- left  --- eth0 beta     switches that pass LACP on
//         eth1 --- right --- eth1
class LacpThroughSwitches : public ::testing::Test {
 protected:
  Lab lab;
  Station alpha{lab.host("alpha")};
  Station beta{lab.host("beta")};
  Switch& left = lab.switch_("left");
  Switch& right = lab.switch_("right");
  Cable& left_to_alpha = lab.cable(alpha.host, "eth0", left);
  Cable& left_to_beta = lab.cable(beta.host, "eth0", left);
  Cable& right_to_alpha = lab.cable(alpha.host, "eth1", right);
  Cable& right_to_beta = lab.cable(beta.host, "eth1", right);

  void SetUp() override {
    constexpr auto kPassesLacp = "4";
    for (const auto& [where, cable] :
         {std::pair{&left, &left_to_alpha}, std::pair{&left, &left_to_beta},
          std::pair{&right, &right_to_alpha}, std::pair{&right, &right_to_beta}}) {
      where->must_run({"ip", "link", "set", "dev", cable->far().interface, "type", "bridge_slave",
                       "group_fwd_mask", kPassesLacp});
    }
  }
};

TEST_F(LacpThroughSwitches, AMemberWhosePathIsLostSendsNothingAndStaysInTheAggregate) {
  const Arguments both{"eth0", "eth1"};
  alpha.make_bond(
      "192.0.2.1/24",
      {"lacp_rate", "fast", "arp_interval", "100", "arp_ip_target", "192.0.2.2", "arp_validate", "all"},
      both);
  beta.make_bond("192.0.2.2/24", kFast, both);
  const auto whole = [&] {
    return std::ranges::all_of(both, [&](const auto& slave) {
      return alpha.has_joined(slave) && beta.has_joined(slave) && alpha.slave(slave)["path"].empty();
    });
  };
  ASSERT_TRUE(eventually(whole));
  Stream stream(alpha.host, beta.host, "192.0.2.2");
  stream.wait_for_arrivals(100);

  // ARP asks by broadcast: nobody is asked through this switch any more, while links and LACP stay up.
  const auto flood = [&](const char* how) {
    left.must_run({"bridge", "link", "set", "dev", left_to_beta.far().interface, "bcast_flood", how});
  };
  flood("off");
  EXPECT_TRUE(eventually([&] { return !alpha.slave("eth0")["path"].empty(); }));
  EXPECT_EQ(alpha.slave("eth0")["link_status"], "UP");
  EXPECT_TRUE(alpha.has_joined("eth1"));
  EXPECT_EQ(alpha.bond()["ad_info"]["num_ports"], 2);
  const auto before = alpha.host.link("eth0").counters.tx_packets;
  send_flows(alpha.host, "192.0.2.2");
  stream.wait_for_arrivals(100);
  EXPECT_LT(alpha.host.link("eth0").counters.tx_packets - before, 60) << "half of 192 would be more";
  flood("on");
  EXPECT_TRUE(eventually(whole));
  stream.wait_for_arrivals(100);
}

}  // namespace
}  // namespace ebond::lab
