// What ebond does, seen in a minute: the article's bond, a cable pulled under load, two cables' bandwidth.
// Run by scripts/demo. Exits non-zero if anything it claims was not so.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <thread>

#include "lab/ebond.h"
#include "lab/lab.h"
#include "lab/stream.h"
#include "lab/throughput.h"
#include "os/file.h"

namespace {

using namespace std::chrono_literals;
using namespace ebond::lab;

bool all_true = true;

void say(const std::string& text) {
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

std::string verdict(bool ok) {
  all_true = all_true && ok;
  return ok ? "as promised" : "NOT AS PROMISED";
}

/// The article's files; only its addresses are replaced, by ones that are for documentation (RFC 5737).
std::filesystem::path article_files(const Ebond& ebond) {
  const auto from = std::filesystem::path(EBOND_SOURCE_DIR) / "tests/unit/config/data/article";
  auto to = ebond.run_dir() / "sysconfig";
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
  std::ofstream(to / "network-scripts/ifcfg-bond0")
      << "DEVICE=bond0\nIPADDR=192.0.2.1\nNETMASK=255.255.255.0\n"
         "NETWORK=192.0.2.0\nBROADCAST=192.0.2.255\nONBOOT=yes\n"
         "BOOTPROTO=none\nUSERCTL=no\n";
  return to;
}

std::string active_backup() {
  say("\n=== 1. Two cards, one address: the article's own files, mode=1 ===\n");
  Lab lab;
  Ebond ebond{EBOND_BUILD_DIR};
  Host& server = lab.host("server");
  Host& client = lab.host("client");
  Switch& sw = lab.switch_("sw");
  Cable& left = lab.cable(server, "eth0", sw);
  lab.cable(server, "eth1", sw);
  lab.cable(client, "eth0", sw);
  client.add_address("eth0", "192.0.2.2/24");
  say(lab.draw());
  const auto files = article_files(ebond);
  say("$ ebond up        (ifcfg-bond0, ifcfg-eth0, ifcfg-eth1, modprobe.conf: \"options bond0 miimon=100 "
      "mode=1\")");
  say(ebond.must_run(server, {"up", "--sysconfig", files.string()}));
  say("$ ifconfig");
  say(server.must_run({"ifconfig", "-a"}));
  say("$ cat " + (ebond.run_dir() / "netns" / server.netns_name() / "proc/bond0").string());
  say(ebond::os::read_file(ebond.run_dir() / "netns" / server.netns_name() / "proc/bond0")
          .value_or("(no proc text)"));

  say("The active cable is pulled while 1000 frames a second leave the server ...");
  Stream stream(server, client, "192.0.2.2", {.frames_per_second = 1000});
  std::this_thread::sleep_for(1s);
  left.pull();
  std::this_thread::sleep_for(1500ms);
  const auto report = stream.stop();
  say("$ ebond show");
  say(ebond.must_run(server, {"show"}));
  const bool moved =
      ebond.must_run(server, {"show", "--proc", "bond0"}).find("Currently Active Slave: eth1") !=
      std::string::npos;
  constexpr std::uint64_t kMostLost = 10;
  ebond.must_run(server, {"down", "--sysconfig", files.string()});
  return fmt::format("a pulled cable:   {} of {} frames lost, longest silence {:.1f} ms, eth1 took over: {}",
                     report.lost, report.sent, report.longest_gap_ms,
                     verdict(moved && report.lost <= kMostLost));
}

std::string round_robin() {
  say("\n=== 2. Twice the bandwidth: mode=0 over two cables of 100 Mbit/s ===\n");
  Lab lab;
  Ebond ebond{EBOND_BUILD_DIR};
  Host& alpha = lab.host("alpha");
  Host& beta = lab.host("beta");
  Cable& first = lab.cable(alpha, "eth0", beta, "eth0");
  Cable& second = lab.cable(alpha, "eth1", beta, "eth1");
  first.shape(100);
  second.shape(100);
  say(lab.draw());
  alpha.add_address("eth0", "198.51.100.1/24");
  beta.add_address("eth0", "198.51.100.2/24");
  const double one = measure_udp(alpha, beta, "198.51.100.2", 3s).mbps;
  say(fmt::format("one cable:            {:6.1f} Mbit/s", one));
  for (auto [host, address] : {std::pair{&alpha, "192.0.2.1/24"}, std::pair{&beta, "192.0.2.2/24"}}) {
    ebond.must_run(*host, {"add", "bond0", "mode", "0", "miimon", "100"});
    ebond.must_run(*host, {"enslave", "bond0", "eth0", "eth1"});
    host->add_address("bond0", address);
    host->set_up("bond0");
  }
  const double two = measure_udp(alpha, beta, "192.0.2.2", 3s).mbps;
  say(fmt::format("two, bonded:          {:6.1f} Mbit/s", two));
  first.pull();
  std::this_thread::sleep_for(500ms);
  const double left = measure_udp(alpha, beta, "192.0.2.2", 3s).mbps;
  say(fmt::format("two minus one pulled: {:6.1f} Mbit/s", left));
  return fmt::format("two cables:       {:.2f} times one; one of them pulled: {:.2f} times one: {}",
                     two / one, left / one, verdict(two / one >= 1.7 && left / one >= 0.8));
}

}  // namespace

int main() {
  try {
    const auto first = active_backup();
    const auto second = round_robin();
    say("\n=== Summary ===\n");
    say(first);
    say(second);
    say("\nNo bonding driver was loaded: a daemon decided, eBPF programs moved the frames.");
  } catch (const std::exception& error) {
    say(fmt::format("the demo failed: {}", error.what()));
    return EXIT_FAILURE;
  }
  return all_true ? EXIT_SUCCESS : EXIT_FAILURE;
}
