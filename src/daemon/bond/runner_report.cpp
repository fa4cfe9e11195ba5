// Runner's words for people: what it says of the bond and of what is its own.
#include <fmt/format.h>

#include <algorithm>

#include "core/options/option_table.h"
#include "daemon/bond/runner.h"

namespace ebond::daemon {

std::optional<std::string> Runner::claims(os::IfIndex ifindex) const {
  if (upper_.is_below_as(ifindex)) return "a bond itself";
  if (ifindex == device_.lower()) return fmt::format("the lower half of {}", name());
  const auto* slave = slaves_.find(ifindex);
  if (slave == nullptr) return std::nullopt;
  if (slave->leaving) {
    return fmt::format("not yet given back in full by {} (`ebond release {} {}` tries it again)", name(),
                       name(), slave->name);
  }
  return fmt::format("a slave of {} already", name());
}

std::string Runner::watched_by() const {
  const auto& options = bond_.options();
  const auto& targets = senses_.targets();
  std::string layers = hands_->has_carrier_hook() ? "carrier hook + netlink" : "netlink";
  const auto add = [&](std::string_view what, core::Milliseconds interval) {
    layers += fmt::format(" + {} {} ms", what, interval.count());
  };
  if (options.miimon.count() > 0) add("poll", options.miimon);
  if (!targets.ipv4.empty()) add("ARP", options.arp_interval);
  if (!targets.ipv6.empty()) add("ND", options.arp_interval);
  if (!targets.paths.empty()) add(core::find_option("path_monitor")->get(options), options.path_interval);
  return layers;
}

namespace {

core::Traffic traffic_of(const os::LinkCounters& counters) {
  return {.rx_frames = counters.rx_packets,
          .tx_frames = counters.tx_packets,
          .rx_bytes = counters.rx_bytes,
          .tx_bytes = counters.tx_bytes,
          .rx_errors = counters.rx_errors,
          .tx_errors = counters.tx_errors,
          .rx_dropped = counters.rx_dropped,
          .tx_dropped = counters.tx_dropped};
}

std::optional<core::Traffic> traffic_of(os::IfIndex device, const std::vector<os::LinkInfo>& links) {
  const auto found = std::ranges::find(links, device, &os::LinkInfo::ifindex);
  return found == links.end() ? std::nullopt : std::optional(traffic_of(found->counters));
}

std::string kind_of(os::IfIndex device, const std::vector<os::LinkInfo>& links) {
  const auto found = std::ranges::find(links, device, &os::LinkInfo::ifindex);
  return found == links.end() ? std::string() : found->kind;
}

/// What stands on bond0, and what it is a port of.
std::vector<std::string> devices_above(os::IfIndex upper, const std::vector<os::LinkInfo>& links) {
  std::vector<std::string> above;
  const auto self = std::ranges::find(links, upper, &os::LinkInfo::ifindex);
  for (const auto& link : links) {
    const bool is_on_it = link.lower == upper && !link.lower_netnsid && !link.is_half_of_a_pair();
    const bool is_master = self != links.end() && self->master == link.ifindex;
    if (is_on_it || is_master) above.push_back(fmt::format("{} ({})", link.name, link.kind));
  }
  return above;
}

}  // namespace

void Runner::look_above(core::BondReport& view, const std::vector<os::LinkInfo>& links) const {
  view.traffic = traffic_of(upper_.ifindex(), links);
  view.above = devices_above(upper_.ifindex(), links);
  view.device = kind_of(upper_.ifindex(), links);
  if (!upper_.is_away()) return;
  const auto self = std::ranges::find(links, upper_.ifindex(), &os::LinkInfo::ifindex);
  view.away = core::UpperHalfAway{.netns = upper_.hands().label(),
                                  .interface = self == links.end() ? name() : self->name,
                                  .ifindex = upper_.ifindex()};
}

core::BondReport Runner::view(const std::vector<os::LinkInfo>& links) {
  core::BondReport view;
  view.status = bond_.status(hands_->now());
  for (auto& session : bond_.sessions()) {
    const auto asking = std::ranges::find(view.status.slaves, session.slave, &core::SlaveStatus::ifindex);
    if (asking != view.status.slaves.end()) asking->sessions.push_back(std::move(session));
  }
  view.failed = failed_;
  view.undone = dues_.all();
  view.netns = home_.hands().label();
  if (stored_home_) view.slaves_netns = stored_home_->own_netns;
  view.link_layer = watched_by();
  view.has_carrier_hook = hands_->has_carrier_hook();
  view.last_failover = clock_.latest();
  view.failovers = clock_.history();
  view.carrier_since_ns = since_.carrier_ns();
  view.status.ifindex = upper_.is_away() ? os::IfIndex{} : upper_.ifindex();
  if (upper_.is_away()) {
    look_above(view, upper_.hands().links().value_or(std::vector<os::LinkInfo>{}));
  } else {
    look_above(view, links);
  }
  if (view.traffic) view.tx_dropped = view.traffic->tx_dropped;
  view.tx_dropped += programs_->tx_without_slave().value_or(0);
  for (const auto& absent : absentees_.all()) view.awaited.push_back(absent.name);
  const auto beside_slaves =
      has_slaves_away() ? hands_->links().value_or(std::vector<os::LinkInfo>{}) : links;
  for (const auto& slave : view.status.slaves) {
    view.rx_inactive_dropped.push_back(programs_->rx_inactive(slave.slot).value_or(0));
    const auto* originals = slaves_.find(slave.ifindex);
    view.told.push_back(originals == nullptr ? core::ReceiveFilter{} : originals->told);
    core::SlaveFacts facts{.traffic = traffic_of(slave.ifindex, beside_slaves)};
    if (const auto* driver = slaves_.driver_of(slave.ifindex)) {
      facts.driver = driver->name;
      facts.bus = driver->bus;
    }
    if (const auto* since = since_.find(slave.ifindex)) {
      facts.status_since_ns = since->status_ns;
      facts.role_since_ns = since->role_ns;
    }
    view.slave_facts.push_back(std::move(facts));
  }
  return view;
}

}  // namespace ebond::daemon
