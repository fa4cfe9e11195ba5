// One TCP stream through a bond of veths, and through a bare veth, in turn: the ratio of the medians says
// what the bond costs.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "lab/ebond.h"
#include "lab/lab.h"
#include "lab/throughput.h"

namespace {

using namespace std::chrono_literals;
using namespace ebond::lab;

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main() {
  constexpr int kRounds = 7;
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

  std::vector<double> bare, bonded;
  for (int round = 0; round < kRounds; ++round) {
    bare.push_back(measure_tcp(gamma, delta, "198.51.100.2", 1500ms).mbps);
    bonded.push_back(measure_tcp(alpha, beta, "192.0.2.2", 1500ms).mbps);
    fmt::print("round {}: bare veth {:7.0f} Mbit/s, through bond0 {:7.0f} Mbit/s\n", round + 1, bare.back(),
               bonded.back());
  }
  fmt::print("TCP, bond0 / bare veth, medians of {}: {:.2f}\n", kRounds, median(bonded) / median(bare));
}
