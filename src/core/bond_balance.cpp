// Modes balance-tlb and balance-alb: the MACs the slaves speak with, what follows when those or the slaves
// change (learning packets, clients told anew), and the timers of both balancers.
//
// One slave, the active one, speaks with the bond's MAC; every other one has one of the slaves' own, no two
// the same. In balance-alb each wears what it speaks with. In balance-tlb all wear the bond's, so that a
// failover changes nothing in any NIC, and only frames out carry the difference.
#include <fmt/core.h>

#include <algorithm>

#include "core/bond_state.h"
#include "wire/learning_packet.h"

namespace ebond::core {
namespace {

constexpr std::chrono::seconds kPromiscuousFor{10};  // RLB_PROMISC_TIMEOUT

}  // namespace

bool Bond::State::balances_load() const {
  return options.mode == Mode::balance_tlb || options.mode == Mode::balance_alb;
}

bool Bond::State::balances_by_load() const {
  return balances_load() && options.tlb_dynamic_lb;
}

bool Bond::State::balances_receiving() const {
  return options.mode == Mode::balance_alb;
}

Slave* Bond::State::speaker(MacAddress spoken) {
  const auto found = std::ranges::find(slaves, spoken, &Slave::own_mac);
  return found == slaves.end() ? nullptr : &*found;
}

/// As alb_handle_addr_collision_on_attach: its own, unless that is spoken for; then that of a slave that does
/// not speak with its own.
std::optional<MacAddress> Bond::State::mac_to_speak_with(MacAddress brought) {
  if (slaves.empty() || (brought != mac && !speaker(brought))) return brought;
  for (const Slave& other : slaves) {
    if (!speaker(other.permanent_mac)) return other.permanent_mac;
  }
  return speaker(mac) ? std::nullopt : std::optional(mac);
}

void Bond::State::speak_with(Slave& slave, MacAddress wanted, Turn& turn) {
  slave.own_mac = wanted;
  if (balances_receiving()) set_slave_mac(slave, wanted, turn);
}

/// As bond_alb_handle_active_change: the bond's MAC goes to `raised`, and whoever spoke with it takes the
/// other's.
void Bond::State::hand_bond_mac_to(Slave& raised, Slave* lowered, Turn& turn) {
  if (!lowered) lowered = speaker(mac);
  const MacAddress given_up = raised.own_mac;
  if (lowered == &raised) return;
  if (!lowered) return speak_with(raised, mac, turn);
  const MacAddress taken = lowered->own_mac;
  speak_with(*lowered, given_up, turn);
  speak_with(raised, taken, turn);
}

/// As alb_change_hw_addr_on_detach: nobody goes on speaking with the MAC the leaving slave gets back.
void Bond::State::give_up_mac_of(const Slave& leaving, Turn& turn) {
  if (leaving.permanent_mac == leaving.own_mac || leaving.permanent_mac == mac) return;
  if (Slave* const other = speaker(leaving.permanent_mac)) speak_with(*other, leaving.own_mac, turn);
}

/// As bond_alb_set_mac_address, `mac` being the new one already.
void Bond::State::bond_mac_was_set(Turn& turn) {
  if (!balances_receiving()) {
    for (Slave& slave : slaves) set_slave_mac(slave, mac, turn);
  }
  if (Slave* const sender = active_slave()) {
    Slave* const other = speaker(mac);
    const MacAddress given_up = sender->own_mac;
    if (other) speak_with(*other, given_up, turn);
    speak_with(*sender, mac, turn);
  }
}

std::vector<LoadShare> Bond::State::load_shares() const {
  std::vector<LoadShare> shares;
  for (const Slave& slave : slaves) {
    if (slave.is_up()) shares.push_back({.slot = slave.slot, .speed_mbps = slave.link.speed_mbps});
  }
  return shares;
}

/// As rlb_next_rx_slave: only the fastest receive. Unknown counts as fast, as the driver's -1 does.
std::vector<SlotId> Bond::State::receivers() const {
  std::uint32_t fastest = 0;
  const auto speed_of = [](const Slave& slave) {
    return slave.link.speed_mbps ? slave.link.speed_mbps : UINT32_MAX;
  };
  for (const Slave& slave : slaves) {
    if (slave.is_up()) fastest = std::max(fastest, speed_of(slave));
  }
  std::vector<SlotId> slots;
  for (const Slave& slave : slaves) {
    if (slave.is_up() && speed_of(slave) == fastest) slots.push_back(slave.slot);
  }
  return slots;
}

std::vector<Speaker> Bond::State::speakers() const {
  std::vector<Speaker> usable;
  for (const Slave& slave : slaves) {
    if (slave.is_up()) usable.push_back({slave.ifindex, slave.slot, slave.own_mac});
  }
  return usable;
}

/// What the table says in these modes beside buckets and slots.
void Bond::State::tell_balance(Table& wanted) {
  if (const Slave* const sender = active_slave()) wanted.unbalanced = sender->slot;
  if (!balances_receiving()) return;
  wanted.receivers = rx_balance.entries();
  wanted.bond_mac = mac;
  wanted.takes_others = std::ranges::any_of(slaves, [](const Slave& slave) { return !slave.is_up(); });
}

/// Switches and clients must hear of every MAC that moved. Before the table is made: it names the receivers.
void Bond::State::follow_with_balance(Turn& turn) {
  const bool monitors = balances_receiving() || balances_by_load();
  if (!monitors || slaves.empty() || !admin_up) {
    learned_at.reset();
  } else if (!learned_at) {
    learned_at = turn.now;
  }
  if (balances_by_load() && admin_up && !slaves.empty()) {
    tx_balance.start(turn.now);
  } else {
    tx_balance.stop();
  }
  if (!balances_load()) return;
  const auto before = std::exchange(told_speakers, speakers());
  if (balances_receiving()) rx_balance.follow(receivers(), turn.now);
  teach_moved(before, turn);
  if (balances_receiving()) {
    teach_lost(before, turn);
    tell_clients(turn);
  }
  if (learned_at && turn.now >= *learned_at + std::chrono::seconds(options.lp_interval)) teach_all(turn);
}

/// A slave that speaks with another MAC than before, or is the active one as of now.
void Bond::State::teach_moved(const std::vector<Speaker>& before, Turn& turn) {
  action::Teach teach;
  for (const Speaker& speaks : told_speakers) {
    const auto old = std::ranges::find(before, speaks.slave, &Speaker::slave);
    const bool moved = old != before.end() && old->mac != speaks.mac;
    const bool raised = active == speaks.slave && told_active != active;
    if (!moved && !raised) continue;
    teach.lessons.push_back({speaks.slave, speaks.mac, true});
    if (moved && balances_receiving()) rx_balance.mac_changed(speaks.slot, turn.now);
  }
  if (!teach.lessons.empty()) turn.transmissions.emplace_back(std::move(teach));
}

/// As rlb_teach_disabled_mac_on_primary: until the clients of a lost slave know another MAC, the active slave
/// takes what they send to its.
void Bond::State::teach_lost(const std::vector<Speaker>& before, Turn& turn) {
  const Slave* const sender = active_slave();
  action::Teach teach;
  for (const Speaker& old : before) {
    const Slave* const slave = find(old.slave);
    if (!slave || slave->is_up() || !sender || !sender->is_up() || slave->own_mac == mac) continue;
    teach.lessons.push_back({sender->ifindex, slave->own_mac, false});
  }
  if (promiscuous && (*promiscuous != active || turn.now >= promiscuous_until)) {
    if (find(*promiscuous)) turn.transmissions.emplace_back(action::SetPromiscuous{*promiscuous, false});
    promiscuous.reset();
  }
  if (!sender || teach.lessons.empty()) return;
  if (!promiscuous) turn.transmissions.emplace_back(action::SetPromiscuous{sender->ifindex, true});
  promiscuous = sender->ifindex;
  promiscuous_until = turn.now + kPromiscuousFor;
  turn.transmissions.emplace_back(std::move(teach));
}

void Bond::State::teach_all(Turn& turn) {
  learned_at = turn.now;
  action::Teach teach;
  for (const Slave& slave : slaves) {
    const bool macvlans = !balances_receiving() && active == slave.ifindex;
    teach.lessons.push_back({slave.ifindex, slave.own_mac, macvlans});
  }
  turn.transmissions.emplace_back(std::move(teach));
}

/// As rlb_update_client: an ARP reply nobody asked for, from the slave the client is to send to.
void Bond::State::tell_clients(Turn& turn) {
  for (const RxClient& client : rx_balance.take_due(turn.now)) {
    const auto receiver = std::ranges::find(slaves, client.slot, &Slave::slot);
    if (receiver == slaves.end()) continue;
    wire::VlanTags tags;
    if (client.vlan != 0) tags.push_back({.id = client.vlan});
    const auto frame = wire::build_arp(client.mac, receiver->own_mac, tags,
                                       {.operation = wire::ArpPacket::Operation::reply,
                                        .sender_mac = receiver->own_mac,
                                        .sender_ip = client.server,
                                        .target_mac = client.mac,
                                        .target_ip = client.client});
    for (unsigned copy = 0; copy < RxBalance::kBurst; ++copy) {
      turn.transmissions.emplace_back(action::Transmit{receiver->ifindex, frame});
    }
  }
}

std::optional<TimePoint> Bond::State::balance_deadline() const {
  std::optional<TimePoint> earliest = tx_balance.due();
  const auto consider = [&](std::optional<TimePoint> deadline) {
    if (deadline && (!earliest || *deadline < *earliest)) earliest = deadline;
  };
  if (learned_at) consider(*learned_at + std::chrono::seconds(options.lp_interval));
  if (promiscuous) consider(promiscuous_until);
  if (balances_receiving()) consider(rx_balance.deadline());
  return earliest;
}

/// An ebond that knew nothing of these modes sent all by the active slave, and every slave wore the bond's
/// MAC.
void Bond::State::resume_balance(const BondMemory& memory, TimePoint now) {
  if (!balances_load()) return;
  for (Slave& slave : slaves) {
    if (slave.own_mac.is_zero()) slave.own_mac = active == slave.ifindex ? mac : slave.permanent_mac;
  }
  if (balances_by_load()) tx_balance.resume(memory.buckets);
  told_speakers = speakers();
  if (!balances_receiving()) return;
  rx_balance.resume(memory.clients);
  rx_balance.follow(receivers(), now);
}

bool Bond::State::client_heard(const wire::EthernetFrame& frame, Turn& turn) {
  if (frame.header.ethertype != wire::ethertype::kArp) return false;
  const auto said = wire::parse_arp(frame.payload);
  if (!said) return false;
  const bool is_ours = said->sender_mac == mac || speaker(said->sender_mac) != nullptr;
  rx_balance.heard(*said, is_ours, turn.now);
  return true;
}

bool Bond::follows_sent_arp() const {
  return state_->balances_receiving() && !state_->slaves.empty();
}

Actions Bond::frame_sent(std::span<const std::uint8_t> frame, TimePoint now) {
  State& state = *state_;
  const auto parsed = wire::parse_ethernet(frame);
  if (!parsed || !state.balances_receiving() || parsed->header.ethertype != wire::ethertype::kArp) return {};
  const auto said = wire::parse_arp(parsed->payload);
  // What a bridge on the bond passes on is not the bond's own.
  if (!said || said->sender_mac != state.mac) return {};
  Turn turn{now};
  const Slave* const wearer = state.speaker(state.mac);
  const auto vlan = parsed->header.tags.empty() ? std::uint16_t{0} : parsed->header.tags.front().id;
  state.rx_balance.sent(*said, parsed->header.destination.is_multicast(), vlan,
                        wearer ? std::optional(wearer->slot) : std::nullopt, now);
  return state.settle(turn);
}

Actions Bond::tx_measured(const TxTotals& totals, TimePoint now) {
  Turn turn{now};
  state_->tx_balance.measured(totals, now);
  return state_->settle(turn);
}

}  // namespace ebond::core
