#include "cli/surroundings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/away.h"
#include "cli/dhcp_client.h"

namespace ebond::cli {
namespace {

using views::Finding;
using views::Gravity;

constexpr std::string_view kOurProgram = "ebond_rx";

std::vector<std::string> own_addresses(const std::vector<os::Address>& addresses) {
  constexpr std::uint32_t kLastsForever = 0xffffffff;
  std::vector<std::string> own;
  for (const auto& each : addresses) {
    if (each.is_kernel_made()) continue;
    own.push_back(fmt::format("{}/{}{}", wire::to_string(each.local), each.prefix_length,
                              each.valid_lifetime == kLastsForever ? "" : " (leased)"));
  }
  return own;
}

std::optional<os::TcFilter> filter_in_front(os::IfIndex slave) {
  for (const auto& filter :
       os::tc_filters(slave, os::TcSide::ingress).value_or(std::vector<os::TcFilter>{})) {
    if (filter.program != 0 && os::program_name(filter.program).value_or("") == kOurProgram) break;
    if (filter.handle != 0 && filter.ending != os::TcEnding::goes_on) return filter;
  }
  return std::nullopt;
}

void note_neighbour(const nlohmann::json& neighbour, SlaveSurroundings& slave) {
  if (neighbour.is_null() || !neighbour.at("current").get<bool>()) return;
  slave.neighbour = neighbour.at("system").get<std::string>();
  const auto& takes = neighbour.at("max_frame_size");
  if (!takes.is_null()) slave.neighbour_takes = takes.get<std::uint32_t>();
}

class Judge {
 public:
  explicit Judge(const Surroundings& around) : around_(around) {}

  std::vector<Finding> findings() {
    for (const auto& slave : around_.slaves) {
      look_at_owners(slave);
      look_at_filters(slave);
      look_at_sleep(slave);
      look_at_mtu(slave);
    }
    look_at_pause();
    look_at_tracking();
    return std::move(found_);
  }

 private:
  void find(Gravity gravity, std::string what, std::string evidence, std::string remedy) {
    found_.push_back({gravity, around_.bond, std::move(what), std::move(evidence), std::move(remedy)});
  }

  /// A DHCP client or NetworkManager that takes the slave for an interface of its own.
  void look_at_owners(const SlaveSurroundings& slave) {
    if (!slave.addresses.empty()) {
      find(Gravity::risk, fmt::format("something gives {} addresses of its own", slave.name),
           fmt::format("it has {}", fmt::join(slave.addresses, ", ")),
           fmt::format("have that configure {} instead, then: ip addr flush dev {}", around_.bond,
                       slave.name));
    }
    if (!slave.dhcp_clients.empty()) {
      find(Gravity::risk, fmt::format("a DHCP client is at work on {}", slave.name),
           fmt::format("{}", fmt::join(slave.dhcp_clients, ", ")),
           fmt::format("end it there and start one on {}: its next lease would go to {}", around_.bond,
                       slave.name));
    }
    if (!slave.managed_by.empty()) {
      find(Gravity::risk, fmt::format("NetworkManager manages {}", slave.name), slave.managed_by + " says so",
           fmt::format("nmcli device set {} managed no, and the same in its configuration", slave.name));
    }
  }

  void look_at_filters(const SlaveSurroundings& slave) {
    if (!slave.in_front) return;
    find(Gravity::advice, fmt::format("a filter on {} decides about frames before the bond does", slave.name),
         fmt::format("tc filter show dev {} ingress: {} at priority {}", slave.name, slave.in_front->kind,
                     slave.in_front->priority),
         "look whether it is meant to keep them from the bond");
  }

  void look_at_sleep(const SlaveSurroundings& slave) {
    if (!slave.sleeps_between_frames) return;
    find(Gravity::advice, fmt::format("the link of {} sleeps between frames", slave.name),
         fmt::format("ethtool --show-eee {}: active", slave.name),
         fmt::format("if latency or flaps matter: ethtool --set-eee {} eee off", slave.name));
  }

  void look_at_mtu(const SlaveSurroundings& slave) {
    constexpr std::uint32_t kAround = 18;  // Ethernet header, and FCS
    if (!slave.neighbour_takes || !around_.mtu || *around_.mtu + kAround <= *slave.neighbour_takes) return;
    find(Gravity::broken, fmt::format("the switch drops the bond's largest frames on {}", slave.name),
         fmt::format("MTU {} makes frames of {} octets, and {} says that it takes {}", *around_.mtu,
                     *around_.mtu + kAround, slave.neighbour, *slave.neighbour_takes),
         fmt::format("ip link set {} mtu {}, or raise the switch's", around_.bond,
                     *slave.neighbour_takes - kAround));
  }

  /// A slave that obeys pause frames waits where another goes on: how long a flow takes is then a matter of
  /// which it was dealt to.
  void look_at_pause() {
    std::vector<std::string> obey, ignore;
    for (const auto& slave : around_.slaves) {
      if (slave.pause) (slave.pause->obeyed ? obey : ignore).push_back(slave.name);
    }
    if (obey.empty() || ignore.empty()) return;
    find(Gravity::advice, "some of its slaves stop when the switch asks them to pause, and others do not",
         fmt::format("ethtool --show-pause: RX is on for {}, off for {}", fmt::join(obey, ", "),
                     fmt::join(ignore, ", ")),
         fmt::format("set all alike, as: ethtool --pause {} rx off", obey.front()));
  }

  /// Frames of one flow overtake each other in balance-rr.
  void look_at_tracking() {
    if (around_.mode != "balance-rr" || around_.tracked_connections == 0) return;
    find(Gravity::advice, "connections are tracked, and balance-rr lets frames of one overtake each other",
         fmt::format("nf_conntrack_count is {}", around_.tracked_connections),
         "use another mode, or sysctl net.netfilter.nf_conntrack_tcp_be_liberal=1");
  }

  const Surroundings& around_;
  std::vector<Finding> found_{};
};

}  // namespace

std::string file_of_network_manager(os::IfIndex ifindex, const std::filesystem::path& root) {
  const auto file = root / fmt::format("run/NetworkManager/devices/{}", std::to_underlying(ifindex));
  std::ifstream state(file);
  for (std::string line; std::getline(state, line);) {
    if (line == "managed=true" || line == "managed=1") return file.string();
  }
  return {};
}

Surroundings look_around(const nlohmann::json& report, os::Rtnetlink& links, const os::Ethtool& cards,
                         const std::filesystem::path& root) {
  Surroundings around{.bond = report.at("ifname").get<std::string>(),
                      .mode = report.at("mode").get<std::string>()};
  if (const auto bond = links.link(around.bond)) around.mtu = bond->mtu;
  std::ifstream count(root / "proc/sys/net/netfilter/nf_conntrack_count");
  if (!(count >> around.tracked_connections)) around.tracked_connections = 0;
  for (const auto& each : report.at("slaves")) {
    SlaveSurroundings slave{.name = each.at("ifname").get<std::string>()};
    note_neighbour(each.at("neighbour"), slave);
    // Nobody meets one that is away, and here its number is another interface's.
    if (has_slaves_away(report)) {
      around.slaves.push_back(std::move(slave));
      continue;
    }
    const os::IfIndex ifindex{each.at("ifindex").get<std::uint32_t>()};
    slave.addresses = own_addresses(links.addresses(ifindex).value_or(std::vector<os::Address>{}));
    slave.dhcp_clients = find_dhcp_client(links, slave.name).clients;
    slave.managed_by = file_of_network_manager(ifindex, root);
    slave.in_front = filter_in_front(ifindex);
    slave.sleeps_between_frames = cards.energy_efficient(slave.name).value_or(false);
    if (const auto pause = cards.pause_frames(slave.name)) slave.pause = *pause;
    around.slaves.push_back(std::move(slave));
  }
  return around;
}

std::vector<views::Finding> findings_around(const Surroundings& around) {
  return Judge(around).findings();
}

}  // namespace ebond::cli
