// What many bonds cost one daemon: processor time at rest, memory, and how long it takes until all of them
// have failed over, are shown, and are adopted by the next daemon.
//
//   n0 … n49, in each:  bond0 … bond9, of two slaves each, whose cables lead to one more namespace
#include <fmt/core.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "lab/ebond.h"
#include "lab/lab.h"
#include "lab/process_time.h"

using namespace ebond;
using namespace ebond::lab;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Of memory that is the daemon's own.
double kibibytes(pid_t process) {
  std::ifstream status(fmt::format("/proc/{}/status", process));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::stod(line.substr(line.find_first_of("0123456789")));
  }
  return 0;
}

std::size_t descriptors(pid_t process) {
  const std::filesystem::directory_iterator all(fmt::format("/proc/{}/fd", process));
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

class Site {
 public:
  Site(Lab& lab, Ebond& ebond, Node& far, int number, int bonds, const Arguments& options)
      : ebond_(ebond), host_(lab.host(fmt::format("n{}", number))) {
    for (int bond = 0; bond < bonds; ++bond) {
      const auto name = fmt::format("bond{}", bond);
      Arguments add{"add", name};
      add.insert(add.end(), options.begin(), options.end());
      ebond_.must_run(host_, add);
      Arguments enslave{"enslave", name};
      for (const char end : {'a', 'b'}) {
        const auto slave = fmt::format("s{}{}", bond, end);
        auto& cable = lab.cable(host_, slave, far, fmt::format("f{}x{}{}", number, bond, end));
        (end == 'a' ? first_ : second_).push_back(&cable);
        enslave.push_back(slave);
      }
      ebond_.must_run(host_, enslave);
      host_.add_address(name, fmt::format("10.{}.{}.1/24", number, bond));
      host_.set_up(name);
    }
  }
  /// Those that carry are the first ones at first, and then whichever were not pulled last.
  void pull(int round) {
    for (auto* cable : cables(round)) cable->pull();
  }
  void plug(int round) {
    for (auto* cable : cables(round)) cable->plug();
  }
  nlohmann::json show() const { return nlohmann::json::parse(ebond_.must_run(host_, {"-j", "show"})); }

 private:
  const std::vector<Cable*>& cables(int round) const { return round % 2 == 0 ? first_ : second_; }

  Ebond& ebond_;
  Host& host_;
  std::vector<Cable*> first_, second_;
};

/// The latest failover of all bonds, in seconds since `start`; none if a bond has none since then.
std::optional<double> latest_failover(const std::vector<Site>& sites,
                                      std::chrono::system_clock::time_point start) {
  double latest = 0;
  for (const auto& site : sites) {
    for (const auto& bond : site.show()) {
      if (!bond.contains("last_failover") || bond["last_failover"].is_null()) return std::nullopt;
      const auto when = std::chrono::system_clock::time_point(
          std::chrono::duration_cast<std::chrono::system_clock::duration>(
              std::chrono::nanoseconds(bond["last_failover"]["realtime_ns"].get<std::int64_t>())));
      if (when < start) return std::nullopt;
      latest = std::max(latest, std::chrono::duration<double>(when - start).count());
    }
  }
  return latest;
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app{"what many bonds cost one daemon"};
  int namespaces = 50, bonds = 10, rest = 10, rounds = 3;
  Arguments options{"mode", "active-backup", "miimon", "100"};
  std::string build = EBOND_BUILD_DIR;
  app.add_option("--namespaces", namespaces)->capture_default_str();
  app.add_option("--bonds", bonds, "in each")->capture_default_str();
  app.add_option("--rest", rest, "seconds for which it is measured at rest")->capture_default_str();
  app.add_option("--rounds", rounds, "of pulling a cable of each bond")->capture_default_str();
  app.add_option("options", options, "of the bonds, keys and values")->capture_default_str();
  app.add_option("--build", build, "where the ebondd is that is measured")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const rlimit many{.rlim_cur = 65536, .rlim_max = 65536};
  ::setrlimit(RLIMIT_NOFILE, &many);

  Lab lab;
  Ebond ebond(build);
  auto& far = lab.host("far");
  const double empty = kibibytes(ebond.pid());
  const int all = namespaces * bonds;
  auto start = Clock::now();
  std::vector<Site> sites;
  sites.reserve(static_cast<std::size_t>(namespaces));
  for (int i = 0; i < namespaces; ++i) sites.emplace_back(lab, ebond, far, i, bonds, options);
  fmt::print("{} bonds of 2 slaves in {} namespaces, made in {:.1f} s\n", all, namespaces,
             seconds_since(start));

  const auto at_rest = [&] {
    std::this_thread::sleep_for(3s);
    start = Clock::now();
    const auto used = processor_seconds(ebond.pid());
    std::this_thread::sleep_for(std::chrono::seconds(rest));
    const auto share = (processor_seconds(ebond.pid()) - used) / seconds_since(start);
    fmt::print("at rest: {:.2f} % of a core; memory {:.1f} KiB a bond; {} descriptors\n", share * 100,
               (kibibytes(ebond.pid()) - empty) / all, descriptors(ebond.pid()));
    std::fflush(stdout);
  };
  at_rest();

  for (int i = 0; i < rounds; ++i) {
    const auto pulled = std::chrono::system_clock::now();
    start = Clock::now();
    for (auto& site : sites) site.pull(i);
    const auto pulling = seconds_since(start);
    std::optional<double> latest;
    while (!latest && seconds_since(start) < 60) {
      std::this_thread::sleep_for(500ms);
      latest = latest_failover(sites, pulled);
    }
    fmt::print("{} cables pulled within {:.2f} s: the last failover {:.2f} s after the first cable\n", all,
               pulling, latest.value_or(-1));
    for (auto& site : sites) site.plug(i);
    std::this_thread::sleep_for(3s);
  }

  start = Clock::now();
  const auto shown = nlohmann::json::parse(ebond.must_run(far, {"-j", "show", "--all"})).size();
  fmt::print("show of all {}: {:.3f} s\n", shown, seconds_since(start));
  double longest = 0;
  start = Clock::now();
  for (const auto& site : sites) {
    const auto one = Clock::now();
    (void)site.show();
    longest = std::max(longest, seconds_since(one));
  }
  fmt::print("show of a namespace: {:.3f} s at most, of all by a command each {:.2f} s\n", longest,
             seconds_since(start));

  // As the exporter asks: one question for each namespace.
  start = Clock::now();
  const auto used = processor_seconds(ebond.pid());
  const auto text = ebond.must_run(far, {"metrics", "--all"});
  fmt::print("metrics of all: {:.3f} s, of these {:.3f} s of the daemon's; {} KiB, {} lines\n",
             seconds_since(start), processor_seconds(ebond.pid()) - used, text.size() / 1024,
             std::ranges::count(text, '\n'));

  // A supervisor starts the next one once this one is gone.
  for (const int signal : {SIGKILL, SIGTERM}) {
    start = Clock::now();
    ebond.kill(signal, 600s);
    const auto ending = seconds_since(start);
    ebond.start();
    fmt::print("{}: gone in {:.2f} s; adopted by the next daemon {:.2f} s after the signal\n",
               signal == SIGKILL ? "killed" : "told to end", ending, seconds_since(start));
    std::fflush(stdout);
  }
  at_rest();
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "ebond-scale: {}\n", error.what());
  return 2;
}
