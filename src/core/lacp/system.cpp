#include "core/lacp/system.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "core/lacp/advice.h"
#include "core/lacp/data_path.h"
#include "core/lacp/selection_logic.h"
#include "core/lacp/system_state.h"

namespace ebond::core::lacp {
namespace {

LacpPortInfo to_status(const LacpInfo& info) {
  return {.system_priority = info.system_priority,
          .system = info.system,
          .key = info.key,
          .port_priority = info.port_priority,
          .port_number = info.port_number,
          .state = info.state.octet()};
}

Member& member_or_throw(Members& members, IfIndex id) {
  Member* const member = find_member(members, id);
  if (!member) throw std::out_of_range("no such LACP port");
  return *member;
}

}  // namespace

Settings settings_from(const BondOptions& options, const MacAddress& bond_mac) {
  Settings settings;
  settings.system = options.ad_actor_system.value_or(bond_mac);
  settings.system_priority = options.ad_actor_sys_prio;
  settings.user_port_key = options.ad_user_port_key;
  settings.active = options.lacp_active;
  settings.rate = options.lacp_rate;
  settings.ad_select = options.ad_select;
  settings.min_links = options.min_links;
  settings.coupled_control = options.coupled_control;
  settings.strict = options.lacp_strict;
  settings.fallback = options.lacp_fallback;
  return settings;
}

System::System(const Settings& settings) : state_(std::make_unique<State>()) {
  state_->settings = settings;
}
System::System(std::unique_ptr<State> state) : state_(std::move(state)) {}
System::System(System&&) noexcept = default;
System& System::operator=(System&&) noexcept = default;
System::~System() = default;

Actions System::configure(const Settings& settings, TimePoint now) {
  Actions actions;
  if (state_->settings == settings) return actions;
  state_->settings = settings;
  for (Member& member : state_->members) state_->set_actor(member);
  state_->converge_and_tell(now, actions);
  return actions;
}

Actions System::add_port(const PortFacts& facts, TimePoint now) {
  if (has_port(facts.id)) return update_port(facts, now);
  Actions actions;
  state_->set_link(state_->add_member(facts), facts.link);
  state_->converge_and_tell(now, actions);
  return actions;
}

Actions System::update_port(const PortFacts& facts, TimePoint now) {
  Actions actions;
  Member* const member = find_member(state_->members, facts.id);
  if (member && member->facts != facts) {
    member->facts = facts;
    if (facts.is_held) State::say_goodbye(*member, false, actions);
    state_->set_link(*member, facts.link);
    state_->converge_and_tell(now, actions);
  }
  return actions;
}

Actions System::remove_port(IfIndex port, TimePoint now) {
  Actions actions;
  auto& members = state_->members;
  Member* const member = find_member(members, port);
  if (!member) return actions;
  if (member->collects || member->distributes) {
    actions.emplace_back(action::PortChanged{port, false});
  }
  State::say_goodbye(*member, true, actions);
  evacuate(members, *member);
  members.erase(members.begin() + (member - members.data()));
  state_->converge_and_tell(now, actions);
  return actions;
}

Actions System::frame_received(IfIndex port, const wire::EthernetFrame& frame, TimePoint now) {
  Actions actions;
  Member* const member = find_member(state_->members, port);
  if (!member || frame.header.ethertype != wire::kSlowProtocolsEtherType || !frame.header.tags.empty() ||
      frame.header.destination != wire::kSlowProtocolsGroup) {
    return actions;
  }
  const auto payload = frame.payload;
  const std::uint8_t subtype = payload.empty() ? 0 : payload.front();
  if (subtype == wire::kLacpSubtype) {
    if (const auto pdu = wire::parse_lacpdu(payload)) {
      state_->take_lacpdu(*member, *pdu, now, actions);
    } else {
      ++member->counters.lacpdu_illegal_rx;
      ++member->counters.illegal_by_reason.at(std::to_underlying(pdu.error()));
    }
  } else if (subtype == wire::kMarkerSubtype) {
    state_->take_marker(*member, payload, now, actions);
  } else {
    ++member->counters.slow_unknown_rx;
  }
  state_->converge_and_tell(now, actions);
  return actions;
}

Actions System::advance(TimePoint now) {
  Actions actions;
  state_->converge_and_tell(now, actions);
  return actions;
}

std::optional<TimePoint> System::next_deadline() const {
  auto deadline = earlier(state_->resumed_at, selection_deadline(state_->members, state_->settings));
  for (const Member& m : state_->members) {
    for (const auto& other :
         {m.receive.deadline(), m.periodic.deadline(), m.mux.deadline(), m.transmit.deadline(m.port),
          m.actor_churn.deadline(), m.partner_churn.deadline(), m.loop_timer.deadline()}) {
      deadline = earlier(deadline, other);
    }
  }
  return deadline;
}

bool System::may_collect(IfIndex port) const {
  const Member* const member = find_member(state_->members, port);
  return member && collects(state_->members, *member, state_->settings);
}

bool System::may_distribute(IfIndex port) const {
  const Member* const member = find_member(state_->members, port);
  return member && distributes(state_->members, *member, state_->settings);
}

bool System::carrier() const {
  return has_carrier(state_->members, state_->settings);
}

std::optional<std::uint16_t> System::active_aggregator() const {
  const Aggregator* const active = lacp::active_aggregator(state_->members);
  return active ? std::optional(active->id) : std::nullopt;
}

bool System::has_port(IfIndex port) const {
  return find_member(state_->members, port) != nullptr;
}

std::vector<IfIndex> System::ports() const {
  std::vector<IfIndex> ports;
  for (const Member& member : state_->members) ports.push_back(member.facts.id);
  return ports;
}

LacpBondStatus System::bond_status() const {
  LacpBondStatus status;
  status.system = state_->settings.system;
  status.system_priority = state_->settings.system_priority;
  if (const Aggregator* const active = lacp::active_aggregator(state_->members)) {
    status.active_aggregator_id = active->id;
    status.number_of_ports = static_cast<std::uint16_t>(usable_ports(state_->members, active->id));
    status.actor_key = active->key;
    status.partner_key = active->partner_key;
    status.partner_mac = active->partner_system;
  }
  return status;
}

LacpSlaveStatus System::port_status(IfIndex port) const {
  const Member& member = member_or_throw(state_->members, port);
  return {.aggregator_id = member.attached_to,
          .actor_churn = std::string(member.actor_churn.text()),
          .partner_churn = std::string(member.partner_churn.text()),
          .actor_churned_count = member.actor_churn.count(),
          .partner_churned_count = member.partner_churn.count(),
          .actor = to_status(member.port.actor),
          .partner = to_status(member.port.partner),
          .advice = advice(state_->members, member, state_->settings),
          .counts = {.lacpdu_rx = member.counters.lacpdu_rx,
                     .lacpdu_tx = member.counters.lacpdu_tx,
                     .illegal_rx = member.counters.lacpdu_illegal_rx,
                     .unknown_rx = member.counters.slow_unknown_rx,
                     .loop_rx = member.counters.loop_rx,
                     .marker_rx = member.counters.marker_rx,
                     .marker_response_tx = member.counters.marker_response_tx,
                     .marker_response_rx = member.counters.marker_response_rx,
                     .marker_unknown_rx = member.counters.marker_unknown_rx}};
}

const Counters& System::counters(IfIndex port) const {
  return member_or_throw(state_->members, port).counters;
}

}  // namespace ebond::core::lacp
