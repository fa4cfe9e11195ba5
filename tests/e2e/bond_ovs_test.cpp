// Mode 802.3ad with a partner nobody here wrote: Open vSwitch, its user-space datapath, its LACP.
//
//   alpha eth0 ----- eth0 ovs   bond0 on br0
//         eth1 ----- eth1
//         eth2 ----- eth2
#include <csignal>
#include <filesystem>
#include <memory>

#include "lab/open_vswitch.h"
#include "lab/throughput.h"
#include "tests/e2e/lacp_station.h"

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

const Arguments kAllThree{"eth0", "eth1", "eth2"};

/// With a bond of three members that speaks LACP.
class LacpInOpenVSwitch : public OpenVSwitch {
 public:
  explicit LacpInOpenVSwitch(Host& host) : OpenVSwitch(host), host_(host) {}
  void make_bond(const std::string& lacp_time) {
    must_vsctl({"add-bond", "br0", "bond0", "eth0", "eth1", "eth2", "bond_mode=balance-tcp", "lacp=active",
                "other_config:lacp-time=" + lacp_time});
    host_.add_address("br0", "192.0.2.2/24");
    host_.set_up("br0");
  }
  std::string lacp() const { return appctl("lacp/show"); }
  /// It sends on this member and takes what comes.
  bool has_joined(const std::string& member) const {
    const auto of_member = member_of(lacp(), member);
    const auto has_both = [&](const char* end) {
      const auto line = of_member.substr(std::min(of_member.find(end), of_member.size()));
      const auto state = line.substr(0, line.find('\n'));
      return state.find("collecting") != std::string::npos && state.find("distributing") != std::string::npos;
    };
    return has_both("actor state:") && has_both("partner state:") && is_enabled(member);
  }

 private:
  /// "member: eth0: …" up to the next one; before 2.16 they were called slaves.
  static std::string member_of(const std::string& all, const std::string& member) {
    const auto begin = all.find(": " + member + ":");
    if (begin == std::string::npos) return {};
    const auto end = std::min(all.find("\nmember:", begin), all.find("\nslave:", begin));
    return all.substr(begin, end == std::string::npos ? end : end - begin);
  }

  Host& host_;
};

class WithOpenVSwitch : public ::testing::TestWithParam<const char*> {
 protected:
  Lab lab;
  Station alpha{lab.host("alpha")};
  Host& far = lab.host("ovs");
  std::array<Cable*, 3> cables{&lab.cable(alpha.host, "eth0", far, "eth0"),
                               &lab.cable(alpha.host, "eth1", far, "eth1"),
                               &lab.cable(alpha.host, "eth2", far, "eth2")};
  LacpInOpenVSwitch ovs{far};

  void join() {
    ovs.make_bond(GetParam());
    alpha.make_bond("192.0.2.1/24", {"lacp_rate", GetParam()}, kAllThree);
    // Its user-space datapath passes no TCP or UDP whose checksum is left to the NIC.
    for (const auto& [host, interface] : {std::pair{&alpha.host, "bond0"}, std::pair{&far, "br0"}}) {
      host->must_run({"ethtool", "-K", interface, "tx", "off"});
    }
    ASSERT_TRUE(all_joined()) << alpha.proc() << ovs.lacp();
  }
  bool all_joined() {
    return eventually(
        [&] {
          return std::ranges::all_of(kAllThree, [&](const auto& member) {
            return alpha.has_joined(member) && ovs.has_joined(member);
          });
        },
        60s);
  }
  bool carries() {
    return eventually(
        [&] { return alpha.host.run({"ping", "-c", "1", "-W", "1", "192.0.2.2"}).exit_code == 0; });
  }
};
INSTANTIATE_TEST_SUITE_P(Lacp, WithOpenVSwitch, ::testing::Values("fast", "slow"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST_P(WithOpenVSwitch, AllMembersCollectAndDistributeAtBothEndsAndAllOfThemCarryBothWays) {
  join();
  ASSERT_TRUE(carries());
  std::array<std::uint64_t, 3> sent{}, received{};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto counters = alpha.host.link(kAllThree[i]).counters;
    sent[i] = counters.tx_packets;
    received[i] = counters.rx_packets;
  }
  send_flows(alpha.host, "192.0.2.2");
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_GT(alpha.host.link(kAllThree[i]).counters.tx_packets, sent[i] + 10) << kAllThree[i];
  }
  EXPECT_TRUE(eventually([&] {
    send_flows(far, "192.0.2.1");
    return std::ranges::all_of(std::array{0U, 1U, 2U}, [&](auto i) {
      return alpha.host.link(kAllThree[i]).counters.rx_packets > received[i] + 10;
    });
  }));
  Stream stream(alpha.host, far, "192.0.2.2", {.frames_per_second = 500});
  stream.wait_for_arrivals(500);
  const auto report = stream.stop();
  EXPECT_EQ(report.lost + report.duplicates, 0U);
  EXPECT_GT(measure_tcp(alpha.host, far, "192.0.2.2", 500ms).received, 1000000U);
}

TEST_P(WithOpenVSwitch, AMemberPulledLeavesAtBothEndsAndComesBack) {
  join();
  cables[1]->pull();
  EXPECT_TRUE(
      eventually([&] { return alpha.slave("eth1")["state"] == "BACKUP" && !ovs.is_enabled("eth1"); }));
  EXPECT_TRUE(carries());
  cables[1]->plug();
  EXPECT_TRUE(all_joined());
}

TEST_P(WithOpenVSwitch, ARestartedDaemonIsNotNoticed) {
  join();
  const auto before = ovs.lacp();
  ASSERT_TRUE(carries());
  Stream stream(alpha.host, far, "192.0.2.2", {.frames_per_second = 500});
  alpha.ebond.kill(SIGKILL);
  stream.wait_for_sent(100);
  alpha.ebond.start();
  stream.wait_for_sent(500);
  EXPECT_EQ(stream.stop().lost, 0U);
  EXPECT_EQ(ovs.lacp(), before);
  EXPECT_TRUE(all_joined());
}

class SilentOpenVSwitch : public WithOpenVSwitch {};
INSTANTIATE_TEST_SUITE_P(Lacp, SilentOpenVSwitch, ::testing::Values("fast"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST_P(SilentOpenVSwitch, IsDroppedWithinThreeTimeoutPeriodsAndDropsUsWhenWeFallSilent) {
  join();
  const auto silent = Clock::now();
  ovs.signal(SIGSTOP);
  for (const auto& member : kAllThree) {
    EXPECT_TRUE(eventually([&] {
      const auto state = alpha.slave(member)["partner"]["state"].get<unsigned>();
      return (state & 0x08U) == 0;  // out of sync
    }));
  }
  EXPECT_LT(Clock::now() - silent, 9s);
  ovs.signal(SIGCONT);
  EXPECT_TRUE(all_joined());

  alpha.ebond.kill(SIGKILL);
  EXPECT_TRUE(eventually([&] { return !ovs.is_enabled("eth0") && !ovs.is_enabled("eth1"); }));
  alpha.ebond.start();
  EXPECT_TRUE(all_joined());
}

}  // namespace
}  // namespace ebond::lab
