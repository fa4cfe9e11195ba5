// One TCP stream through a bond of veths, beside a bare veth, round after round: the median of the rounds'
// ratios says what the bond costs, the quartiles how sure that is. Two veth hops without any of our programs
// are beside it too: what no bond that is a veth pair can do better than.
#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "lab/ebond.h"
#include "lab/lab.h"
#include "lab/throughput.h"

namespace {

using namespace std::chrono_literals;
using namespace ebond::lab;

/// The value below which `share` of the sorted values are.
double quantile(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

/// upper ── lower ══ eth0, frame for frame. False if the kernel lacks what that takes.
bool join_by_mirred(Host& host) {
  host.must_run({"ip", "link", "add", "upper", "type", "veth", "peer", "name", "lower"});
  host.must_run({"sysctl", "-qw", "net.ipv6.conf.lower.disable_ipv6=1"});
  host.must_run({"ip", "link", "set", "dev", "lower", "up", "arp", "off"});
  host.must_run({"ip", "link", "set", "dev", "upper", "address", host.link("eth0").mac.to_string(), "up"});
  for (const auto& [from, to] : {std::pair{"lower", "eth0"}, std::pair{"eth0", "lower"}}) {
    host.must_run({"tc", "qdisc", "add", "dev", from, "clsact"});
    const auto joined = host.run({"tc", "filter", "add", "dev", from, "ingress", "bpf", "bytecode",
                                  "1,6 0 0 4294967295", "action", "mirred", "egress", "redirect", "dev", to});
    if (joined.exit_code != 0) return false;
  }
  return true;
}

/// Above all ordinary work, so that what else this machine does is not measured; if we may not, as it is.
void go_first() {
  const sched_param above_the_daemon{.sched_priority = 10};
  (void)::sched_setscheduler(0, SCHED_RR, &above_the_daemon);
}

struct Contender {
  std::string name;
  std::function<double()> mbps;
  std::vector<double> ratios{};  ///< to the bare veth of the same round
};

}  // namespace

int main() {
  constexpr int kRounds = 30;
  constexpr auto kStream = 400ms;
  Lab lab;
  Ebond ebond{EBOND_BUILD_DIR};
  // alpha bonds two cables to beta; gamma and delta have one cable and nothing else.
  Host &alpha = lab.host("alpha"), &beta = lab.host("beta"), &gamma = lab.host("gamma"),
       &delta = lab.host("delta");
  lab.cable(alpha, "eth0", beta, "eth0");
  lab.cable(alpha, "eth1", beta, "eth1");
  lab.cable(gamma, "eth0", delta, "eth0");
  gamma.add_address("eth0", "198.51.100.1/24");
  delta.add_address("eth0", "198.51.100.2/24");
  ebond.must_run(alpha, {"add", "bond0", "mode", "active-backup"});
  ebond.must_run(alpha, {"enslave", "bond0", "eth0", "eth1"});
  alpha.add_address("bond0", "192.0.2.1/24");
  alpha.set_up("bond0");
  beta.add_address("eth0", "192.0.2.2/24");

  const auto bare = [&] { return measure_tcp(gamma, delta, "198.51.100.2", kStream).mbps; };
  std::vector<Contender> contenders{
      {.name = "bond0", .mbps = [&] { return measure_tcp(alpha, beta, "192.0.2.2", kStream).mbps; }}};

  // The floor: the same two hops, joined by the kernel's own mirred action instead of our programs.
  Host &epsilon = lab.host("epsilon"), &zeta = lab.host("zeta");
  lab.cable(epsilon, "eth0", zeta, "eth0");
  zeta.add_address("eth0", "203.0.113.2/24");
  if (join_by_mirred(epsilon)) {
    epsilon.add_address("upper", "203.0.113.1/24");
    contenders.push_back({.name = "two hops without ebond",
                          .mbps = [&] { return measure_tcp(epsilon, zeta, "203.0.113.2", kStream).mbps; }});
  } else {
    fmt::print("no floor: this kernel has no mirred action\n");
  }

  go_first();
  for (int round = 0; round < kRounds; ++round) {
    // Each the other way round than the one before.
    if (round % 2 != 0) std::ranges::reverse(contenders);
    const double before = bare();
    std::vector<double> results;
    for (const auto& contender : contenders) results.push_back(contender.mbps());
    const double yardstick = (before + bare()) / 2;
    fmt::print("round {:2}: bare veth {:6.0f} Mbit/s", round + 1, yardstick);
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      contenders[i].ratios.push_back(results[i] / yardstick);
      fmt::print(", {} {:6.0f}: {:.2f}", contenders[i].name, results[i], contenders[i].ratios.back());
    }
    fmt::print("\n");
    if (round % 2 != 0) std::ranges::reverse(contenders);
  }
  for (auto& [name, mbps, ratios] : contenders) {
    std::ranges::sort(ratios);
    fmt::print("TCP, {} / bare veth, median of {} rounds: {:.2f} (quartiles {:.2f} and {:.2f})\n", name,
               kRounds, quantile(ratios, 0.5), quantile(ratios, 0.25), quantile(ratios, 0.75));
  }
}
