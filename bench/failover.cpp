// What a failover costs: frames lost from a stream when the link under it dies, ebond beside the bonding
// driver and teamd, in one run. If one of them cannot run (no bonding driver, no tracing) it says so and
// goes on.
//
//   pulls     the active slave's cable is pulled, and plugged again later
//   flaps     it is pulled and plugged again 30 ms later
//   uplink    the switch behind the active slave loses its uplink: every link stays up
//   failback  the primary slave's cable, pulled before, is plugged again: what going back to it costs
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <functional>
#include <numeric>
#include <thread>

#include "bench/contenders.h"
#include "lab/lab.h"
#include "lab/stream.h"

namespace {

using namespace std::chrono_literals;
using namespace ebond::lab;
using ebond::bench::Contender;
using ebond::bench::Entry;

constexpr auto kServer = "192.0.2.1";
constexpr auto kClient = "192.0.2.2";
constexpr auto kPulled = 600ms;    // how long a cable stays out
constexpr auto kFlap = 30ms;       // how long in a flap
constexpr auto kBetween = 1200ms;  // until the next: a bridge port needs 400 ms to forward again
constexpr auto kDeaf = 400ms;      // how long a switch port that got its link does not forward yet
constexpr auto kGoingBack = 2s;    // how long a slave that returns may take to be the active one again
constexpr auto kSilence = 3s;      // how long an uplink is cut; a path that is not replaced by then never is
constexpr auto kMended = 4s;       // until the next cut: a path that was held out must be proved again

void say(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

struct Losses {
  std::vector<std::uint64_t> each;
  std::uint64_t duplicates = 0;
};

std::string table_line(const std::string& name, double rate, Losses losses) {
  auto& each = losses.each;
  std::ranges::sort(each);
  return fmt::format("  {:<32} {:>6} {:>6} {:>6} {:>6} {:>7} {:>7}", name, rate, each.size(), each.front(),
                     each[each.size() / 2], each.back(),
                     std::accumulate(each.begin(), each.end(), std::uint64_t{0}));
}

std::string heading(std::string_view what) {
  return fmt::format("\n{}\n  {:<32} {:>6} {:>6} {:>6} {:>6} {:>7} {:>7}", what, "frames lost per event",
                     "rate/s", "events", "least", "median", "most", "total");
}

/// server: eth0, eth1 -- sw -- client.
struct OneSwitch {
  Lab lab;
  Host& server = lab.host("server");
  Host& client = lab.host("client");
  Switch& sw = lab.switch_("sw");
  Cable& first = lab.cable(server, "eth0", sw);
  Cable& second = lab.cable(server, "eth1", sw);

  OneSwitch() {
    lab.cable(client, "eth0", sw);
    client.add_address("eth0", std::string(kClient) + "/24");
  }
  Cable& under(const std::string& slave) { return slave == "eth1" ? second : first; }
};

/// Sleeps for some part of a millisecond, another one each time. A frame is lost while the far end of a cable
/// closes, whoever watches; whether there is one must not hang on how long a contender's commands take.
void fall_out_of_step(int time) {
  std::this_thread::sleep_for(std::chrono::microseconds(time * 618 % 1000));
}

/// `times` times the active slave's cable goes for as long as `out`, under a stream of that rate.
Losses count_losses(const Entry& entry, double rate, int times, Clock::duration out) {
  OneSwitch net;
  const auto bond = entry.bond(net.server, std::string(kServer) + "/24");
  Stream stream(net.server, net.client, kClient, {.frames_per_second = rate});
  std::vector<Clock::time_point> began;
  for (int i = 0; i < times; ++i) {
    std::this_thread::sleep_for(kBetween);
    Cable& cable = net.under(bond->active());
    fall_out_of_step(i);
    began.push_back(Clock::now());
    cable.pull();
    std::this_thread::sleep_for(out);
    cable.plug();
  }
  std::this_thread::sleep_for(kBetween);
  Losses losses;
  losses.duplicates = stream.stop().duplicates;
  for (std::size_t i = 0; i < began.size(); ++i) {
    const auto end = i + 1 < began.size() ? began[i + 1] : Clock::now();
    losses.each.push_back(stream.lost_between(began[i], end));
  }
  return losses;
}

/// Of each millisecond around one pull of the active slave's cable: how many frames were sent, and how many
/// of these arrived. For bench/picture.
void write_series(std::ostream& out, const Entry& entry, double rate) {
  constexpr auto kBefore = 50, kAfter = 250;  // ms
  OneSwitch net;
  const auto bond = entry.bond(net.server, std::string(kServer) + "/24");
  Stream stream(net.server, net.client, kClient, {.frames_per_second = rate});
  std::this_thread::sleep_for(kBetween);
  const auto pulled = Clock::now();
  net.under(bond->active()).pull();
  std::this_thread::sleep_for(2 * std::chrono::milliseconds(kAfter));
  stream.stop();
  for (int ms = -kBefore; ms < kAfter; ++ms) {
    const auto begin = pulled + std::chrono::milliseconds(ms), end = begin + 1ms;
    const auto sent = stream.sent_between(begin, end);
    out << fmt::format("\"{}\",{},{},{}\n", entry.name, ms, sent, sent - stream.lost_between(begin, end));
  }
}

void write_series(const std::string& file, const std::vector<Entry>& entries, double rate) {
  std::ofstream out(file);
  out << "contender,ms,sent,arrived\n";
  for (const Entry& entry : entries) {
    try {
      write_series(out, entry, rate);
    } catch (const std::exception& error) {
      say(fmt::format("  {:<32} not measured: {}", entry.name, error.what()));
    }
  }
  if (!out.flush()) throw std::runtime_error("cannot write " + file);
}

/// `times` times the primary's cable, out for a while, is plugged again under a stream of that rate; its port
/// of the switch forwards kDeaf later, both ways.
Losses count_failback_losses(const Entry& entry, double rate, int times) {
  OneSwitch net;
  const auto bond = entry.bond(net.server, std::string(kServer) + "/24");
  Stream stream(net.server, net.client, kClient, {.frames_per_second = rate});
  std::vector<Clock::time_point> returned;
  for (int i = 0; i < times; ++i) {
    std::this_thread::sleep_for(kBetween);
    net.first.pull();
    std::this_thread::sleep_for(kPulled);
    net.first.lose(Cable::Direction::to_far, 1);
    net.first.lose(Cable::Direction::to_near, 1);
    returned.push_back(Clock::now());
    net.first.plug();
    std::this_thread::sleep_for(kDeaf);
    net.first.lose_nothing();
    std::this_thread::sleep_until(returned.back() + kGoingBack);
    if (const auto active = bond->active(); active != "eth0")
      throw std::runtime_error(fmt::format("{} is active {} after eth0's return", active, kGoingBack));
  }
  Losses losses;
  losses.duplicates = stream.stop().duplicates;
  for (const auto& begin : returned) losses.each.push_back(stream.lost_between(begin, begin + kGoingBack));
  return losses;
}

void compare_losses(std::string_view what, const std::vector<Entry>& entries,
                    const std::vector<double>& rates,
                    const std::function<Losses(const Entry&, double rate)>& count) {
  say(heading(what));
  for (const double rate : rates) {
    for (const Entry& entry : entries) {
      try {
        say(table_line(entry.name, rate, count(entry, rate)));
      } catch (const std::exception& error) {
        say(fmt::format("  {:<32} not measured: {}", entry.name, error.what()));
      }
    }
  }
}

/// server: eth0 -- left -- core -- client, eth1 -- right -- core.
struct TwoSwitches {
  Lab lab;
  Host& server = lab.host("server");
  Host& client = lab.host("client");
  Switch& left = lab.switch_("left");
  Switch& right = lab.switch_("right");
  Switch& core = lab.switch_("core");
  Cable& left_uplink = uplink(left, "eth0");
  Cable& right_uplink = uplink(right, "eth1");

  TwoSwitches() {
    lab.cable(client, "eth0", core);
    client.add_address("eth0", std::string(kClient) + "/24");
  }
  Cable& uplink_of(const std::string& slave) { return slave == "eth1" ? right_uplink : left_uplink; }

 private:
  Cable& uplink(Switch& sw, const std::string& slave) {
    lab.cable(server, slave, sw);
    const auto port = sw.next_port();
    Cable& cable = lab.cable(sw, port, core);
    sw.adopt(port);
    return cable;
  }
};

/// `times` times the uplink of the switch that carries loses all its frames: how many milliseconds of the
/// stream went each time, out of those of kSilence.
std::vector<double> silences_after_cuts(const Entry& entry, double rate, int times) {
  TwoSwitches net;
  const auto peer = entry.peer ? entry.peer(net.client, kServer) : nullptr;
  const auto bond = entry.bond(net.server, std::string(kServer) + "/24");
  Stream stream(net.server, net.client, kClient, {.frames_per_second = rate});
  std::vector<Clock::time_point> cuts;
  for (int i = 0; i < times; ++i) {
    std::this_thread::sleep_for(i == 0 ? 2s : kMended);
    Cable& uplink = net.uplink_of(bond->active());
    cuts.push_back(Clock::now());
    uplink.lose(Cable::Direction::to_far, 1);
    uplink.lose(Cable::Direction::to_near, 1);
    std::this_thread::sleep_until(cuts.back() + kSilence);
    uplink.lose_nothing();
  }
  stream.stop();
  std::vector<double> silences;
  for (const auto& cut : cuts) {
    const auto lost = stream.lost_between(cut, cut + kSilence);
    silences.push_back(1000.0 * static_cast<double>(lost) / rate);
  }
  std::ranges::sort(silences);
  return silences;
}

std::string silence_line(const std::string& name, const std::vector<double>& sorted) {
  const double all = std::chrono::duration<double, std::milli>(kSilence).count();
  const auto told = [&](double silence) {
    return silence > 0.98 * all ? std::string("never") : fmt::format("{:.0f}", silence);
  };
  return fmt::format("  {:<32} {:>6} {:>7} {:>7} {:>7}", name, sorted.size(), told(sorted.front()),
                     told(sorted[sorted.size() / 2]), told(sorted.back()));
}

void compare_silences(const std::vector<Entry>& entries, double rate, int times) {
  say(
      fmt::format("\nThe switch's uplink cut for {} while every link stays up ({} frames/s)\n"
                  "  {:<32} {:>6} {:>7} {:>7} {:>7}",
                  kSilence, rate, "ms until traffic is back", "cuts", "least", "median", "most"));
  for (const Entry& entry : entries) {
    try {
      say(silence_line(entry.name, silences_after_cuts(entry, rate, times)));
    } catch (const std::exception& error) {
      say(fmt::format("  {:<32} not measured: {}", entry.name, error.what()));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("What a failover costs: ebond beside the bonding driver and teamd");
  int pulls = 20, cuts = 5;
  std::vector<double> rates{1000, 5000};
  std::vector<std::string> parts, only;
  std::string series;
  app.add_option("--pulls", pulls, "events each")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--rates", rates, "frames a second")
      ->allow_extra_args(false)
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--only", only, "only contenders whose name begins so")
      ->allow_extra_args(false)
      ->delimiter(';');
  app.add_option("--cuts", cuts, "of an uplink, each")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--series", series,
                 "only a file, for bench/picture: the frames of each millisecond around one pull");
  app.add_option("part", parts, "pulls, flaps, uplink, failback; all if none is named")
      ->check(CLI::IsMember({"pulls", "flaps", "uplink", "failback"}));
  CLI11_PARSE(app, argc, argv);
  const auto wanted = [&](const std::string& part) {
    return parts.empty() || std::ranges::count(parts, part) > 0;
  };
  const auto chosen = [&](std::vector<Entry> entries) {
    std::erase_if(entries, [&](const Entry& entry) {
      return !only.empty() && std::ranges::none_of(only, [&](const std::string& head) {
        return entry.name.starts_with(head);
      });
    });
    return entries;
  };

  const auto pulled_for = [&](Clock::duration out) {
    return [pulls, out](const Entry& entry, double rate) { return count_losses(entry, rate, pulls, out); };
  };
  if (!series.empty()) {
    write_series(series, chosen(ebond::bench::link_watchers()), rates.back());
    return 0;
  }
  if (wanted("pulls")) {
    compare_losses("The active cable pulled", chosen(ebond::bench::link_watchers()), rates,
                   pulled_for(kPulled));
  }
  if (wanted("flaps")) {
    compare_losses("The active cable pulled and plugged again within 30 ms",
                   chosen(ebond::bench::link_watchers()), rates, pulled_for(kFlap));
  }
  if (wanted("uplink")) {
    compare_silences(chosen(ebond::bench::path_watchers(kClient, 100)), 1000, cuts);
  }
  if (wanted("failback")) {
    compare_losses(
        "The primary's cable plugged again", chosen(ebond::bench::returners(kClient)), rates,
        [pulls](const Entry& entry, double rate) { return count_failback_losses(entry, rate, pulls); });
  }
}
