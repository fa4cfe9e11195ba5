// What TCP and a question with its answer notice of a bond in active-backup: ebond's, made of veths and of
// netkit where the kernel has it, and the driver's where that is, each beside a bare veth, round after round.
// The median of the rounds' ratios to the bare veth says what the bond costs, the quartiles how sure that is.
// Two veth hops without any of our programs are beside them too: what no bond that is a veth pair can do
// better than.
//
//   near eth0 ----- eth0 far     each contender has two hosts of its own; bond0 is near's
//        eth1 ----- eth1
#include <fmt/format.h>
#include <sched.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/contenders.h"
#include "lab/lab.h"
#include "lab/round_trips.h"
#include "lab/throughput.h"

namespace {

using namespace ebond::lab;

const std::string kNearAddress = "192.0.2.1", kFarAddress = "192.0.2.2";

/// The value below which `share` of the sorted values are.
double quantile(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

/// Above all ordinary work, so that what else this machine does is not measured; if we may not, as it is.
void go_first() {
  const sched_param above_the_daemon{.sched_priority = 10};
  (void)::sched_setscheduler(0, SCHED_RR, &above_the_daemon);
}

// ---- What is measured.

struct Measure {
  std::vector<std::string> names;  ///< of what one run of it yields
  std::string unit;
  std::function<std::vector<double>(const Node& near, const Node& far)> of;
};

std::vector<Measure> all_measures(std::chrono::milliseconds each) {
  const auto out = [each](int streams) {
    return [=](const Node& near, const Node& far) {
      return std::vector{measure_tcp(near, far, kFarAddress, each, {.streams = streams}).mbps};
    };
  };
  const auto in = [each](const Node& near, const Node& far) {
    return std::vector{measure_tcp(far, near, kNearAddress, each).mbps};
  };
  const auto round_trips = [each](const Node& near, const Node& far) {
    auto times = measure_round_trips(near, far, kFarAddress, each);
    if (times.empty()) throw std::runtime_error("no question was answered");
    std::ranges::sort(times);
    return std::vector{quantile(times, 0.5), quantile(times, 0.99)};
  };
  return {{{"TCP, 1 stream out"}, "Mbit/s", out(1)},
          {{"TCP, 4 streams out"}, "Mbit/s", out(4)},
          {{"TCP, 1 stream in"}, "Mbit/s", in},
          {{"UDP round trip, p50", "UDP round trip, p99"}, "us", round_trips}};
}

// ---- Who is measured.

class Contenders {
 public:
  Contenders() {
    add("bare veth", [](Host& near) { near.add_address("eth0", kNearAddress + "/24"); });
    add("two hops without ebond", &Contenders::join_by_mirred);
    for (const auto& entry : ebond::bench::plain_bonds()) {
      add(entry.name, [&](Host& near) { bonds_.push_back(entry.bond(near, kNearAddress + "/24")); });
    }
  }

  struct One {
    std::string name;
    const Host *near, *far;
  };
  const std::vector<One>& all() const { return all_; }

 private:
  /// One that this machine cannot make is said, and left out.
  void add(const std::string& name, const std::function<void(Host& near)>& make) {
    const auto number = ++made_;
    Host &near = lab_.host(fmt::format("near{}", number)), &far = lab_.host(fmt::format("far{}", number));
    for (const char* nic : {"eth0", "eth1"}) lab_.cable(near, nic, far, nic);
    far.add_address("eth0", kFarAddress + "/24");
    try {
      make(near);
      all_.push_back({name, &near, &far});
    } catch (const std::exception& error) {
      fmt::print("without \"{}\": {}\n", name, error.what());
    }
  }

  /// upper ── lower ══ eth0, frame for frame.
  static void join_by_mirred(Host& near) {
    near.must_run({"ip", "link", "add", "upper", "type", "veth", "peer", "name", "lower"});
    near.must_run({"sysctl", "-qw", "net.ipv6.conf.lower.disable_ipv6=1"});
    near.must_run({"ip", "link", "set", "dev", "lower", "up", "arp", "off"});
    near.must_run({"ip", "link", "set", "dev", "upper", "address", near.link("eth0").mac.to_string(), "up"});
    for (const auto& [from, to] : {std::pair{"lower", "eth0"}, std::pair{"eth0", "lower"}}) {
      near.must_run({"tc", "qdisc", "add", "dev", from, "clsact"});
      near.must_run({"tc", "filter", "add", "dev", from, "ingress", "bpf", "bytecode", "1,6 0 0 4294967295",
                     "action", "mirred", "egress", "redirect", "dev", to});
    }
    near.add_address("upper", kNearAddress + "/24");
  }

  Lab lab_;
  std::vector<std::unique_ptr<ebond::bench::Contender>> bonds_;
  std::vector<One> all_;
  int made_ = 0;
};

/// The first of the contenders is the yardstick, before and after the others in each round.
void compare(const Measure& measure, const Contenders& contenders, int rounds) {
  const auto& yardstick = contenders.all().front();
  std::vector<Contenders::One> others(contenders.all().begin() + 1, contenders.all().end());
  const auto names = measure.names.size();
  std::vector<std::vector<double>> yardsticks(names);  // of each name, a value a round
  std::vector ratios(names, std::vector<std::vector<double>>(others.size()));
  std::vector<std::size_t> order(others.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::vector<double>> results(others.size());
    const auto before = measure.of(*yardstick.near, *yardstick.far);
    for (const auto i : order) results[i] = measure.of(*others[i].near, *others[i].far);
    const auto after = measure.of(*yardstick.near, *yardstick.far);
    for (std::size_t name = 0; name < names; ++name) {
      const double mean = (before.at(name) + after.at(name)) / 2;
      yardsticks[name].push_back(mean);
      for (const auto i : order) ratios[name][i].push_back(results[i].at(name) / mean);
    }
    std::ranges::reverse(order);  // each round the other way round than the one before
  }
  for (std::size_t name = 0; name < names; ++name) {
    std::ranges::sort(yardsticks[name]);
    fmt::print("{}; {} {:.0f} {}; / {}, median of {} rounds (quartiles):\n", measure.names[name],
               yardstick.name, quantile(yardsticks[name], 0.5), measure.unit, yardstick.name, rounds);
    for (std::size_t i = 0; i < others.size(); ++i) {
      auto& all = ratios[name][i];
      std::ranges::sort(all);
      fmt::print("  {:<24}{:.2f}  ({:.2f} and {:.2f})\n", others[i].name, quantile(all, 0.5),
                 quantile(all, 0.25), quantile(all, 0.75));
    }
  }
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("TCP and UDP through a bond, beside a bare veth");
  int rounds = 30, milliseconds = 400;
  app.add_option("--rounds", rounds, "of each measure")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--milliseconds", milliseconds, "that each measurement takes")
      ->capture_default_str()
      ->check(CLI::Range(50, 60000));
  CLI11_PARSE(app, argc, argv);
  try {
    const Contenders contenders;
    go_first();
    for (const auto& measure : all_measures(std::chrono::milliseconds(milliseconds))) {
      compare(measure, contenders, rounds);
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
