// ManagedBond's actions: what the core decided, done to the system, in the core's order.
#include <fmt/format.h>
#include <net/if.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "daemon/announcer.h"
#include "daemon/managed_bond.h"
#include "daemon/membership.h"
#include "daemon/teacher.h"

namespace ebond::daemon {

namespace {

std::int64_t realtime_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::int64_t microseconds(core::Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

/// Asks, or says what is said every second: leaves nothing to write.
bool is_routine(const core::Action& action) {
  return std::holds_alternative<core::action::PollLinks>(action) ||
         std::holds_alternative<core::action::Transmit>(action) ||
         std::holds_alternative<core::action::Teach>(action) ||
         std::holds_alternative<core::action::ReadTxTotals>(action);
}

}  // namespace

void ManagedBond::carry_out(const core::Actions& actions) {
  table_written_.reset();
  announced_.reset();
  for (const auto& action : actions) {
    if (!is_routine(action)) unsettled_ = true;
    std::visit([this](const auto& each) { act(each); }, action);
  }
}

void ManagedBond::listen() {
  std::vector<os::IfIndex> slaves;
  for (const auto& slot : bond_.table().slots) slaves.push_back(slot.ifindex);
  for (const auto& error : listener_.hear(bond_.listening(), slaves)) {
    complain("cannot listen on a slave", error);
  }
  core::Listening sent;
  sent.arp = bond_.follows_sent_arp();
  for (const auto& error : sent_listener_.hear(sent, {device_.lower()})) {
    complain("cannot listen to what it sends", error);
  }
  for (const auto slave : slaves) {
    const auto mac = bond_.probe_mac(slave);
    if (!mac) continue;
    if (auto done = listener_.hear_also(slave, *mac); !done) {
      complain("cannot receive answers to a slave's probes", done.error());
    }
  }
}

void ManagedBond::frames_heard(os::IfIndex slave, const std::vector<wire::Bytes>& frames) {
  heard_ = monotonic_now();
  for (const auto& frame : frames) carry_out(bond_.frame_received(slave, frame, heard_));
  if (unsettled_) {
    settle();
  } else {
    rearm();
  }
}

void ManagedBond::frames_sent(const std::vector<wire::Bytes>& frames) {
  heard_ = monotonic_now();
  for (const auto& frame : frames) carry_out(bond_.frame_sent(frame, heard_));
  settle();  // a new client is in no action, but in the state
}

void ManagedBond::act(const core::action::PublishTable&) {
  datapath_.publish(bond_.table());
  table_written_ = monotonic_now();
}

void ManagedBond::act(const core::action::RespecialiseDatapath&) {
  auto scope = os::NamespaceScope::enter(network_->where);
  if (!scope) return complain("cannot enter its namespace", scope.error());
  std::map<core::SlotId, os::IfIndex> slaves;
  for (const auto& slot : bond_.table().slots) slaves.emplace(slot.slot, slot.ifindex);
  auto done = datapath_.respecialise(bond_.datapath_spec(), slaves);
  if (!done) complain("cannot load the programs of its mode", done.error());
  datapath_.publish(bond_.table());
}

void ManagedBond::act(const core::action::SetCarrier& action) {
  auto done = device_.set_carrier(network_->netlink, action.on);
  if (!done) complain("cannot set its carrier", done.error());
}

void ManagedBond::act(const core::action::SetBondMac& action) {
  auto done = device_.set_mac(network_->netlink, action.mac);
  if (!done) complain("cannot set its MAC address", done.error());
}

void ManagedBond::act(const core::action::SetSlaveMac& action) {
  auto done = set_mac_even_if_busy(*network_, action.slave, action.mac);
  if (!done)
    complain(fmt::format("cannot set the MAC address of {}", slave_name(action.slave)), done.error());
}

void ManagedBond::act(const core::action::SetNoArp& action) {
  const std::uint32_t kept =
      originals_.contains(action.slave) ? originals_.at(action.slave).flags & IFF_NOARP : 0;
  auto done = network_->netlink.set_flags(action.slave, IFF_NOARP,
                                          action.on ? static_cast<std::uint32_t>(IFF_NOARP) : kept);
  if (!done) complain(fmt::format("cannot set NOARP of {}", slave_name(action.slave)), done.error());
}

void ManagedBond::act(const core::action::Announce&) {
  auto sent = announce(*network_, device_.upper());
  if (!sent) return complain("cannot announce its addresses", sent.error());
  announced_ = monotonic_now();
  if (last_failover_ && last_failover_->announce_us < 0 && *sent > 0) {
    last_failover_->announce_us = microseconds(*announced_ - heard_);
  }
}

void ManagedBond::act(const core::action::ResendIgmp&) {
  auto sent = resend_memberships(*network_, device_.upper());
  if (!sent) complain("cannot renew its multicast memberships", sent.error());
}

void ManagedBond::act(const core::action::Teach& action) {
  auto sent = teach(*network_, device_.upper(), action);
  if (!sent) complain("cannot send learning packets", sent.error());
}

void ManagedBond::act(const core::action::SetPromiscuous& action) {
  if (action.on) {
    taking_others_.insert(action.slave);
  } else {
    taking_others_.erase(action.slave);
  }
  if (has_slave(action.slave)) follow_flags_on(action.slave);
}

void ManagedBond::act(const core::action::ReadTxTotals&) {
  auto totals = datapath_.tx_totals();
  if (!totals) return complain("cannot measure what it sends", totals.error());
  const auto more = bond_.tx_measured(*totals, heard_);
  if (!more.empty()) unsettled_ = true;
  for (const auto& each : more) std::visit([this](const auto& one) { act(one); }, each);
}

void ManagedBond::act(const core::action::Transmit& action) {
  // A slave that is down for the moment is no news here: its link report is.
  (void)network_->sender.send(action.slave, action.frame);
}

void ManagedBond::act(const core::action::PollLinks&) {
  if (polling_) return;
  std::vector<LinkPoller::Link> links;
  for (const auto& slave : bond_.memory().slaves) {
    links.push_back({slave.facts.ifindex, slave_name(slave.facts.ifindex)});
  }
  if (links.empty()) return;
  polling_ = true;
  host_.poller.ask(network_, std::move(links), bond_.options().use_carrier,
                   [this, here = std::weak_ptr(here_), asked_at = link_news_](const auto& answers) {
                     if (here.expired()) return;
                     polling_ = false;
                     if (asked_at == link_news_) return links_polled(answers);
                     act(core::action::PollLinks{});
                   });
}

void ManagedBond::links_polled(const LinkPoller::Answers& answers) {
  heard_ = monotonic_now();
  for (const auto& [slave, link] : answers) {
    carry_out(bond_.link_report(slave, link, core::LinkSource::poll, heard_));
  }
  if (unsettled_) {
    settle();
  } else {
    rearm();
  }
}

void ManagedBond::act(const core::action::Report& action) {
  auto stamped = stamp(action.event);
  const auto& event = stamped.event;
  if (event.kind == "failover") {
    if (table_written_) stamped.table_us = microseconds(*table_written_ - heard_);
    if (announced_) stamped.announce_us = microseconds(*announced_ - heard_);
    last_failover_ = core::Failover{.realtime_ns = stamped.realtime_ns,
                                    .from = event.from,
                                    .to = event.to,
                                    .why = event.why,
                                    .seen_by = event.seen_by,
                                    .table_us = stamped.table_us,
                                    .announce_us = stamped.announce_us};
  }
  tell(stamped);
}

core::StampedEvent ManagedBond::stamp(core::Event event) const {
  return {.realtime_ns = realtime_ns(),
          .monotonic_ns = monotonic_now().time_since_epoch().count(),
          .netns = network_->label,
          .bond = name_,
          .event = std::move(event)};
}

void ManagedBond::report(core::Event event) {
  tell(stamp(std::move(event)));
}

void ManagedBond::tell(const core::StampedEvent& stamped) {
  const auto& event = stamped.event;
  spdlog::log(event.kind == "warning" ? spdlog::level::warn : spdlog::level::info, "{}{}{}: {}{}{}{}{}{}{}",
              network_->label, network_->label.empty() ? "" : "/", name_, event.kind,
              event.slave.empty() ? "" : " ", event.slave,
              event.from.empty() && event.to.empty() ? "" : fmt::format(" {} -> {}", event.from, event.to),
              event.why.empty() ? "" : " (", event.why, event.why.empty() ? "" : ")");
  host_.publish(*network_, stamped);
}

void ManagedBond::complain(const std::string& what, const os::Error& error) {
  report({.kind = "warning", .why = fmt::format("{}: {}", what, error.message())});
}

std::string ManagedBond::slave_name(os::IfIndex slave) const {
  const auto found = originals_.find(slave);
  return found == originals_.end() ? std::string{} : found->second.name;
}

}  // namespace ebond::daemon
