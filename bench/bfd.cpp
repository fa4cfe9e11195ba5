// micro-BFD on this machine, between two bonds back to back.
//
//   ebond-bfd cut   how long traffic is away when a fibre is cut in one direction, mode by mode
//   ebond-bfd soak  false failovers while nothing fails, with busy cores, lost probes, and namespaces that
//   come and go
//                   on the host; and the daemon's CPU
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "lab/ebond.h"
#include "lab/lab.h"
#include "lab/loss.h"
#include "lab/process_time.h"
#include "lab/stream.h"

using namespace ebond::lab;
using namespace std::chrono_literals;

namespace {

struct Settings {
  std::string mode = "active-backup";
  unsigned interval = 10;
  unsigned multiplier = 3;
  unsigned miimon = 100;
};

//   alpha eth0 ----- eth0 beta
//         eth1 ----- eth1
class BackToBack {
 public:
  explicit BackToBack(const Settings& settings) {
    for (auto [host, ours, theirs] :
         {std::tuple{&alpha, "192.0.2.1/24", "192.0.2.2"}, std::tuple{&beta, "192.0.2.2/24", "192.0.2.1"}}) {
      ebond.must_run(*host,
                     {"add", "bond0", "mode", settings.mode, "miimon", std::to_string(settings.miimon),
                      "path_target", theirs, "path_interval", std::to_string(settings.interval),
                      "path_multiplier", std::to_string(settings.multiplier), "path_monitor", "micro_bfd"});
      ebond.must_run(*host, {"enslave", "bond0", "eth0", "eth1"});
      host->add_address("bond0", ours);
      host->set_up("bond0");
    }
    std::this_thread::sleep_for(5s);
  }
  nlohmann::json slaves(const Node& where) const {
    return nlohmann::json::parse(ebond.must_run(where, {"-j", "show"}))[0]["slaves"];
  }
  bool all_pass() const {
    for (const auto* host : {&alpha, &beta}) {
      for (const auto& slave : slaves(*host)) {
        if (!slave["path"].empty()) return false;
      }
    }
    return true;
  }
  unsigned failures() const {
    unsigned sum = 0;
    for (const auto* host : {&alpha, &beta}) {
      for (const auto& slave : slaves(*host)) sum += slave["link_failure_count"].get<unsigned>();
    }
    return sum;
  }

  /// The cable the stream from beta to alpha takes.
  Cable& carrier() {
    const auto sent = [&](const std::string& interface) {
      const auto told =
          nlohmann::json::parse(beta.must_run({"ip", "-j", "-s", "link", "show", "dev", interface}));
      return told[0]["stats64"]["tx"]["packets"].get<std::uint64_t>();
    };
    const auto before = std::pair(sent("eth0"), sent("eth1"));
    std::this_thread::sleep_for(200ms);
    return sent("eth0") - before.first > sent("eth1") - before.second ? first : second;
  }

  Lab lab;
  Ebond ebond{EBOND_BUILD_DIR};
  Host& alpha = lab.host("alpha");
  Host& beta = lab.host("beta");
  Cable& first = lab.cable(alpha, "eth0", beta, "eth0");
  Cable& second = lab.cable(alpha, "eth1", beta, "eth1");
};

void cut(const Settings& settings, int times) {
  BackToBack net(settings);
  std::vector<double> gaps;
  for (int i = 0; i < times; ++i) {
    Stream stream(net.beta, net.alpha, "192.0.2.1", {.frames_per_second = 1000});
    stream.wait_for_arrivals(200);
    Cable& fibre = net.carrier();
    fibre.lose(Cable::Direction::to_near, 1);
    std::this_thread::sleep_for(500ms);
    const auto report = stream.stop();
    gaps.push_back(report.longest_gap_ms);
    fmt::print("{:14} {} x {} ms: away {:6.1f} ms, lost {} of {}\n", settings.mode, settings.multiplier,
               settings.interval, report.longest_gap_ms, report.lost, report.sent);
    fibre.lose_nothing();
    for (int wait = 0; wait < 100 && !net.all_pass(); ++wait) std::this_thread::sleep_for(100ms);
    std::this_thread::sleep_for(1s);
  }
  std::ranges::sort(gaps);
  fmt::print("{:14} median {:.1f} ms, worst {:.1f} ms\n", settings.mode, gaps[gaps.size() / 2], gaps.back());
}

/// Networks that come and go: each holds the kernel's lock on interfaces again and again meanwhile.
void come_and_go(const std::stop_token& enough) {
  while (!enough.stop_requested()) {
    Lab lab;
    Host& here = lab.host("here");
    Host& there = lab.host("there");
    Switch& between = lab.switch_("between");
    for (const auto* interface : {"eth0", "eth1"}) {
      lab.cable(here, interface, between);
      lab.cable(there, interface, between);
    }
    std::this_thread::sleep_for(100ms);
  }
}

void soak(const Settings& settings, double minutes, double loss, unsigned hogs, bool churn) {
  BackToBack net(settings);
  for (auto* cable : {&net.first, &net.second}) {
    if (loss <= 0) break;
    // At the sender: a packet socket hears what a program at the receiver loses.
    set_loss(net.alpha.netns(), net.alpha.link(cable->near().interface).ifindex, LossPoint::egress, loss);
    cable->lose(Cable::Direction::to_near, loss);
  }
  std::vector<Process> busy;
  for (unsigned i = 0; i < hogs; ++i) busy.push_back(net.alpha.start({"sh", "-c", "while :; do :; done"}));
  std::jthread churner;
  if (churn) churner = std::jthread(come_and_go);
  std::this_thread::sleep_for(1s);
  const auto before = net.failures();
  const auto cpu = processor_seconds(net.ebond.pid());
  const auto began = Clock::now();
  const auto end =
      began + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(minutes * 60));
  auto told = before;
  const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - began).count(); };
  while (Clock::now() < end) {
    std::this_thread::sleep_for(std::min<Clock::duration>(20s, end - Clock::now()));
    if (const auto now = net.failures(); now != told) {
      fmt::print("{:6.0f} s: {} false failures so far\n", seconds(), now - before);
      std::fflush(stdout);
      told = now;
    }
  }
  fmt::print(
      "{} {} x {} ms, miimon {}, {} % lost, {} hogs{}: {} false failures in {:.1f} min; daemon {:.2f} % of a "
      "core\n",
      settings.mode, settings.multiplier, settings.interval, settings.miimon, loss * 100, hogs,
      churn ? ", namespaces come and go" : "", net.failures() - before, seconds() / 60,
      (processor_seconds(net.ebond.pid()) - cpu) / seconds() * 100);
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app{"micro-BFD between two bonds back to back"};
  app.require_subcommand(1);
  Settings settings;
  std::vector<std::string> modes{"active-backup", "balance-xor", "802.3ad"};
  int times = 10;
  double minutes = 30, loss = 0;
  unsigned hogs = 0;
  bool churn = false;
  app.add_option("--interval", settings.interval, "ms");
  app.add_option("--multiplier", settings.multiplier, "");
  app.add_option("--miimon", settings.miimon, "ms");
  auto* const cuts = app.add_subcommand("cut", "cut a fibre in one direction");
  cuts->add_option("--modes", modes, "");
  cuts->add_option("--times", times, "");
  auto* const soaks = app.add_subcommand("soak", "wait for false failovers");
  soaks->add_option("--minutes", minutes, "");
  soaks->add_option("--loss", loss, "share of all frames, 0 to 1, in each direction");
  soaks->add_option("--hogs", hogs, "busy loops beside it");
  soaks->add_flag("--churn", churn, "namespaces are made and removed beside it");
  CLI11_PARSE(app, argc, argv);
  if (cuts->parsed()) {
    for (const auto& mode : modes) {
      settings.mode = mode;
      cut(settings, times);
    }
  } else {
    soak(settings, minutes, loss, hogs, churn);
  }
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "ebond-bfd: {}\n", error.what());
  return 2;
}
