#include "cli/live_host.h"

#include <fmt/format.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "cli/away.h"
#include "cli/dhcp_client.h"
#include "cli/upper_netns.h"

namespace ebond::cli {
namespace {

Step<> step(const control::Result<>& done) {
  if (!done) return std::unexpected(done.error().message);
  return {};
}

Step<> step(const os::Result<>& done) {
  if (!done) return std::unexpected(done.error().message());
  return {};
}

/// RTA_METRICS with what the route sets of them.
std::vector<std::uint8_t> metrics_of(const config::Route& route) {
  std::vector<std::uint8_t> packed;
  const auto add = [&](unsigned short metric, const std::optional<std::uint32_t>& value) {
    if (!value) return;
    const rtattr header{RTA_LENGTH(sizeof *value), metric};
    const auto begin = packed.size();
    packed.resize(begin + RTA_SPACE(sizeof *value));
    std::memcpy(packed.data() + begin, &header, sizeof header);
    std::memcpy(packed.data() + begin + RTA_LENGTH(0), &*value, sizeof *value);
  };
  add(RTAX_MTU, route.mtu);
  add(RTAX_INITCWND, route.initcwnd);
  add(RTAX_INITRWND, route.initrwnd);
  return packed;
}

os::Address to_kernel(os::IfIndex ifindex, const config::InterfaceAddress& address) {
  os::Address result;
  result.ifindex = ifindex;
  result.local = address.prefix.address;
  result.prefix_length = address.prefix.length;
  result.broadcast = address.broadcast;
  if (const auto* ipv4 = std::get_if<wire::Ipv4Address>(&address.prefix.address)) {
    if (!result.broadcast && result.prefix_length < 31) {
      result.broadcast = config::broadcast_of(*ipv4, result.prefix_length);
    }
  }
  return result;
}

os::Route to_kernel(os::IfIndex ifindex, const config::Route& route) {
  os::Route result;
  result.ifindex = ifindex;
  result.ipv6 = route.destination.is_ipv6();
  if (route.destination.length > 0) result.destination = route.destination.address;
  result.prefix_length = route.destination.length;
  result.gateway = route.gateway;
  result.preferred_source = route.source;
  result.metric = route.metric.value_or(0);
  if (route.table) result.table = *route.table;
  result.metrics = metrics_of(route);
  if (!result.ipv6 && !result.gateway) result.scope = RT_SCOPE_LINK;
  if (route.scope) result.scope = *route.scope;
  if (route.protocol) result.protocol = *route.protocol;
  if (route.onlink) result.flags |= RTNH_F_ONLINK;
  return result;
}

}  // namespace

template <class Action>
Step<> LiveHost::with_index(const std::string& name, Action action) {
  auto& links = links_of(name);
  const auto link = links.link(name);
  if (!link) return std::unexpected(link.error().message());
  return step(action(links, link->ifindex));
}

os::Rtnetlink& LiveHost::links_of(const std::string& interface) {
  const auto away = away_.find(interface);
  return away == away_.end() ? links_ : *away->second;
}

Step<> LiveHost::put_into(const std::string& bond, const std::string& netns) {
  const auto there = os::Namespace::open_named(netns);
  if (!there) return std::unexpected(there.error().message());
  if (auto put = cli::put_into(*there, bond, links_, client_); !put) return put;
  return seek_in(bond, netns);
}

Step<> LiveHost::seek_in(const std::string& interface, const std::string& netns) {
  const auto there = os::Namespace::open_named(netns);
  if (!there) return std::unexpected(there.error().message());
  auto links = os::Rtnetlink::open(*there);
  if (!links) return std::unexpected(links.error().message());
  away_.insert_or_assign(interface, std::make_shared<os::Rtnetlink>(*std::move(links)));
  return {};
}

/// What is made of other devices is no card.
Step<std::vector<Card>> LiveHost::cards() {
  const auto links = links_.links();
  if (!links) return std::unexpected(links.error().message());
  std::vector<Card> cards;
  for (const auto& link : *links) {
    const bool stacked = link.kind == "bridge" || link.kind == "vlan" || link.kind == "bond" ||
                         link.kind == "team" || link.kind == "macvlan";
    if (link.arptype != ARPHRD_ETHER || stacked) continue;
    cards.push_back({link.name, link.permanent_mac.value_or(link.mac)});
  }
  for (auto& card : cards_away()) cards.push_back(std::move(card));
  return cards;
}

/// What bonds of this namespace have away belongs here all the same.
std::vector<Card> LiveHost::cards_away() {
  std::vector<Card> cards;
  const auto reports = client_.show("").value_or(nlohmann::json::array());
  for (const auto& report : reports) {
    if (!has_slaves_away(report)) continue;
    for (const auto& slave : report.at("slaves")) {
      const auto mac = wire::MacAddress::parse(slave.at("perm_hwaddr").get<std::string>());
      if (mac) cards.push_back({slave.at("ifname").get<std::string>(), *mac});
    }
  }
  return cards;
}

Step<> LiveHost::rename(const std::string& from, const std::string& to) {
  const auto link = links_.link(from);
  if (!link) return std::unexpected(link.error().message());
  if (!link->is_up()) return step(links_.set_name(link->ifindex, to));
  if (auto down = links_.set_up(link->ifindex, false); !down) return step(down);
  const auto named = links_.set_name(link->ifindex, to);
  const auto up = links_.set_up(link->ifindex, true);
  return step(named ? up : named);
}

Step<> LiveHost::add_vlan(const std::string& bond, std::uint16_t id, const std::string& name) {
  auto made = with_index(
      bond, [&](os::Rtnetlink& links, os::IfIndex ifindex) { return links.create_vlan(name, ifindex, id); });
  if (const auto away = away_.find(bond); away != away_.end()) away_.insert_or_assign(name, away->second);
  return made;
}

Step<> LiveHost::join_bridge(const std::string& interface, const std::string& bridge) {
  const auto master = links_of(interface).link(bridge);
  if (!master) return std::unexpected(master.error().message());
  if (master->kind != "bridge") return std::unexpected(fmt::format("{} is not a bridge", bridge));
  return with_index(interface, [&](os::Rtnetlink& links, os::IfIndex ifindex) {
    return links.set_master(ifindex, master->ifindex);
  });
}

Step<> LiveHost::add_bond(const std::string& bond, const config::KeyValues& options) {
  return step(client_.add(bond, options));
}

Step<std::vector<std::string>> LiveHost::add_adopting(const std::string& bond,
                                                      const config::KeyValues& options,
                                                      const std::string& interface) {
  std::vector<std::string> warnings;
  if (const auto dhcp = find_dhcp_client(links_, interface); !dhcp.empty()) {
    if (!forced_) return std::unexpected(dhcp_refusal(interface, bond, dhcp));
    warnings.push_back(dhcp_warning(interface, bond, dhcp));
  }
  auto done = client_.add_adopting(bond, options, interface);
  if (!done) return std::unexpected(done.error().message);
  std::ranges::move(*done, std::back_inserter(warnings));
  return warnings;
}

Step<> LiveHost::set_bond(const std::string& bond, const config::KeyValues& options) {
  return step(client_.set(bond, options));
}

Step<> LiveHost::release(const std::string& bond, const std::vector<std::string>& slaves) {
  return step(client_.release(bond, slaves));
}

Step<> LiveHost::checkpoint(const std::vector<std::string>& bonds, std::chrono::seconds within) {
  return step(client_.checkpoint(bonds, within));
}

Step<> LiveHost::confirm() {
  return step(client_.confirm());
}

Step<> LiveHost::roll_back() {
  auto done = client_.roll_back();
  if (done || !client_.is_cut()) return step(done);
  auto next = connect_again_();
  if (!next) return step(done);
  client_ = std::move(*next);
  return step(client_.roll_back());
}

bool LiveHost::has_interface(const std::string& name) {
  if (links_.link(name)) return true;
  const auto away = cards_away();
  return std::ranges::find(away, name, &Card::name) != away.end();
}

bool LiveHost::is_up(const std::string& interface) {
  const auto link = links_of(interface).link(interface);
  return link && link->is_up();
}

bool LiveHost::has_mac(const std::string& interface, const wire::MacAddress& mac) {
  const auto link = links_of(interface).link(interface);
  return link && link->mac == mac;
}

Step<> LiveHost::delete_bond(const std::string& bond) {
  auto deleted = client_.del(bond);
  if (deleted || !client_.is_cut()) return step(deleted);
  auto next = connect_again_();
  if (!next) return step(deleted);
  client_ = std::move(*next);
  deleted = client_.del(bond);
  if (!deleted && deleted.error().kind == control::Error::Kind::no_such_bond) return {};
  return step(deleted);
}

Step<std::vector<std::string>> LiveHost::enslave(const std::string& bond,
                                                 const std::vector<std::string>& slaves) {
  auto warnings = client_.enslave(bond, slaves, control::Absent::awaited);
  if (!warnings) return std::unexpected(warnings.error().message);
  return std::move(*warnings);
}

Step<> LiveHost::set_slave(const std::string& slave, const config::KeyValues& options) {
  return step(client_.set_slave(slave, options));
}

Step<> LiveHost::set_mac(const std::string& interface, const wire::MacAddress& mac) {
  return with_index(interface,
                    [&](os::Rtnetlink& links, os::IfIndex ifindex) { return links.set_mac(ifindex, mac); });
}

Step<> LiveHost::set_mtu(const std::string& interface, std::uint32_t mtu) {
  return with_index(interface,
                    [&](os::Rtnetlink& links, os::IfIndex ifindex) { return links.set_mtu(ifindex, mtu); });
}

Step<> LiveHost::set_up(const std::string& interface) {
  return with_index(interface,
                    [&](os::Rtnetlink& links, os::IfIndex ifindex) { return links.set_up(ifindex, true); });
}

Step<> LiveHost::add_address(const std::string& interface, const config::InterfaceAddress& address) {
  return with_index(interface, [&](os::Rtnetlink& links, os::IfIndex ifindex) -> os::Result<> {
    auto done = links.add_address(to_kernel(ifindex, address));
    // It had that before: one that it adopted.
    if (!done && done.error().errno_value == EEXIST) return {};
    return done;
  });
}

Step<> LiveHost::delete_address(const std::string& interface, const config::InterfaceAddress& address) {
  return with_index(interface, [&](os::Rtnetlink& links, os::IfIndex ifindex) {
    return links.delete_address(to_kernel(ifindex, address));
  });
}

Step<> LiveHost::delete_route(const std::string& interface, const config::Route& route) {
  return with_index(interface, [&](os::Rtnetlink& links, os::IfIndex ifindex) -> os::Result<> {
    auto done = links.delete_route(to_kernel(ifindex, route));
    // It went with an address.
    if (!done && done.error().errno_value == ESRCH) return {};
    return done;
  });
}

Step<> LiveHost::add_route(const std::string& interface, const config::Route& route) {
  return with_index(interface, [&](os::Rtnetlink& links, os::IfIndex ifindex) {
    return links.add_route(to_kernel(ifindex, route));
  });
}

}  // namespace ebond::cli
