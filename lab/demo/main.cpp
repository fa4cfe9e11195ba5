// What ebond does, seen in a minute: the article's bond, a cable pulled under load, two cables' bandwidth, a
// container's bond. Run by scripts/demo. Exits non-zero if anything it claims was not so.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "lab/ebond.h"
#include "lab/eventually.h"
#include "lab/lab.h"
#include "lab/stream.h"
#include "lab/throughput.h"
#include "os/file.h"

namespace {

using namespace std::chrono_literals;
using namespace ebond::lab;

constexpr std::uint64_t kMostLost = 10;
constexpr int kPulls = 3;

void say(const std::string& text) {
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

/// A command as it is typed on that host, and what it answered.
void show(const Node& where, const std::string& command, const std::string& answer) {
  say(fmt::format("{}# {}", where.name(), command));
  std::string line;
  for (const char letter : answer) {
    line += letter;
    if (letter != '\n') continue;
    fmt::print("    {}", line);
    line.clear();
  }
  say(line.empty() ? "" : "    " + line + "\n");
}

/// What was claimed, and whether it was so.
class Summary {
 public:
  void add(bool so, const std::string& claim) { lines_.push_back({so, claim}); }
  bool print() const {
    say("\n=== Summary ===\n");
    bool all = true;
    for (const auto& [so, claim] : lines_) {
      say(fmt::format("  [{}] {}", so ? " ok " : "FAIL", claim));
      all = all && so;
    }
    say(all ? "\nNo bonding driver was loaded: a daemon decided, eBPF programs in the kernel moved the "
              "frames."
            : "\nWhat is marked FAIL was not as ebond promises.");
    return all;
  }

 private:
  struct Line {
    bool so;
    std::string claim;
  };
  std::vector<Line> lines_;
};

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

template <class Question>
void wait_until(Question is_so, const char* what) {
  if (!eventually(is_so)) throw std::runtime_error(fmt::format("waited in vain until {}", what));
}

bool carries(const Ebond& ebond, const Node& server, const std::string& slave) {
  return ebond.must_run(server, {"show", "--proc", "bond0"})
      .contains("Currently Active Slave: " + slave + "\n");
}

/// eth0's cable is plugged in again, and bond0 goes back to it.
void mend(const Ebond& ebond, const Node& server, Cable& cable, Switch& sw) {
  cable.plug();
  wait_until([&] { return sw.forwards(cable.far().interface); }, "the switch's port forwards");
  std::this_thread::sleep_for(1s);  // netlink tells of two changes within a second late
  ebond.must_run(server, {"set", "bond0", "active_slave", "eth0"});
}

struct Pulled {
  bool as_promised;
  std::string told;  ///< how many frames were lost, how long nothing came, and what became of it
};

/// Pulls a cable of a bond in active-backup while `from` sends. A machine that is busy with other things may
/// tell of a lost carrier late: then it is mended and done once more.
template <class Question, class Mend>
Pulled pull_cable(Host& from, Host& to, Cable& cable, const char* sender, Question has_moved, Mend mend) {
  for (int pull = 1;; ++pull) {
    say(fmt::format("The cable of eth0 is pulled while {} sends 1000 frames a second ...{}", sender,
                    pull > 1 ? " (once more)" : ""));
    Stream stream(from, to, "192.0.2.2", {.frames_per_second = 1000});
    stream.wait_for_arrivals(1000);
    cable.pull();
    stream.wait_for_arrivals(1000);
    const auto report = stream.stop();
    const bool moved = has_moved();
    say(fmt::format("    {} of {} frames lost, longest silence {:.1f} ms\n", report.lost, report.sent,
                    report.longest_gap_ms));
    const bool as_promised = moved && report.lost <= kMostLost;
    if (as_promised || pull == kPulls) {
      return {as_promised,
              fmt::format("{} of {} lost, silence of {:.1f} ms, then {}", report.lost, report.sent,
                          report.longest_gap_ms, moved ? "eth1 carried on" : "eth1 did NOT take over")};
    }
    mend();
  }
}

/// Everything said of the article's bond.
class ActiveBackup {
 public:
  explicit ActiveBackup(Summary& summary) : summary_(summary) {}

  void run() {
    say("\n=== 1. Two cards, one address: the article's own files, mode=1 (active-backup) ===\n");
    client_.add_address("eth0", "192.0.2.2/24");
    say(lab_.draw());
    bring_up();
    pull_under_load();
    look_around();
    drain_under_load();
    ebond_.must_run(server_, {"down", "--sysconfig", files_.string()});
  }

 private:
  bool active_is(const std::string& slave) { return carries(ebond_, server_, slave); }
  void mend_left() { mend(ebond_, server_, left_, sw_); }

  void bring_up() {
    const auto scripts = files_ / "network-scripts";
    for (const auto& file : {files_ / "modprobe.conf", scripts / "ifcfg-bond0", scripts / "ifcfg-eth0"}) {
      show(server_, "cat " + file.filename().string(), ebond::os::read_file(file).value_or(""));
    }
    show(server_, "ebond up", ebond_.must_run(server_, {"up", "--sysconfig", files_.string()}));
    for (const auto* interface : {"bond0", "eth0", "eth1"}) {
      show(server_, fmt::format("ifconfig {}", interface), server_.must_run({"ifconfig", interface}));
    }
    const auto on_disk = ebond_.run_dir() / "netns" / server_.netns_name() / "proc/bond0";
    show(server_, "cat /run/ebond/…/proc/bond0      (what /proc/net/bonding/bond0 is with the driver)",
         ebond::os::read_file(on_disk).value_or("(no proc text)"));
    summary_.add(active_is("eth0") && server_.run({"ping", "-c", "1", "-W", "5", "192.0.2.2"}).exit_code == 0,
                 "bond0 came up from the article's files: eth0 carries its traffic, eth1 waits");
  }

  void pull_under_load() {
    const auto pulled = pull_cable(
        server_, client_, left_, "server", [&] { return active_is("eth1"); }, [&] { mend_left(); });
    say(lab_.draw());
    show(server_, "ebond show", ebond_.must_run(server_, {"show"}));
    summary_.add(pulled.as_promised, "its cable was pulled at 1000 frames/s: " + pulled.told);
  }

  /// What an operator asks afterwards, some lines of each answer.
  void look_around() {
    say("Which cable, since when, how bad, what now?\n");
    const auto ask = [&](const std::string& command, const Arguments& words,
                         const std::vector<std::string>& wanted) {
      const auto answer = ebond_.run(server_, words).output;
      show(server_, command, some_lines(answer, wanted));
      return std::ranges::all_of(wanted,
                                 [&](const auto& each) { return answer.find(each) != std::string::npos; });
    };
    bool all = ask("ebond show -v bond0", {"show", "-v", "bond0"}, {"SINCE", "FAILOVER ", "eth0"});
    all = ask("ebond events --since 1m --no-follow", {"events", "--since", "1m", "--no-follow"},
              {"link up -> down", "failover eth0 -> eth1"}) &&
          all;
    all = ask("ebond doctor", {"doctor"}, {"eth0"}) && all;
    all = ask("ebond flow 'tcp 192.0.2.1:40000 > 192.0.2.2:443'",
              {"flow", "tcp 192.0.2.1:40000 > 192.0.2.2:443"}, {"by bond0", "now ", "without eth1"}) &&
          all;
    all = ask("ebond metrics", {"metrics"},
              {"ebond_bond_health{bond=\"bond0\"", "ebond_bond_failovers_total{", "ebond_slave_carrier{"}) &&
          all;
    summary_.add(all, "show -v, events, doctor, flow and metrics tell of the pulled cable");
    watch();
  }

  /// The live screen after two seconds, as a terminal of its own shows it.
  void watch() {
    const auto socket = ebond_.run_dir() / "tmux";
    const auto tmux = [&](const Arguments& more) {
      Arguments words{"tmux", "-S", socket.string()};
      words.insert(words.end(), more.begin(), more.end());
      return server_.run(words).output;
    };
    const auto terminal = server_.start(
        {"env", "-u", "TMUX", "LC_ALL=C.UTF-8", "tmux", "-u", "-D", "-S", socket.string(), "-f", "/dev/null"},
        ebond_.run_dir() / "tmux.log");
    wait_until([&] { return std::filesystem::exists(socket); }, "the terminal is there");
    tmux({"new-session", "-d", "-s", "w", "-x", "100", "-y", "24",
          fmt::format("{}/ebond --run-dir {} watch", EBOND_BUILD_DIR, ebond_.run_dir().string())});
    std::this_thread::sleep_for(2s);
    const auto screen = tmux({"capture-pane", "-p", "-t", "w"});
    tmux({"kill-server"});
    show(server_, "ebond watch", some_lines(screen, {" "}));  // without empty ones
    summary_.add(screen.find("eth0: no carrier") != std::string::npos, "so does the live screen");
  }

  /// What an operator does before a cable is moved.
  void drain_under_load() {
    mend_left();
    say("The cable of eth0 is to be moved while server sends 1000 frames a second ...\n");
    Stream stream(server_, client_, "192.0.2.2", {.frames_per_second = 1000});
    show(server_, "ebond balance --seconds 1", ebond_.run(server_, {"balance", "--seconds", "1"}).output);
    show(server_, "ebond drain eth0", ebond_.run(server_, {"drain", "eth0"}).output);
    stream.wait_for_arrivals(500);
    const bool moved = active_is("eth1");
    const auto report = stream.stop();
    show(server_, "ebond show", ebond_.must_run(server_, {"show"}));
    say(fmt::format("    {} of {} frames lost\n", report.lost, report.sent));
    summary_.add(moved && report.lost == 0,
                 fmt::format("eth0 was drained at 1000 frames/s: {} of {} lost, and {}", report.lost,
                             report.sent, moved ? "eth1 carries on" : "eth1 did NOT take over"));
  }

  /// Lines that have one of these in them, each with its whole text.
  static std::string some_lines(const std::string& text, const std::vector<std::string>& wanted) {
    std::string some;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (std::ranges::any_of(wanted,
                              [&](const auto& each) { return line.find(each) != std::string::npos; })) {
        some += line + "\n";
      }
    }
    return some;
  }

  Summary& summary_;
  Lab lab_;
  Ebond ebond_{EBOND_BUILD_DIR};
  Host& server_ = lab_.host("server");
  Host& client_ = lab_.host("client");
  Switch& sw_ = lab_.switch_("sw");
  Cable& left_ = lab_.cable(server_, "eth0", sw_);
  Cable& right_ = lab_.cable(server_, "eth1", sw_);
  Cable& up_ = lab_.cable(client_, "eth0", sw_);
  std::filesystem::path files_ = article_files(ebond_);
};

void round_robin(Summary& summary) {
  say("\n=== 2. Twice the bandwidth: mode=0 (balance-rr) over two cables of 100 Mbit/s ===\n");
  Lab lab;
  Ebond ebond{EBOND_BUILD_DIR};
  Host& alpha = lab.host("alpha");
  Host& beta = lab.host("beta");
  Cable& first = lab.cable(alpha, "eth0", beta, "eth0");
  Cable& second = lab.cable(alpha, "eth1", beta, "eth1");
  first.shape(100);
  second.shape(100);
  say(lab.draw());
  const auto measure = [&](const char* what, const std::string& address) {
    const double mbps = measure_udp(alpha, beta, address, 3s).mbps;
    say(fmt::format("    {:<22}{:6.1f} Mbit/s", what, mbps));
    return mbps;
  };
  alpha.add_address("eth0", "198.51.100.1/24");
  beta.add_address("eth0", "198.51.100.2/24");
  say("UDP from alpha to beta, as fast as it goes:\n");
  const double one = measure("one cable, no bond", "198.51.100.2");
  for (auto [host, address] : {std::pair{&alpha, "192.0.2.1/24"}, std::pair{&beta, "192.0.2.2/24"}}) {
    ebond.must_run(*host, {"add", "bond0", "mode", "0", "miimon", "100"});
    ebond.must_run(*host, {"enslave", "bond0", "eth0", "eth1"});
    host->add_address("bond0", address);
    host->set_up("bond0");
  }
  const double two = measure("both, bonded", "192.0.2.2");
  first.pull();
  wait_until(
      [&] {
        return ebond.must_run(alpha, {"show", "--proc", "bond0"})
                   .find("Slave Interface: eth0\nMII Status: down\n") != std::string::npos;
      },
      "alpha's bond knows of the pulled cable");
  const double left = measure("one of the two pulled", "192.0.2.2");
  summary.add(two / one >= 1.7,
              fmt::format("two cables of 100 Mbit/s carried {:.1f}, one alone {:.1f}: {:.2f} "
                          "times as much",
                          two, one, two / one));
  summary.add(left / one >= 0.8, fmt::format("one of the two pulled: {:.1f} Mbit/s went on", left));
}

/// A container has the bond, the host its cards: what stands in the container is one interface.
void in_a_container(Summary& summary) {
  say("\n=== 3. A bond for a container: bond0 in there, the cards and the daemon with the host ===\n");
  Lab lab;
  Ebond ebond{EBOND_BUILD_DIR};
  Host& server = lab.host("server");
  Host& client = lab.host("client");
  Host& web = lab.host("web");
  Switch& sw = lab.switch_("sw");
  Cable& left = lab.cable(server, "eth0", sw);
  lab.cable(server, "eth1", sw);
  lab.cable(client, "eth0", sw);
  client.add_address("eth0", "192.0.2.2/24");
  say(lab.draw());
  const auto typed = [&](const Node& where, const std::string& command, const CommandResult& result) {
    show(where, command, result.output);
    if (result.exit_code != 0) throw std::runtime_error(fmt::format("`{}` failed", command));
  };
  typed(server, "ebond add bond0 mode active-backup miimon 100 netns web",
        ebond.run(server,
                  {"add", "bond0", "mode", "active-backup", "miimon", "100", "netns", web.netns_name()}));
  typed(server, "ebond enslave bond0 eth0 eth1", ebond.run(server, {"enslave", "bond0", "eth0", "eth1"}));
  typed(web, "ip address add 192.0.2.1/24 dev bond0",
        web.run({"ip", "address", "add", "192.0.2.1/24", "dev", "bond0"}));
  typed(web, "ip link set bond0 up", web.run({"ip", "link", "set", "bond0", "up"}));
  wait_until([&] { return web.link("bond0").carrier() && carries(ebond, server, "eth0"); },
             "the container's bond is up");
  typed(web, "ip -brief address", web.run({"ip", "-brief", "address"}));
  typed(web, "ping -c 1 192.0.2.2", web.run({"ping", "-c", "1", "-W", "5", "192.0.2.2"}));
  const auto pulled = pull_cable(
      web, client, left, "the container", [&] { return carries(ebond, server, "eth1"); },
      [&] { mend(ebond, server, left, sw); });
  show(server, "ebond show", ebond.must_run(server, {"show"}));
  summary.add(pulled.as_promised, "a container's bond, the same cable pulled: " + pulled.told);
}

}  // namespace

int main() {
  say("ebond's demo: a small network is built out of network namespaces, used, and removed again. Nothing\n"
      "outside of it is touched. Each \"host\" below is a namespace, each cable a veth pair.");
  Summary summary;
  try {
    ActiveBackup(summary).run();
    round_robin(summary);
    in_a_container(summary);
  } catch (const std::exception& error) {
    summary.add(false, fmt::format("the demo could not go on: {}", error.what()));
  }
  return summary.print() ? EXIT_SUCCESS : EXIT_FAILURE;
}
