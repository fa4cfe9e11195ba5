// What a flood on one slave costs: the daemon's processor time, paths that are called dead though they live,
// and how long traffic is away when the cable that carries it is pulled meanwhile.
//
//   alpha eth0 --- sw --- eth0 beta        alpha eth0 ----- eth0 beta
//         eth1 --- sw                            eth1 ----- eth1
//
// Left what asks beyond a link: two bonds back to back do not prove each other's backups, which hear nothing
// of what the active slaves ask. Right what ends at the link: LACP, micro-BFD. Traffic goes from beta to
// alpha; the flood comes in by the slave of alpha's that it does not go by, so that after a pull that one has
// both.
//
// Three senders: strangers, whose frames the kernel refuses; one that repeats a frame it saw on the link,
// which passes every filter; and, for comparison, nobody.
#include "lab/flood.h"

#include <fmt/core.h>
#include <sched.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "lab/ebond.h"
#include "lab/eventually.h"
#include "lab/lab.h"
#include "lab/must.h"
#include "lab/process_time.h"
#include "lab/stream.h"
#include "os/packet_socket.h"
#include "wire/arp.h"
#include "wire/icmp_echo.h"
#include "wire/lacpdu.h"
#include "wire/marker.h"
#include "wire/nd.h"
#include "wire/udp.h"

using namespace ebond;
using namespace ebond::lab;
using namespace std::chrono_literals;

namespace {

constexpr wire::Ipv4Address kAlpha{192, 0, 2, 1}, kBeta{192, 0, 2, 2};
constexpr wire::MacAddress kStranger({2, 0x77, 0, 0, 0, 1});
constexpr std::uint16_t kLldp = 0x88cc;

using Frames = std::vector<wire::Bytes>;

struct Protocol {
  Arguments options;          ///< of both bonds, but for who is asked
  std::string target_option;  ///< whose value is the other end
  bool is_ip6 = false;
  bool ends_at_the_link = false;
  std::vector<std::uint16_t> ethertypes;  ///< what is repeated
  /// A stranger's frames, to alpha's MAC where they are to one.
  Frames (*strangers)(const wire::MacAddress& alpha) = nullptr;
};

wire::Ipv6Address ip6(std::uint8_t last) {
  return {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last};
}
wire::Bytes lldp() {
  wire::Writer out;
  write_ethernet(out, {wire::MacAddress({1, 0x80, 0xc2, 0, 0, 0x0e}), kStranger, {}, kLldp});
  out.zeros(60);
  return std::move(out).finish();
}
wire::Bytes udp_to(const wire::MacAddress& alpha, std::uint16_t port) {
  return wire::build_udp(alpha, kStranger, {},
                         {.source = wire::Ipv4Address{198, 51, 100, 9},
                          .destination = kAlpha,
                          .ttl = 63,
                          .source_port = 50000,
                          .destination_port = port},
                         wire::Bytes(24));
}
const Arguments kArp{"mode", "active-backup", "arp_interval", "100", "arp_validate", "all"};
Arguments path(const std::string& monitor) {
  return {"mode", "active-backup", "path_interval", "50", "path_multiplier", "3", "path_monitor", monitor};
}
const Arguments kLacp{"mode", "802.3ad", "lacp_rate", "fast"};

const std::map<std::string, Protocol>& protocols() {
  static const std::map<std::string, Protocol> all{
      {"arp",
       {kArp,
        "arp_ip_target",
        false,
        false,
        {0x0806},
        [](const wire::MacAddress&) {
          Frames frames;
          for (std::uint8_t i = 0; i < 200; ++i) {
            frames.push_back(wire::arp_request(kStranger, {198, 51, 100, i}, {198, 51, 100, 250}));
          }
          return frames;
        }}},
      {"nd",
       {kArp,
        "ns_ip6_target",
        true,
        false,
        {0x86dd},
        [](const wire::MacAddress&) { return Frames{wire::unsolicited_na(kStranger, ip6(0x77), false)}; }}},
      {"icmp",
       {path("icmp"),
        "path_target",
        false,
        false,
        {0x0800},
        [](const wire::MacAddress& alpha) {
          return Frames{wire::build_echo(
              {alpha, kStranger, {}},
              wire::EchoPacket4{kBeta, kAlpha, {.reply = true, .identifier = 1, .sequence = 1, .data = {}}})};
        }}},
      {"bfd",
       {path("bfd"),
        "path_target",
        false,
        false,
        {0x0800},
        [](const wire::MacAddress& alpha) { return Frames{udp_to(alpha, 3784)}; }}},
      {"micro_bfd",
       {path("micro_bfd"),
        "path_target",
        false,
        true,
        {0x0800},
        [](const wire::MacAddress& alpha) { return Frames{udp_to(alpha, 6784)}; }}},
      {"lacp",
       {kLacp,
        "",
        false,
        true,
        {0x8809},
        [](const wire::MacAddress&) {
          auto frame = wire::build_lacpdu(kStranger, {});
          frame.at(15) = 0;  // version 0
          return Frames{frame};
        }}},
      {"marker",
       {kLacp,
        "",
        false,
        true,
        {0x8809},
        [](const wire::MacAddress&) {
          return Frames{wire::build_marker(
              kStranger, {.kind = wire::Marker::Kind::information, .requester_system = kStranger})};
        }}},
      {"lldp", {kLacp, "", false, true, {}, [](const wire::MacAddress&) { return Frames{lldp()}; }}},
      {"alb",
       {{"mode", "balance-alb"},
        "",
        false,
        false,
        {0x0806},
        [](const wire::MacAddress&) {
          Frames frames;
          for (std::uint8_t i = 10; i < 250; ++i)
            frames.push_back(wire::arp_request(kStranger, {192, 0, 2, i}, kAlpha));
          return frames;
        }}},
  };
  return all;
}

class Net {
 public:
  Net(const Protocol& protocol, const std::string& build) : ebond(build), protocol_(protocol) {
    for (std::size_t i = 0; i < kSlaves.size(); ++i) {
      if (protocol.ends_at_the_link) {
        cables_[i] = &lab.cable(alpha, kSlaves[i], beta, kSlaves[i]);
      } else {
        cables_[i] = &lab.cable(alpha, kSlaves[i], sw);
      }
    }
    if (!protocol.ends_at_the_link) lab.cable(beta, "eth0", sw);
    make_bond(alpha, 1, 2);
    make_bond(beta, 2, 1);
    std::this_thread::sleep_for(3s);
  }
  nlohmann::json shown(Host& host) const {
    return nlohmann::json::parse(ebond.must_run(host, {"-j", "show"}))[0];
  }
  std::string what_saw_the_failover(Host& host) const {
    const auto latest = shown(host)["last_failover"];
    return latest.is_null() ? "nothing" : latest["seen_by"].get<std::string>();
  }
  unsigned failures() const {
    unsigned sum = 0;
    for (const auto& slave : shown(alpha)["slaves"]) {
      sum += slave["link_failure_count"].get<unsigned>() + slave["path_failure_count"].get<unsigned>();
    }
    return sum;
  }
  struct Ways {
    Cable &carries, &other;
  };
  /// By which cable beta's frames to alpha come, when all is well.
  Ways ways() {
    const bool well = eventually([&] { return all_are_well(alpha) && all_are_well(beta); }, 60s);
    if (!well)
      throw std::runtime_error("a slave is not well without a flood: " + ebond.run(alpha, {"show"}).output);
    constexpr std::uint64_t kSome = 200;
    const auto before = received();
    Stream stream(beta, alpha, "192.0.2.1", {.frames_per_second = 1000});
    stream.wait_for_arrivals(kSome);
    stream.stop();
    const auto after = received();
    const std::array<std::uint64_t, 2> by = {after[0] - before[0], after[1] - before[1]};
    return by[0] > by[1] ? Ways{*cables_[0], *cables_[1]} : Ways{*cables_[1], *cables_[0]};
  }
  bool has_a_bond_at_both_ends() const { return protocol_.ends_at_the_link; }
  /// A frame of this protocol that came in by alpha's eth1, or by eth0 where none comes there.
  std::optional<wire::Bytes> overheard() {
    for (const auto* slave : {"eth1", "eth0"}) {
      auto ear =
          must(os::FrameReceiver::open(alpha.netns(), alpha.link(slave).ifindex, protocol_.ethertypes));
      std::optional<wire::Bytes> latest;
      for (int wait = 0; wait < 30; ++wait, std::this_thread::sleep_for(100ms)) {
        while (auto frame = must(ear.receive())) latest = std::move(frame);
      }
      if (latest) return latest;
    }
    return std::nullopt;
  }

  Lab lab;
  Ebond ebond;
  Host& alpha = lab.host("alpha");
  Host& beta = lab.host("beta");
  Switch& sw = lab.switch_("sw");

 private:
  static constexpr std::array<const char*, 2> kSlaves = {"eth0", "eth1"};

  /// Where a switch is between, beta's has one slave, which is never pulled.
  void make_bond(Host& host, int ours, int theirs) {
    const bool is_alpha = &host == &alpha;
    Arguments add{"add", "bond0", "miimon", "100"};
    add.insert(add.end(), protocol_.options.begin(), protocol_.options.end());
    // One end of balance-alb is enough.
    if (!is_alpha && protocol_.options[1] == "balance-alb") add = {"add", "bond0", "mode", "active-backup"};
    if (!protocol_.target_option.empty()) {
      add.push_back(protocol_.target_option);
      add.push_back((protocol_.is_ip6 ? "2001:db8::" : "192.0.2.") + std::to_string(theirs));
    }
    ebond.must_run(host, add);
    for (const auto* slave : kSlaves) {
      const bool is_there = is_alpha || protocol_.ends_at_the_link || slave == kSlaves[0];
      if (is_there) ebond.must_run(host, {"enslave", "bond0", slave});
    }
    host.add_address("bond0", "192.0.2." + std::to_string(ours) + "/24");
    host.add_address("bond0", "2001:db8::" + std::to_string(ours) + "/64");
    host.set_up("bond0");
  }
  bool all_are_well(Host& host) const {
    const auto slaves = shown(host)["slaves"];
    return std::ranges::all_of(slaves,
                               [](const auto& slave) { return slave["healthy"].template get<bool>(); });
  }
  /// Frames, by each of alpha's slaves.
  std::array<std::uint64_t, 2> received() const {
    std::array<std::uint64_t, 2> counts{};
    const auto slaves = nlohmann::json::parse(alpha.must_run({"ip", "-j", "-s", "link", "show"}));
    for (const auto& link : slaves) {
      for (std::size_t i = 0; i < kSlaves.size(); ++i) {
        if (link["ifname"] == kSlaves[i]) counts[i] = link["stats64"]["rx"]["packets"].get<std::uint64_t>();
      }
    }
    return counts;
  }
  /// The kernel tells at once of a veth's carrier only if the two ends' numbers differ; else within a second,
  /// and how late depends on all other interfaces of this machine.
  const std::string numbered_apart_ = [this] {
    for (Node* each : {static_cast<Node*>(&beta), static_cast<Node*>(&sw)}) {
      each->must_run({"ip", "link", "add", "apart0", "type", "veth", "peer", "name", "apart1"});
    }
    return "";
  }();
  const Protocol& protocol_;
  std::array<Cable*, 2> cables_{};
};

/// One pull of the cable that carries: how long nothing arrived, and which layer showed it to each end. Late
/// news of the kernel's are found by the poll, or by the ARP monitor if there is none: their interval is the
/// bound then.
struct Pull {
  double gap_ms = 0;
  std::string alpha_saw, beta_saw;
};

/// What comes in by the slave behind that cable.
std::unique_ptr<Flood> flood_by(const Cable& cable, const Frames& frames, double rate) {
  if (frames.empty()) return nullptr;
  return std::make_unique<Flood>(cable.far().node, cable.far().interface, frames, rate);
}

Pull pull_once(Net& net, const Frames& frames, double rate) {
  const auto ways = net.ways();
  const auto flood = flood_by(ways.other, frames, rate);
  Stream stream(net.beta, net.alpha, "192.0.2.1", {.frames_per_second = 1000});
  stream.wait_for_arrivals(1000);
  ways.carries.pull();
  std::this_thread::sleep_for(1s);
  const Pull pull{.gap_ms = stream.stop().longest_gap_ms,
                  .alpha_saw = net.what_saw_the_failover(net.alpha),
                  .beta_saw = net.has_a_bond_at_both_ends() ? net.what_saw_the_failover(net.beta) : "nobody"};
  ways.carries.plug();
  return pull;
}

std::string counted(const std::vector<Pull>& pulls, std::string Pull::* who) {
  std::map<std::string, int> counts;
  for (const auto& pull : pulls) ++counts[pull.*who];
  std::string text;
  for (const auto& [what, count] : counts) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", what, count);
  }
  return text;
}

/// Ends with the pulls that were over the goal, each with what saw it.
void print_pulls(std::vector<Pull> pulls) {
  constexpr double kGoal = 20;  // ms
  std::ranges::sort(pulls, {}, &Pull::gap_ms);
  fmt::print("  pulled: {:.1f}, {:.1f} ms (median, most); seen at alpha by {}, at beta by {}",
             pulls[pulls.size() / 2].gap_ms, pulls.back().gap_ms, counted(pulls, &Pull::alpha_saw),
             counted(pulls, &Pull::beta_saw));
  for (const auto& pull : pulls) {
    if (pull.gap_ms <= kGoal) continue;
    fmt::print("\n      {:.1f} ms: {} and {}", pull.gap_ms, pull.alpha_saw, pull.beta_saw);
  }
}

/// What is measured is the daemon, not how long a bench waits among the ordinary work. The flood is ordinary
/// work.
void go_first() {
  const sched_param as_the_daemon{.sched_priority = ::sched_get_priority_min(SCHED_RR)};
  (void)::sched_setscheduler(0, SCHED_RR, &as_the_daemon);
}

void measure(const std::string& build, const std::string& name, const Protocol& protocol,
             const std::string& sender, double rate, std::chrono::seconds time, int pulls) {
  Net net(protocol, build);
  Frames frames;
  if (sender == "strangers") frames = protocol.strangers(net.alpha.link("bond0").mac);
  if (sender == "repeats") {
    const auto frame = protocol.ethertypes.empty() ? std::nullopt : net.overheard();
    if (!frame) return;
    frames.push_back(*frame);
  }
  double share = 0, per_second = 0;
  unsigned dead = 0;
  {
    const auto flood = flood_by(net.ways().other, frames, rate);
    const auto failed = net.failures();
    const auto used = processor_seconds(net.ebond.pid());
    const auto sent = flood ? flood->sent() : 0;
    const auto began = Clock::now();
    std::this_thread::sleep_for(time);
    const auto seconds = std::chrono::duration<double>(Clock::now() - began).count();
    share = (processor_seconds(net.ebond.pid()) - used) / seconds;
    per_second = flood ? static_cast<double>(flood->sent() - sent) / seconds : 0;
    dead = net.failures() - failed;
  }
  std::vector<Pull> pulled;
  for (int i = 0; i < pulls; ++i) pulled.push_back(pull_once(net, frames, rate));
  fmt::print("{:10} {:10} {:7.0f}/s  daemon {:5.1f} % of a core  {} false failures", name, sender, per_second,
             share * 100, dead);
  if (!pulled.empty()) print_pulls(std::move(pulled));
  fmt::print("\n");
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app{"what a flood on one slave costs a bond"};
  std::vector<std::string> names, senders{"nobody", "strangers", "repeats"};
  std::string build = EBOND_BUILD_DIR;
  double rate = 100'000;
  int seconds = 10, pulls = 5;
  app.add_option("protocols", names, "arp nd icmp bfd micro_bfd lacp marker lldp alb; all of them");
  app.add_option("--senders", senders, "nobody strangers repeats");
  app.add_option("--rate", rate, "frames a second")->capture_default_str();
  app.add_option("--seconds", seconds, "of each measurement")->capture_default_str();
  app.add_option("--pulls", pulls, "of the cable that carries")->capture_default_str();
  app.add_option("--build", build, "where the ebondd is that is measured")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (names.empty()) {
    for (const auto& [name, protocol] : protocols()) names.push_back(name);
  }
  go_first();
  for (const auto& name : names) {
    const auto found = protocols().find(name);
    if (found == protocols().end()) {
      fmt::print(stderr, "ebond-flood: no protocol '{}': see --help\n", name);
      return 2;
    }
    for (const auto& sender : senders) {
      measure(build, name, found->second, sender, rate, std::chrono::seconds(seconds), pulls);
    }
  }
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "ebond-flood: {}\n", error.what());
  return 2;
}
