// One TCP stream through a bond of veths, and through a bare veth, pair after pair, each the other way round
// than the one before: the median of the pairs' ratios says what the bond costs, the quartiles how sure that
// is.
#include <fmt/format.h>

#include <algorithm>
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

}  // namespace

int main() {
  constexpr int kPairs = 25;
  constexpr auto kStream = 600ms;
  Lab lab;
  Ebond ebond{EBOND_BUILD_DIR};
  // alpha bonds two cables to beta's bond; gamma and delta have one cable and nothing else.
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
  const auto bonded = [&] { return measure_tcp(alpha, beta, "192.0.2.2", kStream).mbps; };
  std::vector<double> ratios;
  for (int pair = 0; pair < kPairs; ++pair) {
    const bool bare_first = pair % 2 == 0;
    const double first = bare_first ? bare() : bonded();
    const double second = bare_first ? bonded() : bare();
    ratios.push_back(bare_first ? second / first : first / second);
    fmt::print("pair {:2}: bare veth {:6.0f} Mbit/s, through bond0 {:6.0f} Mbit/s: {:.2f}\n", pair + 1,
               bare_first ? first : second, bare_first ? second : first, ratios.back());
  }
  std::ranges::sort(ratios);
  fmt::print("TCP, bond0 / bare veth, median of {} pairs: {:.2f} (quartiles {:.2f} and {:.2f})\n", kPairs,
             quantile(ratios, 0.5), quantile(ratios, 0.25), quantile(ratios, 0.75));
}
