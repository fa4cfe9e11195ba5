// `ebond flow` and `ebond balance` beside frames that really leave: what is said, and which slave's counter
// moves.
#include <atomic>
#include <chrono>
#include <map>
#include <random>
#include <thread>

#include "os/packet_socket.h"
#include "tests/e2e/bond_lab.h"
#include "wire/ethernet.h"
#include "wire/udp.h"

namespace ebond::lab {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;

constexpr int kSlaves = 3;
constexpr int kFrames = 20;  ///< of a flow: enough to be told from what else is sent

//   alpha eth0 ----- eth0 beta
//         eth1 ----- eth1
//         eth2 ----- eth2
class FlowsForetold : public WithEbond {
 protected:
  Host& alpha = lab.host("alpha");
  Host& beta = lab.host("beta");
  Cable& first = lab.cable(alpha, "eth0", beta, "eth0");
  Cable& second = lab.cable(alpha, "eth1", beta, "eth1");
  Cable& third = lab.cable(alpha, "eth2", beta, "eth2");
  os::FrameSender sender = must(os::FrameSender::open(alpha.netns()));

  void bond(const Arguments& options) {
    Arguments add{"add", "bond0"};
    add.insert(add.end(), options.begin(), options.end());
    ebond.must_run(alpha, add);
    ebond.must_run(alpha, {"enslave", "bond0", "eth0", "eth1", "eth2"});
    alpha.add_address("bond0", "192.0.2.1/24");
    alpha.set_up("bond0");
    ASSERT_TRUE(eventually([&] {
      const auto slaves = show(alpha)[0]["slaves"];
      return slaves.size() == kSlaves &&
             std::ranges::all_of(slaves, [](const auto& slave) { return slave["mii_status"] == "UP"; });
    }));
  }
  void unbond() { ebond.must_run(alpha, {"del", "bond0"}); }

  struct Ends {
    wire::UdpHeader header;
    wire::MacAddress source, destination;
    wire::VlanTags tags;
    std::string flow() const {
      auto words = fmt::format("udp {}:{} > {}:{} src-mac {} dst-mac {}", address(header.source),
                               header.source_port, address(header.destination), header.destination_port,
                               source.to_string(), destination.to_string());
      if (!tags.empty()) words += fmt::format(" vlan {}", tags.front().id);
      return words;
    }
    static std::string address(const wire::IpAddress& ip) {
      return ip.index() == 1 ? "[" + wire::to_string(ip) + "]" : wire::to_string(ip);
    }
  };
  /// Many ends, of both families, with and without a VLAN.
  static std::vector<Ends> some_ends(int count) {
    std::mt19937 random(15);
    const auto octet = [&] { return static_cast<std::uint8_t>(random() % 256); };
    std::vector<Ends> all;
    for (int i = 0; i < count; ++i) {
      Ends ends;
      if (i % 3 == 2) {
        ends.header.source =
            wire::Ipv6Address{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, octet(), octet(), octet()};
        ends.header.destination =
            wire::Ipv6Address{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 1, octet(), octet(), octet()};
      } else {
        ends.header.source = wire::Ipv4Address{198, 51, 100, octet()};
        ends.header.destination = wire::Ipv4Address{203, 0, 113, octet()};
      }
      ends.header.source_port = static_cast<std::uint16_t>(1 + random() % 65535);
      ends.header.destination_port = static_cast<std::uint16_t>(1 + random() % 65535);
      ends.source = wire::MacAddress({2, octet(), octet(), octet(), octet(), octet()});
      ends.destination = wire::MacAddress({2, octet(), octet(), octet(), octet(), octet()});
      if (i % 4 == 3) ends.tags.push_back({.id = static_cast<std::uint16_t>(1 + random() % 4000)});
      all.push_back(ends);
    }
    return all;
  }

  std::map<std::string, std::uint64_t> sent_so_far() {
    std::map<std::string, std::uint64_t> counts;
    for (const auto* slave : {"eth0", "eth1", "eth2"}) counts[slave] = alpha.link(slave).counters.tx_packets;
    return counts;
  }
  /// The slaves whose counters moved by the frames of one flow; so many are awaited.
  std::vector<std::string> ways_of(const Ends& ends, std::size_t copies = 1) {
    const std::vector<std::uint8_t> payload(16, 7);
    const auto frame = wire::build_udp(ends.destination, ends.source, ends.tags, ends.header, payload);
    const auto out = alpha.link("bond0").ifindex;
    const auto before = sent_so_far();
    for (int i = 0; i < kFrames; ++i) must(sender.send(out, frame));
    std::vector<std::string> moved;
    eventually([&] {
      moved.clear();
      for (const auto& [slave, count] : sent_so_far()) {
        if (count - before.at(slave) >= kFrames) moved.push_back(slave);
      }
      return moved.size() >= copies;
    });
    return moved;
  }
  json answer_of(const std::string& flow) {
    return json::parse(ebond.must_run(alpha, {"-j", "flow", "--bond", "bond0", flow}));
  }

  void expect_said_and_done(int flows) {
    std::map<std::string, int> used;
    for (const auto& ends : some_ends(flows)) {
      const auto said = answer_of(ends.flow())["now"].get<std::vector<std::string>>();
      const auto done = ways_of(ends, said.size());
      ASSERT_EQ(said, done) << ends.flow();
      for (const auto& slave : done) ++used[slave];
    }
    fmt::print("  {} flows:", flows);
    for (const auto& [slave, count] : used) fmt::print(" {} by {}", count, slave);
    fmt::print("\n");
  }
};

TEST_F(FlowsForetold, AreSaidToLeaveByTheSlaveWhoseCounterMovesByEachPolicy) {
  for (const auto* policy : {"layer2", "layer2+3", "layer3+4", "encap2+3", "encap3+4", "vlan+srcmac"}) {
    SCOPED_TRACE(policy);
    fmt::print("{}\n", policy);
    bond({"mode", "balance-xor", "xmit_hash_policy", policy});
    expect_said_and_done(24);
    unbond();
  }
}

TEST_F(FlowsForetold, AreSaidToLeaveByTheSlaveWhoseCounterMovesInEachMode) {
  for (const auto* mode : {"active-backup", "broadcast", "balance-tlb", "balance-alb", "balance-slb"}) {
    SCOPED_TRACE(mode);
    fmt::print("{}\n", mode);
    bond({"mode", mode});
    expect_said_and_done(10);
    unbond();
  }
  bond({"mode", "balance-tlb", "tlb_dynamic_lb", "0", "xmit_hash_policy", "layer3+4"});
  expect_said_and_done(10);
}

TEST_F(FlowsForetold, TakeTheSlaveThatWasForetoldOnceOneIsLost) {
  bond({"mode", "balance-xor", "xmit_hash_policy", "layer3+4", "tx_table", "resilient"});
  std::vector<std::pair<Ends, json>> foretold;
  for (const auto& ends : some_ends(20))
    foretold.emplace_back(ends, answer_of(ends.flow())["without"]["eth1"]);
  second.pull();
  ASSERT_TRUE(eventually([&] { return link_is(alpha, "eth1", "down"); }));
  for (const auto& [ends, without] : foretold) EXPECT_EQ(json(ways_of(ends)), without) << ends.flow();
}

TEST_F(FlowsForetold, FindTheirMacsByTheRoutesAndNeighboursOfTheHost) {
  bond({"mode", "balance-xor", "xmit_hash_policy", "layer2+3"});
  const std::string flow = "udp 192.0.2.1:1 > 198.51.100.9:2";
  const auto nowhere = ebond.run(alpha, {"flow", flow});
  EXPECT_EQ(nowhere.exit_code, 1);
  EXPECT_THAT(nowhere.output, HasSubstr("dst-mac MAC"));
  alpha.must_run({"ip", "route", "add", "198.51.100.0/24", "via", "192.0.2.254"});
  alpha.must_run({"ip", "neigh", "add", "192.0.2.254", "lladdr", "02:00:00:00:00:99", "dev", "bond0"});
  const auto text = ebond.must_run(alpha, {"flow", flow});
  EXPECT_THAT(text, AllOf(HasSubstr(flow + " by bond0 (balance-xor, layer2+3)\n"),
                          HasSubstr("(bond0's) > 02:00:00:00:00:99 (192.0.2.254's)")));
}

TEST_F(FlowsForetold, AreReadFromWhatTcpdumpAndSsPrint) {
  bond({"mode", "active-backup"});
  alpha.must_run(
      {"sh", "-c",
       fmt::format("printf '%s\\n' 'Netid State Recv-Q Send-Q' 'tcp ESTAB 0 0 192.0.2.1:40000 192.0.2.2:443' "
                   "'12:00:00.1 IP 192.0.2.1.1 > 192.0.2.2.2: UDP, length 4' | "
                   "{}/ebond --run-dir {} flow - >{}/told",
                   EBOND_BUILD_DIR, ebond.run_dir().string(), ebond.run_dir().string())});
  const auto told = alpha.must_run({"cat", (ebond.run_dir() / "told").string()});
  EXPECT_THAT(told,
              AllOf(HasSubstr("tcp 192.0.2.1:40000 > 192.0.2.2:443 by bond0"),
                    HasSubstr("udp 192.0.2.1:1 > 192.0.2.2:2 by bond0"), HasSubstr("without eth0  eth1")));
  const auto wrong = ebond.run(alpha, {"flow", "tcp here > there"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.output, HasSubstr("here is not an address"));
}

/// Sends frames in turn, as sockets do: past the taps that look at an interface. (The lab's Flood goes by
/// them.)
class Traffic {
 public:
  Traffic(const os::FrameSender& sender, os::IfIndex out, std::vector<wire::Bytes> frames)
      : thread_([this, &sender, out, frames = std::move(frames)] {
          for (std::size_t i = 0; sends_; ++i) {
            (void)sender.send(out, frames[i % frames.size()]);
            std::this_thread::sleep_for(std::chrono::microseconds(500));
          }
        }) {}
  ~Traffic() {
    sends_ = false;
    thread_.join();
  }
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

 private:
  std::atomic<bool> sends_{true};
  std::thread thread_;
};

class BalanceSeen : public FlowsForetold {
 protected:
  /// Nothing speaks but the test, or nearly so.
  void SetUp() override {
    alpha.must_run(
        {"sh", "-c", "for each in all default; do echo 1 >/proc/sys/net/ipv6/conf/$each/disable_ipv6; done"});
  }
  /// Frames of these flows in turn, again and again, while `ebond balance` looks.
  json balance_of(const std::vector<Ends>& flows, const Arguments& more = {"--seconds", "2"}) {
    const std::vector<std::uint8_t> payload(100, 7);
    std::vector<wire::Bytes> frames;
    for (const auto& ends : flows) {
      frames.push_back(wire::build_udp(ends.destination, ends.source, ends.tags, ends.header, payload));
    }
    const Traffic traffic(sender, alpha.link("bond0").ifindex, frames);
    Arguments command{"-j", "balance", "bond0"};
    command.insert(command.end(), more.begin(), more.end());
    return json::parse(ebond.must_run(alpha, command));
  }
};

TEST_F(BalanceSeen, TellsHowTrafficIsSharedAndWhatOtherPoliciesWouldGive) {
  bond({"mode", "balance-xor", "xmit_hash_policy", "layer2"});
  std::vector<Ends> flows;
  for (int port = 0; port < 90; ++port) {
    auto ends = some_ends(1).front();
    ends.header.source_port = static_cast<std::uint16_t>(10'000 + 2 * port);
    flows.push_back(ends);
  }
  const auto told = balance_of(flows);
  EXPECT_THAT(told["flows"].get<int>(), AllOf(Ge(90), Le(93)));
  EXPECT_GT(told["frames"], 500);
  EXPECT_NEAR(told["now"]["evenness"]["bytes"].get<double>(), 1.0 / 3, 0.01) << "two MACs: one slave";
  EXPECT_NEAR(told["counted"]["evenness"]["bytes"].get<double>(), 1.0 / 3, 0.05);
  const auto& policies = told["policies"];
  const auto ports =
      *std::ranges::find_if(policies, [](const auto& each) { return each["name"] == "layer3+4"; });
  EXPECT_GT(ports["evenness"]["bytes"].get<double>(), 0.9);

  ebond.must_run(alpha, {"set", "bond0", "xmit_hash_policy", "layer3+4"});
  const auto then = balance_of(flows);
  EXPECT_EQ(then["now"]["name"], "layer3+4");
  const auto frames = then["frames"].get<double>();
  for (const auto* slave : {"eth0", "eth1", "eth2"}) {
    const auto& now = then["now"]["slaves"][slave];
    EXPECT_NEAR(now["flows"].get<int>(), ports["slaves"][slave]["flows"].get<int>(), 3)
        << "as it was foretold";
    EXPECT_NEAR(then["counted"]["slaves"][slave]["frames"].get<double>(), now["frames"].get<double>(),
                frames / 20)
        << "and the slaves' counters agree";
  }
}

TEST_F(BalanceSeen, SeesVlansAndKeepsToItsBounds) {
  bond({"mode", "active-backup"});
  const auto told = balance_of(some_ends(12), {"--seconds", "30", "--frames", "500"});
  EXPECT_EQ(told["frames"], 500);
  EXPECT_THAT(told["flows"].get<int>(), AllOf(Ge(12), Le(15)));
  EXPECT_LT(told["seconds"], 20);
  const auto text = ebond.must_run(alpha, {"balance", "--seconds", "1"});
  EXPECT_THAT(text, HasSubstr("bond0 (active-backup): "));
}

}  // namespace
}  // namespace ebond::lab
