#include "cli/doctor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/configured.h"
#include "cli/dhcp_client.h"
#include "cli/enabled.h"
#include "cli/running_state.h"
#include "cli/session.h"
#include "cli/update.h"
#include "core/options/option_table.h"
#include "os/ethtool.h"
#include "os/netns.h"
#include "os/rtnetlink.h"
#include "os/tc_filters.h"

namespace ebond::cli {
namespace {

using nlohmann::json;
using views::Finding;
using views::Gravity;

constexpr std::string_view kOurProgram = "ebond_rx";

/// The machine around bonds, in the namespace that the thread is in. What cannot be asked is not found.
class Surroundings {
 public:
  Surroundings(os::Rtnetlink links, os::Ethtool cards) : links_(std::move(links)), cards_(std::move(cards)) {}

  std::vector<Finding> findings(const json& bond) {
    bond_ = bond.at("ifname").get<std::string>();
    for (const auto& slave : bond.at("slaves")) {
      const auto name = slave.at("ifname").get<std::string>();
      const os::IfIndex ifindex{slave.at("ifindex").get<std::uint32_t>()};
      look_at_owners(name, ifindex);
      look_at_filters(name, ifindex);
      look_at_sleep(name);
      look_at_mtu(name, slave);
    }
    look_at_tracking(bond.at("mode").get<std::string>());
    return std::move(found_);
  }

 private:
  void find(Gravity gravity, std::string what, std::string evidence, std::string remedy) {
    found_.push_back({gravity, bond_, std::move(what), std::move(evidence), std::move(remedy)});
  }

  /// A DHCP client or NetworkManager that takes the slave for an interface of its own.
  void look_at_owners(const std::string& name, os::IfIndex ifindex) {
    std::vector<std::string> addresses;
    for (const auto& each : links_.addresses(ifindex).value_or(std::vector<os::Address>{})) {
      if (each.is_kernel_made()) continue;
      const bool leased = each.valid_lifetime != 0xffffffff;
      addresses.push_back(
          fmt::format("{}/{}{}", wire::to_string(each.local), each.prefix_length, leased ? " (leased)" : ""));
    }
    if (!addresses.empty()) {
      find(Gravity::risk, fmt::format("something gives {} addresses of its own", name),
           fmt::format("it has {}", fmt::join(addresses, ", ")),
           fmt::format("have that configure {} instead, then: ip addr flush dev {}", bond_, name));
    }
    if (const auto clients = find_dhcp_client(links_, name).clients; !clients.empty()) {
      find(Gravity::risk, fmt::format("a DHCP client is at work on {}", name),
           fmt::format("{}", fmt::join(clients, ", ")),
           fmt::format("end it there and start one on {}: its next lease would go to {}", bond_, name));
    }
    std::ifstream state(state_of(ifindex));
    for (std::string line; std::getline(state, line);) {
      if (line != "managed=true" && line != "managed=1") continue;
      find(Gravity::risk, fmt::format("NetworkManager manages {}", name), state_of(ifindex) + " says so",
           fmt::format("nmcli device set {} managed no, and the same in its configuration", name));
    }
  }
  static std::string state_of(os::IfIndex ifindex) {
    return fmt::format("/run/NetworkManager/devices/{}", std::to_underlying(ifindex));
  }

  void look_at_filters(const std::string& name, os::IfIndex ifindex) {
    for (const auto& filter :
         os::tc_filters(ifindex, os::TcSide::ingress).value_or(std::vector<os::TcFilter>{})) {
      if (filter.program != 0 && os::program_name(filter.program).value_or("") == kOurProgram) return;
      if (filter.handle == 0 || filter.ending == os::TcEnding::goes_on) continue;
      find(
          Gravity::advice, fmt::format("a filter on {} decides about frames before the bond does", name),
          fmt::format("tc filter show dev {} ingress: {} at priority {}", name, filter.kind, filter.priority),
          "look whether it is meant to keep them from the bond");
    }
  }

  void look_at_sleep(const std::string& name) {
    if (!cards_.energy_efficient(name).value_or(false)) return;
    find(Gravity::advice, fmt::format("the link of {} sleeps between frames", name),
         fmt::format("ethtool --show-eee {}: active", name),
         fmt::format("if latency or flaps matter: ethtool --set-eee {} eee off", name));
  }

  /// Ethernet header, and FCS.
  void look_at_mtu(const std::string& name, const json& slave) {
    constexpr std::uint32_t kAround = 18;
    const auto& there = slave.at("neighbour");
    if (there.is_null() || !there.at("current").get<bool>() || there.at("max_frame_size").is_null()) return;
    const auto bond = links_.link(bond_);
    const auto largest = there.at("max_frame_size").get<std::uint32_t>();
    if (!bond || bond->mtu + kAround <= largest) return;
    find(Gravity::broken, fmt::format("the switch drops the bond's largest frames on {}", name),
         fmt::format("MTU {} makes frames of {} octets, and {} says that it takes {}", bond->mtu,
                     bond->mtu + kAround, there.at("system").get<std::string>(), largest),
         fmt::format("ip link set {} mtu {}, or raise the switch's", bond_, largest - kAround));
  }

  /// Frames of one flow overtake each other in balance-rr.
  void look_at_tracking(const std::string& mode) {
    if (mode != "balance-rr") return;
    std::ifstream count("/proc/sys/net/netfilter/nf_conntrack_count");
    std::uint64_t tracked = 0;
    if (!(count >> tracked) || tracked == 0) return;
    find(Gravity::advice, "connections are tracked, and balance-rr lets frames of one overtake each other",
         fmt::format("nf_conntrack_count is {}", tracked),
         "use another mode, or sysctl net.netfilter.nf_conntrack_tcp_be_liberal=1");
  }

  os::Rtnetlink links_;
  os::Ethtool cards_;
  std::string bond_;
  std::vector<Finding> found_;
};

const config::BondConfig* find_bond(const std::vector<config::Configuration>& files,
                                    const std::string& name) {
  for (const auto& each : files) {
    if (const auto* bond = each.find(name)) return bond;
  }
  return nullptr;
}

std::vector<Finding> drift_findings(const std::vector<config::Configuration>& files, const json& report) {
  const auto running = bond_of_report(report);
  const auto* file = find_bond(files, running.name);
  if (file == nullptr) return {};
  const auto drift = drift_of(running, *file);
  if (drift.empty()) return {};
  return {{Gravity::risk, running.name, "it is not as the files say, and will be otherwise after a reboot",
           fmt::format("{}: {}", file->where.to_string(), fmt::join(drift, "; ")),
           "change the one or the other: `ebond export` prints what is"}};
}

}  // namespace

std::vector<config::Configuration> enabled_configurations(const Arguments& arguments) {
  std::vector<config::Configuration> all;
  for (const auto& part : enabled_parts(arguments).value_or(std::vector<Arguments>{})) {
    if (auto configuration = read_configuration(part)) all.push_back(*std::move(configuration));
  }
  return all;
}

std::vector<std::string> drift_of(const config::BondConfig& running, const config::BondConfig& file) {
  std::vector<std::string> drift;
  const auto here = as_options(running.options), there = as_options(file.options);
  for (const auto& [name, value] : file.options) {
    const auto* option = core::find_option(name);
    if (option == nullptr || option->get == nullptr || option->is_action) continue;
    const auto is = option->get(here), was = option->get(there);
    if (is != was) drift.push_back(fmt::format("{} is {}, and {} there", option->name, is, was));
  }
  const bool named = std::ranges::none_of(file.slaves, [](const auto& slave) { return slave.name.empty(); });
  if (!named) return drift;
  for (const auto& name : slaves_beyond(file, running)) drift.push_back(fmt::format("{} is no slave", name));
  for (const auto& name : slaves_beyond(running, file)) {
    drift.push_back(fmt::format("{} is a slave, and is not there", name));
  }
  return drift;
}

int run_doctor(const Arguments& arguments) {
  auto client = connect(kProgram, arguments.run_dir, arguments.netns);
  if (!client) return client.error();
  const auto reports = client->show(arguments.bond);
  if (!reports) return conclude(kProgram, reports);
  const auto judged = client->show_text(arguments.bond, "findings", false);
  if (!judged) return conclude(kProgram, judged);
  auto findings = views::findings_from_json(json::parse(*judged));

  const auto where =
      arguments.netns.empty() ? os::Namespace::current() : os::Namespace::open_named(arguments.netns);
  if (!where) {
    complain(kProgram, where.error().message());
    return kRefused;
  }
  const auto inside = os::NamespaceScope::enter(*where);
  auto links = os::Rtnetlink::open(*where);
  auto cards = os::Ethtool::open(*where);
  if (inside && links && cards) {
    Surroundings around(std::move(*links), std::move(*cards));
    for (const auto& report : *reports)
      std::ranges::move(around.findings(report), std::back_inserter(findings));
  }
  const auto files = enabled_configurations(arguments);
  for (const auto& report : *reports) {
    std::ranges::move(drift_findings(files, report), std::back_inserter(findings));
  }
  print(arguments.json ? views::findings_json(findings).dump(2) + "\n"
                       : views::doctor_text(findings, reports->size(), colour()));
  return findings.empty() ? kDone : kRefused;
}

}  // namespace ebond::cli
