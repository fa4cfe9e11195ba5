#include "core/bond/lacp_ports.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "core/judges/rows.h"

namespace ebond::core {
namespace {

/// A port stopped distributing and neither its link nor its path is to blame: LACP saw the need.
void note_loss(const lacp::Actions& actions, TurnNotes& notes) {
  const bool stopped = std::ranges::any_of(actions, [](const lacp::Action& action) {
    const auto* const changed = std::get_if<lacp::action::PortChanged>(&action);
    return changed && !changed->distributes;
  });
  if (!stopped || !notes.why_lost.empty()) return;
  notes.seen_by = Cause::lacp;
  for (const auto& action : actions) {
    if (const auto* const event = std::get_if<Event>(&action)) {
      notes.lost(event->slave.empty() ? event->why : fmt::format("{}: {}", event->slave, event->why));
    }
  }
}

/// Frames and events for the notes. True if a port began or ended to carry.
bool carry_over(lacp::Actions actions, TurnNotes& notes) {
  bool moved = false;
  note_loss(actions, notes);
  for (auto& action : actions) {
    if (auto* const sent = std::get_if<lacp::action::SendFrame>(&action)) {
      notes.transmissions.emplace_back(action::Transmit{sent->port, std::move(sent->frame)});
    } else if (auto* const event = std::get_if<Event>(&action)) {
      notes.events.push_back(std::move(*event));
    } else {
      moved = true;
    }
  }
  return moved;
}

lacp::PortFacts port_facts(const Slave& slave) {
  lacp::PortFacts facts{.id = slave.ifindex,
                        .name = slave.name,
                        .mac = slave.permanent_mac,
                        .link = slave.link,
                        .port_priority = slave.options.actor_port_prio};
  const bool leaves = std::ranges::any_of(
      slave.path.holds(), [](const PathHold& hold) { return row_of(hold.judge).leaves_aggregator; });
  facts.link.carrier = slave.monitor.is_up() && !leaves;
  facts.is_held = slave.link.carrier && leaves;
  return facts;
}

}  // namespace

bool LacpPorts::follow(std::span<const Slave> slaves, const BondOptions& options, const MacAddress& bond_mac,
                       bool admin_up, TurnNotes& notes) {
  if (options.mode != Mode::ieee8023ad) {
    system_.reset();
    return false;
  }
  bool moved = false;
  if (system_) {
    for (const IfIndex port : system_->ports()) {
      if (std::ranges::find(slaves, port, &Slave::ifindex) != slaves.end()) continue;
      moved |= carry_over(system_->remove_port(port, notes.now), notes);
    }
  }
  if (!admin_up) return moved;

  if (!system_ || system_->ports().empty()) system_mac_ = bond_mac;
  const auto settings = lacp::settings_from(options, system_mac_);
  if (!system_) {
    system_.emplace(settings);
  } else {
    moved |= carry_over(system_->configure(settings, notes.now), notes);
  }
  for (const Slave& slave : slaves) {
    moved |= carry_over(system_->add_port(port_facts(slave), notes.now), notes);
  }
  if (const auto due = system_->next_deadline(); due && *due <= notes.now) {
    moved |= carry_over(system_->advance(notes.now), notes);
  }
  return moved;
}

void LacpPorts::heard(const Slave& slave, const wire::EthernetFrame& frame, TurnNotes& notes) {
  if (system_) carry_over(system_->frame_received(slave.ifindex, frame, notes.now), notes);
}

std::optional<TimePoint> LacpPorts::next_deadline(bool admin_up) const {
  return system_ && admin_up ? system_->next_deadline() : std::nullopt;
}

void LacpPorts::show(BondStatus& status) const {
  if (!system_) return;
  for (SlaveStatus& slave : status.slaves) {
    if (!system_->has_port(slave.ifindex)) continue;
    slave.lacp = system_->port_status(slave.ifindex);
    status.lacp = system_->bond_status();
  }
}

void LacpPorts::remember(BondMemory& memory) const {
  if (!system_) return;
  memory.lacp = system_->memory();
  memory.lacp_mac = system_mac_;
}

void LacpPorts::resume(const BondMemory& memory, std::span<const Slave> slaves, TimePoint now) {
  if (memory.options.mode != Mode::ieee8023ad || !memory.lacp) return;
  system_mac_ = memory.lacp_mac;
  std::vector<lacp::PortFacts> ports;
  for (const Slave& slave : slaves) {
    const auto& known = memory.lacp->ports;
    if (std::ranges::find(known, slave.ifindex, &lacp::PortMemory::id) == known.end()) continue;
    ports.push_back(port_facts(slave));
  }
  system_ = lacp::System::restore(lacp::settings_from(memory.options, system_mac_), *memory.lacp, ports, now);
}

}  // namespace ebond::core
