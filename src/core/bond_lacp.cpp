// A bond in mode 802.3ad: its lacp::System is kept in step with the bond's options and slaves, and what the
// System decides becomes the bond's own: frames to send, a record, and, asked for by settle(), who may carry.
//
// As in the driver LACP begins when the bond is first set up, and stands still while it is down: ports keep
// what they agreed, so that a bond set up again soon goes on where it was.
#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "core/bond_state.h"

namespace ebond::core {
namespace {

/// A port stopped distributing and neither its link nor its path is to blame: LACP saw the need.
void note_loss(const lacp::Actions& actions, Turn& turn) {
  const bool stopped = std::ranges::any_of(actions, [](const lacp::Action& action) {
    const auto* const changed = std::get_if<lacp::action::PortChanged>(&action);
    return changed && !changed->distributes;
  });
  if (!stopped || !turn.why_lost.empty()) return;
  turn.seen_by = "lacp";
  for (const auto& action : actions) {
    if (const auto* const event = std::get_if<Event>(&action)) {
      turn.lost(event->slave.empty() ? event->why : fmt::format("{}: {}", event->slave, event->why));
    }
  }
}

/// Frames and events for the turn; that a port changed is seen when the table is made.
void take(lacp::Actions actions, Turn& turn) {
  note_loss(actions, turn);
  for (auto& action : actions) {
    if (auto* const sent = std::get_if<lacp::action::SendFrame>(&action)) {
      turn.transmissions.emplace_back(action::Transmit{sent->port, std::move(sent->frame)});
    } else if (auto* const event = std::get_if<Event>(&action)) {
      turn.events.push_back(std::move(*event));
    }
  }
}

}  // namespace

lacp::PortFacts Bond::State::port_facts(const Slave& slave) const {
  lacp::PortFacts facts{.id = slave.ifindex,
                        .name = slave.name,
                        .mac = slave.permanent_mac,
                        .link = slave.link,
                        .port_priority = slave.options.actor_port_prio};
  // What a judge must see answered, the partner must let through: it goes on collecting from a port that only
  // sends nothing.
  const bool taken_out = slave.path.held_by(PathJudge::bfd) || slave.path.held_by(PathJudge::damping);
  facts.link.carrier = slave.monitor.is_up() && !taken_out;
  facts.is_held = slave.link.carrier && taken_out;
  return facts;
}

void Bond::State::follow_with_lacp(Turn& turn) {
  if (options.mode != Mode::ieee8023ad) {
    lacp.reset();
    lacp_ports.clear();
    return;
  }
  std::erase_if(lacp_ports, [&](const lacp::PortFacts& port) {
    if (find(port.id)) return false;
    take(lacp->remove_port(port.id, turn.now), turn);
    return true;
  });
  if (!admin_up) return;

  if (lacp_ports.empty()) lacp_mac = mac;
  const auto settings = lacp::settings_from(options, lacp_mac);
  if (!lacp) {
    lacp.emplace(settings);
  } else if (settings != lacp_settings) {
    take(lacp->configure(settings, turn.now), turn);
  }
  lacp_settings = settings;
  for (const Slave& slave : slaves) {
    auto facts = port_facts(slave);
    const auto told = std::ranges::find(lacp_ports, facts.id, &lacp::PortFacts::id);
    if (told == lacp_ports.end()) {
      take(lacp->add_port(facts, turn.now), turn);
      lacp_ports.push_back(std::move(facts));
    } else if (*told != facts) {
      take(lacp->update_port(facts, turn.now), turn);
      *told = std::move(facts);
    }
  }
  if (const auto due = lacp->next_deadline(); due && *due <= turn.now) take(lacp->advance(turn.now), turn);
}

bool Bond::State::slow_frame_heard(const Slave& slave, std::span<const std::uint8_t> frame, Turn& turn) {
  if (!lacp || !admin_up) return false;
  take(lacp->frame_received(slave.ifindex, frame, turn.now), turn);
  return true;
}

std::optional<TimePoint> Bond::State::lacp_deadline() const {
  return lacp && admin_up ? lacp->next_deadline() : std::nullopt;
}

void Bond::State::remember_lacp(BondMemory& memory) const {
  if (!lacp) return;
  memory.lacp = lacp->memory();
  memory.lacp_mac = lacp_mac;
}

/// Ports the memory does not know begin with the next turn.
void Bond::State::resume_lacp(const BondMemory& memory, TimePoint now) {
  if (options.mode != Mode::ieee8023ad || !memory.lacp) return;
  lacp_mac = memory.lacp_mac;
  lacp_settings = lacp::settings_from(options, lacp_mac);
  for (const Slave& slave : slaves) {
    const auto& known = memory.lacp->ports;
    if (std::ranges::find(known, slave.ifindex, &lacp::PortMemory::id) == known.end()) continue;
    lacp_ports.push_back(port_facts(slave));
  }
  lacp = lacp::System::restore(lacp_settings, *memory.lacp, lacp_ports, now);
}

}  // namespace ebond::core
