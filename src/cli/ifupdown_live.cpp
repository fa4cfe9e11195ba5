#include "cli/ifupdown_live.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/run_program.h"
#include "cli/running_state.h"
#include "cli/session.h"

namespace ebond::cli {

Step<std::vector<config::BondConfig>> LiveIfupdown::bonds() {
  const auto reports = client_.show("");
  if (!reports) return std::unexpected(reports.error().message);
  std::vector<config::BondConfig> bonds;
  for (const auto& report : *reports) bonds.push_back(bond_of_report(report));
  return bonds;
}

bool LiveIfupdown::carries(const std::string& interface) {
  const auto link = links_.link(interface);
  return link && link->carrier();
}

Step<> LiveIfupdown::set_down(const std::string& interface) {
  const auto link = links_.link(interface);
  if (!link) return std::unexpected(link.error().message());
  if (auto done = links_.set_up(link->ifindex, false); !done) return std::unexpected(done.error().message());
  return {};
}

std::optional<std::string> LiveIfupdown::run(const std::vector<std::string>& command) {
  return output_of(command);
}

void LiveIfupdown::wait_a_second() {
  std::this_thread::sleep_for(std::chrono::seconds(1));
}

void LiveIfupdown::say(const std::string& line) {
  complain(kProgram, line);
}

}  // namespace ebond::cli
