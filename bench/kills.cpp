// What is left when the daemon is killed: at random moments of every command, and under traffic.
//
//   alpha eth0 ----- eth0 beta     each command is begun, ebondd gets SIGKILL somewhere within it, the next
//         eth1 ----- eth1          one is started, and alpha's interfaces, its bond and ebond's files are
//         eth2 ----- eth2          compared with what they were before the command and what they are after
//         eth3 ----- eth3          one that nobody disturbs
//
// --restarts N: instead, in each mode, a stream of numbered frames each way while ebondd is killed and
// started N times; the frames that never arrived are counted. --other BUILD: it is stopped and another
// build's takes over, and back, in turns; --bond0-device: what bond0 is.
#include <fmt/core.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <regex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "lab/ebond.h"
#include "lab/eventually.h"
#include "lab/lab.h"
#include "lab/stream.h"

using namespace ebond;
using namespace ebond::lab;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kNics{"eth0", "eth1", "eth2", "eth3"};

// ---- Killed in a command.

class Bench {
 public:
  Bench() {
    for (const auto& nic : kNics) {
      cables_.push_back(&lab_.cable(alpha, nic, beta, nic));
      alpha.must_run({"sysctl", "-qw", "net.ipv6.conf." + nic + ".accept_dad=0"});
    }
    for (std::size_t i = 0; i < kNics.size(); ++i) {
      alpha.add_address(kNics[i], fmt::format("198.51.{}.1/24", i));
      alpha.must_run(
          {"ip", "route", "add", fmt::format("203.0.{}.0/24", i), "via", fmt::format("198.51.{}.2", i)});
    }
    std::ofstream(file()) << "[bond.bond0]\nmode = \"active-backup\"\nslaves = [\"eth0\", \"eth1\"]\n"
                             "addresses = [\"192.0.2.1/24\"]\n"
                             "[bond.bond1]\nmode = \"balance-xor\"\nslaves = [\"eth2\", \"eth3\"]\n"
                             "addresses = [\"192.0.3.1/24\"]\n";
  }

  fs::path file() const { return ebond.run_dir() / "apply.toml"; }
  Process begin(const Arguments& arguments) {
    Arguments whole{EBOND_BUILD_DIR "/ebond", "--run-dir", ebond.run_dir().string()};
    whole.insert(whole.end(), arguments.begin(), arguments.end());
    return alpha.start(whole, ebond.run_dir() / "command.log");
  }
  void clear() {
    for (const auto* bond : {"bond1", "bond0"}) {
      if (alpha.run({"ip", "link", "show", bond}).exit_code == 0) (void)ebond.run(alpha, {"del", bond});
    }
  }

  /// Everything that must be before or after, as text: without numbers that no two bonds share.
  std::string look() {
    std::string text;
    for (const auto& nic : kNics) {
      text += alpha.run({"ip", "-d", "address", "show", "dev", nic}).output;
      text += alpha.run({"ip", "route", "show", "dev", nic}).output;
      text += alpha.run({"tc", "qdisc", "show", "dev", nic}).output;
      text += alpha.run({"tc", "filter", "show", "dev", nic, "ingress"}).output;
    }
    for (const auto* bond : {"bond0", "bond1"}) text += look_at(bond);
    for (const auto& place : {ebond.run_dir() / "state", ebond.run_dir() / "proc", ebond.pin_dir()}) {
      std::set<std::string> names;
      std::error_code none;
      for (const auto& entry : fs::recursive_directory_iterator(place, none)) {
        names.insert(fs::relative(entry.path(), place).string());
      }
      for (const auto& name : names) text += fmt::format("{}/{}\n", place.filename().string(), name);
    }
    return without_numbers(text);
  }
  /// Looks until it is one of these, for some seconds: addresses of IPv6 take a while.
  std::string look_for(const std::string& one, const std::string& other) {
    std::string seen;
    (void)eventually(
        [&] {
          seen = look();
          return seen == one || seen == other;
        },
        5s);
    return seen;
  }

 private:
  std::string look_at(const std::string& bond) {
    if (alpha.run({"ip", "link", "show", bond}).exit_code != 0) return bond + " is not there\n";
    auto text = alpha.run({"ip", "-d", "address", "show", "dev", bond}).output;
    const auto shown = ebond.run(alpha, {"-j", "show", bond});
    const auto bonds = nlohmann::json::parse(shown.output, nullptr, false);
    if (!bonds.is_array() || bonds.empty()) return text + "not shown: " + shown.output;
    const auto& slaves = bonds[0]["slaves"];
    if (slaves.empty()) text = std::regex_replace(text, std::regex("link/ether [^ ]*"), "");  // a random one
    text += bonds[0]["options"].dump() + "\n";
    for (const auto& slave : slaves) {
      text += fmt::format("slave {}", slave["ifname"].dump());
      for (const auto* option : {"queue_id", "prio"}) {
        text += fmt::format(" {} {}", option, slave.value(option, nlohmann::json()).dump());
      }
      text += "\n";
    }
    return text;
  }
  static std::string without_numbers(std::string text) {
    static const std::vector<std::pair<std::regex, std::string>> rules{
        {std::regex("(^|\n)[0-9]+: "), "$1"},          // ifindex
        {std::regex("@[^ :]+"), "@"},                  // the other end
        {std::regex("ebl[0-9]+"), "ebl"},              // a lower half
        {std::regex("[0-9]{10}-[0-9]+"), "KEY"},       // a bond's key
        {std::regex(" id [0-9]+ (name|tag)"), " $1"},  // a program's number
        {std::regex(":\\[[0-9]+\\]"), ""},
        {std::regex(" tag [0-9a-f]+"), ""},
        {std::regex(" jited"), ""},
        {std::regex(" tentative"), ""},
        {std::regex("Error: Peer netns reference is invalid.\n"), ""},  // of others, which come and go
        {std::regex("valid_lft[^\n]*"), ""},
        {std::regex(" (NO-CARRIER,)?BROADCAST[^ ]*UP[^ ]*"), " UP"},
    };
    for (const auto& [what, by] : rules) text = std::regex_replace(text, what, by);
    return text;
  }

  Lab lab_;
  std::vector<Cable*> cables_;

 public:
  Host& alpha = lab_.host("alpha");
  Host& beta = lab_.host("beta");
  Ebond ebond{EBOND_BUILD_DIR};
};

/// A command and what there is before it.
struct Killed {
  std::string name;
  std::vector<Arguments> before;
  Arguments command;  ///< empty: another daemon takes over
};

std::vector<Killed> all_commands(const fs::path& file) {
  const Arguments add{"add", "bond0", "mode", "active-backup"},
      add_xor{"add", "bond0", "mode", "balance-xor"}, both{"enslave", "bond0", "eth0", "eth1"};
  return {
      {"add", {}, add},
      {"enslave", {add, {"enslave", "bond0", "eth0"}}, {"enslave", "bond0", "eth1"}},
      {"release", {add, both}, {"release", "bond0", "eth1"}},
      {"del", {add, both}, {"del", "bond0"}},
      {"set", {add_xor, both}, {"set", "bond0", "xmit_hash_policy", "layer3+4", "miimon", "50"}},
      {"set-slave", {add_xor, both}, {"set-slave", "eth1", "queue_id", "2"}},
      {"apply", {}, {"apply", file.string()}},
      {"adopt", {add, both}, {}},
  };
}

struct Tally {
  int before = 0, after = 0, between = 0;
};

class Killing {
 public:
  Killing(Bench& bench, const Killed& what, std::mt19937& random)
      : bench_(bench), what_(what), random_(random) {
    bench_.clear();
    set_up();
    before_ = settled();
    const auto start = Clock::now();
    if (what_.command.empty()) {
      bench_.ebond.kill(SIGKILL);
      bench_.ebond.start();
    } else {
      bench_.ebond.must_run(bench_.alpha, what_.command);
    }
    takes_ = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
    after_ = what_.command.empty() ? before_ : settled();
  }

  void once(Tally& tally) {
    bench_.clear();
    set_up();
    (void)bench_.look_for(before_, before_);
    const auto moment =
        std::chrono::microseconds(std::uniform_int_distribution<std::int64_t>(0, takes_.count())(random_));
    if (what_.command.empty()) {
      bench_.ebond.kill(SIGKILL);
      auto starting =
          bench_.alpha.start({EBOND_BUILD_DIR "/ebondd", "--run-dir", bench_.ebond.run_dir().string()},
                             bench_.ebond.run_dir() / "log");
      std::this_thread::sleep_for(moment);
      starting.signal(SIGKILL);
      (void)starting.wait(10s);
      bench_.ebond.start();
    } else {
      auto command = bench_.begin(what_.command);
      std::this_thread::sleep_for(moment);
      bench_.ebond.kill(SIGKILL);
      bench_.ebond.start();
      (void)command.wait(30s);
    }
    const auto now = bench_.look_for(before_, after_);
    if (now == before_) {
      ++tally.before;
    } else if (now == after_) {
      ++tally.after;
    } else {
      ++tally.between;
      fmt::print("{} killed after {} us is between:\n{}\n(before)\n{}\n(after)\n{}\n", what_.name,
                 moment.count(), now, before_, after_);
    }
  }

 private:
  void set_up() {
    for (const auto& step : what_.before) bench_.ebond.must_run(bench_.alpha, step);
  }
  /// What it looks like once nothing moves.
  std::string settled() {
    auto seen = bench_.look();
    for (int same = 0; same < 3;) {
      std::this_thread::sleep_for(300ms);
      auto again = bench_.look();
      same = again == seen ? same + 1 : 0;
      seen = std::move(again);
    }
    return seen;
  }

  Bench& bench_;
  const Killed& what_;
  std::mt19937& random_;
  std::string before_, after_;
  std::chrono::microseconds takes_{};
};

int kill_in_commands(int rounds, const std::string& only, unsigned seed) {
  std::mt19937 random(seed);
  Bench bench;
  int between = 0;
  fmt::print("seed {}\n{:<10} {:>7} {:>7} {:>7} {:>8}\n", seed, "command", "killed", "before", "after",
             "between");
  for (const auto& each : all_commands(bench.file())) {
    if (!only.empty() && each.name != only) continue;
    Killing killing(bench, each, random);
    Tally tally;
    // What is left between would be found by every round that follows.
    for (int round = 0; round < rounds && tally.between == 0; ++round) killing.once(tally);
    fmt::print("{:<10} {:>7} {:>7} {:>7} {:>8}\n", each.name, tally.before + tally.after + tally.between,
               tally.before, tally.after, tally.between);
    std::fflush(stdout);
    between += tally.between;
  }
  return between == 0 ? 0 : 1;
}

// ---- Killed under traffic.

struct Lost {
  std::uint64_t sent = 0, lost = 0, duplicates = 0;
};

/// How the daemon goes and comes, and under what.
struct Restarts {
  int times = 0;
  std::string only;    ///< this mode alone; empty: all
  std::string other;   ///< the build that it is upgraded to, and back from; empty: the same, killed
  std::string device;  ///< bond0_device; empty: not said, which builds before that option understand
};

void make_bond(Ebond& ebond, Host& host, const std::string& mode, const std::string& address,
               const std::string& device = {}) {
  Arguments add{"add", "bond0", "mode", mode};
  if (!device.empty()) add.insert(add.end(), {"bond0_device", device});
  ebond.must_run(host, add);
  ebond.must_run(host, {"enslave", "bond0", "eth0", "eth1"});
  host.add_address("bond0", address);
  host.set_up("bond0");
}

/// A mode whose slaves are one link to the other end needs a bond there, with a daemon that lives; the others
/// have a switch between them and a host without a bond.
Lost kill_under_traffic(const std::string& mode, const Restarts& how, double frames_per_second) {
  Lab lab;
  auto& alpha = lab.host("alpha");
  auto& beta = lab.host("beta");
  Ebond ebond{EBOND_BUILD_DIR}, of_beta{EBOND_BUILD_DIR};
  const bool is_lag =
      mode == "802.3ad" || mode == "balance-rr" || mode == "balance-xor" || mode == "broadcast";
  if (is_lag) {
    for (const auto* nic : {"eth0", "eth1"}) lab.cable(alpha, nic, beta, nic);
    make_bond(of_beta, beta, mode, "192.0.2.2/24");
  } else {
    auto& middle = lab.switch_("sw");
    for (const auto* nic : {"eth0", "eth1"}) lab.cable(alpha, nic, middle);
    lab.cable(beta, "eth0", middle);
    beta.add_address("eth0", "192.0.2.2/24");
  }
  make_bond(ebond, alpha, mode, "192.0.2.1/24", how.device);
  std::this_thread::sleep_for(4s);  // LACP, and a switch's ports
  Stream out(alpha, beta, "192.0.2.2", {.frames_per_second = frames_per_second, .port = 7000});
  Stream in(beta, alpha, "192.0.2.1", {.frames_per_second = frames_per_second, .port = 7001});
  for (int i = 0; i < how.times; ++i) {
    ebond.kill(how.other.empty() ? SIGKILL : SIGTERM);
    if (!how.other.empty()) ebond.use(i % 2 == 0 ? how.other : EBOND_BUILD_DIR);
    std::this_thread::sleep_for(200ms);
    ebond.start();
    std::this_thread::sleep_for(300ms);
  }
  Lost total;
  for (auto* stream : {&out, &in}) {
    const auto report = stream->stop();
    total.sent += report.sent, total.lost += report.lost, total.duplicates += report.duplicates;
  }
  return total;
}

int restart_in_every_mode(const Restarts& how) {
  constexpr double kFramesPerSecond = 2000;
  std::uint64_t lost = 0;
  fmt::print("{:<14} {:>9} {:>9} {:>5} {:>10}\n", "mode", "restarts", "frames", "lost", "duplicates");
  for (const auto* mode : {"balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad",
                           "balance-tlb", "balance-alb", "balance-slb"}) {
    if (!how.only.empty() && how.only != mode) continue;
    const auto total = kill_under_traffic(mode, how, kFramesPerSecond);
    fmt::print("{:<14} {:>9} {:>9} {:>5} {:>10}\n", mode, how.times, total.sent, total.lost,
               total.duplicates);
    std::fflush(stdout);
    lost += total.lost;
  }
  return lost == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("kills ebondd at random moments, and compares what is left");
  int rounds = 20;
  unsigned seed = std::random_device{}();
  Restarts restarts;
  app.add_option("--rounds", rounds, "of each command")->capture_default_str();
  app.add_option("--seed", seed, "of the moments");
  auto* under_traffic =
      app.add_option("--restarts", restarts.times, "kill it so often under traffic in each mode instead");
  app.add_option("--only", restarts.only, "this command or mode alone");
  app.add_option("--other", restarts.other, "the build it is upgraded to, and back from, instead of killed")
      ->check(CLI::ExistingDirectory)
      ->needs(under_traffic);
  app.add_option("--bond0-device", restarts.device, "what bond0 is made as: netkit, veth or auto")
      ->needs(under_traffic);
  CLI11_PARSE(app, argc, argv);
  try {
    return restarts.times > 0 ? restart_in_every_mode(restarts)
                              : kill_in_commands(rounds, restarts.only, seed);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
