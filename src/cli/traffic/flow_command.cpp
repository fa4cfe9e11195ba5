#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/session.h"
#include "cli/traffic/commands.h"
#include "cli/traffic/flow_answer.h"
#include "cli/traffic/flow_text.h"

namespace ebond::cli {
namespace {

using namespace traffic;

class FlowTeller {
 public:
  FlowTeller(control::Client client, Resolver resolver, const Arguments& arguments)
      : client_(std::move(client)), resolver_(std::move(resolver)), arguments_(arguments) {}

  /// Of a line: what became of it, as an exit code.
  int tell(std::string_view text, int indent) {
    auto flow = flow_of_text(text);
    if (!flow) return refuse(kUsage, flow.error());
    const auto bond = resolver_.bond_of(*flow, arguments_.bond);
    if (!bond) return refuse(kRefused, bond.error());
    const auto* paths = paths_of(*bond);
    if (paths == nullptr) return kRefused;
    const auto origins = resolver_.complete(*flow, *bond);
    const auto told = answer(*paths, *flow, origins);
    if (!told) return refuse(kRefused, told.error());
    print(arguments_.json
              ? json_of(*told).dump(indent, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"
              : text_of(*told));
    return kDone;
  }

 private:
  static int refuse(int code, std::string_view why) {
    complain(kProgram, why);
    return code;
  }

  const Paths* paths_of(const std::string& bond) {
    if (const auto known = paths_.find(bond); known != paths_.end()) return &known->second;
    auto foresight = client_.foresee(bond);
    if (!foresight) {
      (void)conclude(kProgram, foresight);
      return nullptr;
    }
    return &paths_.emplace(bond, Paths(std::move(*foresight))).first->second;
  }

  control::Client client_;
  Resolver resolver_;
  const Arguments& arguments_;
  std::map<std::string, Paths> paths_;
};

/// Of `ss`, and empty lines.
bool is_headline(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos || line.starts_with("Netid") ||
         line.starts_with("State");
}

int tell_lines(FlowTeller& teller) {
  int worst = kDone;
  for (std::string line; std::getline(std::cin, line);) {
    if (!is_headline(line) && teller.tell(line, -1) != kDone) worst = kRefused;
  }
  return worst;
}

}  // namespace

int run_flow(const Arguments& arguments) {
  auto client = connect(kProgram, arguments.run_dir, arguments.netns);
  if (!client) return client.error();
  const auto reports = client->show("");
  if (!reports) return conclude(kProgram, reports);
  std::vector<std::string> bonds;
  for (const auto& report : *reports) bonds.push_back(report.at("ifname").get<std::string>());
  auto resolver = Resolver::open(std::move(bonds));
  if (!resolver) {
    complain(kProgram, resolver.error());
    return kRefused;
  }
  FlowTeller teller(std::move(*client), std::move(*resolver), arguments);
  const auto text = fmt::format("{}", fmt::join(arguments.words, " "));
  return text == "-" ? tell_lines(teller) : teller.tell(text, 2);
}

}  // namespace ebond::cli
