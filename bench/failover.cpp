// What a failover costs: frames lost from a stream when the link under it dies, ebond beside the bonding
// driver and teamd, in one run. Where one of them cannot run (no bonding driver, no tracing) it says so and
// goes on.
//
//   pulls   the active slave's cable is pulled, and plugged again later
//   flaps   it is pulled and plugged again 30 ms later
//   uplink  the switch behind the active slave loses its uplink: every link stays up
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
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

constexpr auto kServer = "192.0.2.1/24";
constexpr auto kClient = "192.0.2.2";
constexpr auto kPulled = 600ms;    // how long a cable stays out
constexpr auto kFlap = 30ms;       // how long in a flap
constexpr auto kBetween = 1200ms;  // until the next: a bridge port needs 400 ms to forward again

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
  return fmt::format("  {:<24} {:>6} {:>6} {:>6} {:>6} {:>7} {:>7}", name, rate, each.size(), each.front(),
                     each[each.size() / 2], each.back(),
                     std::accumulate(each.begin(), each.end(), std::uint64_t{0}));
}

std::string heading(std::string_view what) {
  return fmt::format("\n{}\n  {:<24} {:>6} {:>6} {:>6} {:>6} {:>7} {:>7}", what, "frames lost per event",
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

/// `times` times the active slave's cable goes for as long as `out`, under a stream of that rate.
Losses count_losses(const Entry& entry, double rate, int times, Clock::duration out) {
  OneSwitch net;
  const auto bond = entry.bond(net.server, kServer);
  Stream stream(net.server, net.client, kClient, {.frames_per_second = rate});
  std::vector<Clock::time_point> began;
  for (int i = 0; i < times; ++i) {
    std::this_thread::sleep_for(kBetween);
    Cable& cable = net.under(bond->active());
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

void compare_losses(std::string_view what, const std::vector<Entry>& entries,
                    const std::vector<double>& rates, int times, Clock::duration out) {
  say(heading(what));
  for (const double rate : rates) {
    for (const Entry& entry : entries) {
      try {
        say(table_line(entry.name, rate, count_losses(entry, rate, times, out)));
      } catch (const std::exception& error) {
        say(fmt::format("  {:<24} not measured: {}", entry.name, error.what()));
      }
    }
  }
}

/// server: eth0 -- left -- core -- client, eth1 -- right -- core. The uplink of the switch that carries is
/// cut.
double silence_after_cut(const Entry& entry, double rate) {
  Lab lab;
  Host& server = lab.host("server");
  Host& client = lab.host("client");
  Switch &left = lab.switch_("left"), &right = lab.switch_("right"), &core = lab.switch_("core");
  lab.cable(server, "eth0", left);
  lab.cable(server, "eth1", right);
  Cable& left_uplink = lab.cable(left, left.next_port(), core);
  Cable& right_uplink = lab.cable(right, right.next_port(), core);
  left.adopt("p2");
  right.adopt("p2");
  lab.cable(client, "eth0", core);
  client.add_address("eth0", std::string(kClient) + "/24");
  const auto bond = entry.bond(server, kServer);
  Stream stream(server, client, kClient, {.frames_per_second = rate});
  std::this_thread::sleep_for(2s);
  // All of its frames are lost while every link stays up.
  (bond->active() == "eth1" ? right_uplink : left_uplink).lose(Cable::Direction::to_far, 1);
  (bond->active() == "eth1" ? right_uplink : left_uplink).lose(Cable::Direction::to_near, 1);
  const auto cut = Clock::now();
  std::this_thread::sleep_for(3s);
  stream.stop();
  return 1000.0 * static_cast<double>(stream.lost_between(cut - 100ms, cut + 3s)) / rate;
}

void compare_silence(const std::vector<Entry>& entries, double rate) {
  say(fmt::format(
      "\nThe switch's uplink cut while every link stays up ({} frames/s): milliseconds of frames lost",
      rate));
  for (const Entry& entry : entries) {
    try {
      const double lost = silence_after_cut(entry, rate);
      say(fmt::format("  {:<28} {}", entry.name,
                      lost >= 2990 ? "never came back (3 s)" : fmt::format("{:.0f} ms", lost)));
    } catch (const std::exception& error) {
      say(fmt::format("  {:<28} not measured: {}", entry.name, error.what()));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("What a failover costs: ebond beside the bonding driver and teamd");
  int pulls = 20;
  std::vector<double> rates{1000, 5000};
  std::vector<std::string> parts, only;
  app.add_option("--pulls", pulls, "events each")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--rates", rates, "frames a second")
      ->allow_extra_args(false)
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--only", only, "only contenders whose name begins so")
      ->allow_extra_args(false)
      ->delimiter(';');
  app.add_option("part", parts, "pulls, flaps, uplink; all if none is named")
      ->check(CLI::IsMember({"pulls", "flaps", "uplink"}));
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

  if (wanted("pulls"))
    compare_losses("The active cable pulled", chosen(ebond::bench::link_watchers()), rates, pulls, kPulled);
  if (wanted("flaps")) {
    compare_losses("The active cable pulled and plugged again within 30 ms",
                   chosen(ebond::bench::link_watchers()), rates, pulls, kFlap);
  }
  if (wanted("uplink")) compare_silence(chosen(ebond::bench::path_watchers(kClient, 100)), 1000);
}
