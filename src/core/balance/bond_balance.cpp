#include "core/balance/bond_balance.h"

#include <algorithm>
#include <utility>

#include "core/bond/modes.h"
#include "wire/learning_packet.h"

namespace ebond::core {
namespace {

constexpr std::chrono::seconds kPromiscuousFor{10};  // RLB_PROMISC_TIMEOUT

std::vector<LoadShare> load_shares(const Roster& roster) {
  std::vector<LoadShare> shares;
  for (const Slave& slave : roster.slaves()) {
    if (slave.is_up()) shares.push_back({.slot = slave.slot, .speed_mbps = slave.link.speed_mbps});
  }
  return shares;
}

/// As rlb_next_rx_slave: only the fastest receive. Unknown counts as fast, as the driver's -1 does.
std::vector<SlotId> receivers(const Roster& roster) {
  std::uint32_t fastest = 0;
  const auto speed_of = [](const Slave& slave) {
    return slave.link.speed_mbps ? slave.link.speed_mbps : UINT32_MAX;
  };
  for (const Slave& slave : roster.slaves()) {
    if (slave.is_up()) fastest = std::max(fastest, speed_of(slave));
  }
  std::vector<SlotId> slots;
  for (const Slave& slave : roster.slaves()) {
    if (slave.is_up() && speed_of(slave) == fastest) slots.push_back(slave.slot);
  }
  return slots;
}

}  // namespace

BondBalance::Speakers BondBalance::speakers(const Roster& roster) {
  Speakers usable;
  for (const Slave& slave : roster.slaves()) {
    if (slave.is_up()) usable.push_back({slave.ifindex, slave.slot, slave.own_mac});
  }
  return usable;
}

void BondBalance::follow_timers(const View& bond, TimePoint now) {
  const bool teaches = balances_receiving(bond.options) || balances_by_load(bond.options);
  const bool runs = bond.admin_up && !bond.roster.empty();
  if (!teaches || !runs) {
    taught_at_.reset();
  } else if (!taught_at_) {
    taught_at_ = now;
  }
  if (balances_by_load(bond.options) && runs) {
    tx_.start(now);
  } else {
    tx_.stop();
  }
}

void BondBalance::follow_load(const View& bond) {
  if (!balances_by_load(bond.options)) return;
  const Slave* const sender = bond.roster.active();
  tx_.follow(load_shares(bond.roster), sender ? std::optional(sender->slot) : std::nullopt);
}

/// Switches and clients must hear of every MAC that moved.
void BondBalance::follow(const View& bond, std::optional<IfIndex> told_active, TurnNotes& notes) {
  follow_timers(bond, notes.now);
  follow_wearer(bond, notes.now);
  if (!balances_load(bond.options)) return;
  const auto before = std::exchange(speakers_, speakers(bond.roster));
  const bool receiving = balances_receiving(bond.options);
  if (receiving) rx_.follow(receivers(bond.roster), notes.now);
  teach_moved(bond, before, told_active, notes);
  if (receiving) {
    teach_lost(bond, before, notes);
    tell_clients(bond.roster, notes);
  }
  if (taught_at_ && notes.now >= *taught_at_ + std::chrono::seconds(bond.options.lp_interval)) {
    teach_all(bond, notes);
  }
  follow_load(bond);
}

void BondBalance::plan(const View& bond, Table& table) const {
  if (!balances_load(bond.options)) return;
  if (const Slave* const sender = bond.roster.active()) table.unbalanced = sender->slot;
  if (!balances_receiving(bond.options)) return;
  table.receivers = rx_.entries();
  table.bond_mac = bond.macs.bond();
  table.takes_others =
      std::ranges::any_of(bond.roster.slaves(), [](const Slave& slave) { return !slave.is_up(); });
  if (!settling_.is_on()) return;
  const auto former = std::ranges::find(table.slots, former_wearer_, &TableSlot::ifindex);
  if (former == table.slots.end() || !former->accepts || !former->unicast_only) return;
  former->former_wearer = table.takes_others = true;
}

/// The active slave and the one before have exchanged MACs: what a switch sends to either still comes by the
/// other, until it has learned. But not by one that loses its link, or had none: the switch has forgotten
/// what it learned at that port, and what it sends to all must not be taken twice.
void BondBalance::follow_wearer(const View& bond, TimePoint now) {
  const auto has_link = [&](IfIndex id) {
    const Slave* const slave = bond.roster.find(id);
    return slave && slave->monitor.is_up();
  };
  settling_.expire(now);
  if (!has_link(former_wearer_)) settling_.end();
  const Slave* const wearer =
      balances_receiving(bond.options) ? Macs::speaker(bond.macs.bond(), bond.roster) : nullptr;
  const auto before = std::exchange(wearer_, wearer ? std::optional(wearer->ifindex) : std::nullopt);
  if (!before || !wearer_ || before == wearer_) return;
  if (has_link(*before)) {
    settle(*before, now);
  } else {
    settling_.end();
  }
}

/// A slave that speaks with another MAC than before, or is the active one as of now.
void BondBalance::teach_moved(const View& bond, const Speakers& before, std::optional<IfIndex> told_active,
                              TurnNotes& notes) {
  action::Teach teach;
  const auto active = bond.roster.active_index();
  for (const Speaker& speaks : speakers_) {
    const auto old = std::ranges::find(before, speaks.slave, &Speaker::slave);
    const bool moved = old != before.end() && old->mac != speaks.mac;
    const bool raised = active == speaks.slave && told_active != active;
    if (!moved && !raised) continue;
    teach.lessons.push_back({speaks.slave, speaks.mac, true});
    if (moved && balances_receiving(bond.options)) rx_.mac_changed(speaks.slot, notes.now);
  }
  if (!teach.lessons.empty()) notes.transmissions.emplace_back(std::move(teach));
}

/// As rlb_teach_disabled_mac_on_primary: until the clients of a lost slave know another MAC, the active slave
/// takes what they send to its.
void BondBalance::teach_lost(const View& bond, const Speakers& before, TurnNotes& notes) {
  const Slave* const sender = bond.roster.active();
  action::Teach teach;
  for (const Speaker& old : before) {
    const Slave* const slave = bond.roster.find(old.slave);
    const bool is_lost = slave && !slave->is_up() && slave->own_mac != bond.macs.bond();
    if (is_lost && sender && sender->is_up())
      teach.lessons.push_back({sender->ifindex, slave->own_mac, false});
  }
  if (promiscuous_ && (promiscuous_ != bond.roster.active_index() || notes.now >= promiscuous_until_)) {
    if (bond.roster.find(*promiscuous_)) {
      notes.transmissions.emplace_back(action::SetPromiscuous{*promiscuous_, false});
    }
    promiscuous_.reset();
  }
  if (!sender || teach.lessons.empty()) return;
  if (!promiscuous_) notes.transmissions.emplace_back(action::SetPromiscuous{sender->ifindex, true});
  promiscuous_ = sender->ifindex;
  promiscuous_until_ = notes.now + kPromiscuousFor;
  notes.transmissions.emplace_back(std::move(teach));
}

void BondBalance::teach_all(const View& bond, TurnNotes& notes) {
  taught_at_ = notes.now;
  action::Teach teach;
  for (const Slave& slave : bond.roster.slaves()) {
    const bool macvlans = !balances_receiving(bond.options) && bond.roster.is_active(slave);
    teach.lessons.push_back({slave.ifindex, slave.own_mac, macvlans});
  }
  notes.transmissions.emplace_back(std::move(teach));
}

/// As rlb_update_client: an ARP reply that nobody asked for, from the slave the client is to send to.
void BondBalance::tell_clients(const Roster& roster, TurnNotes& notes) {
  for (const RxClient& client : rx_.take_due(notes.now)) {
    const auto receiver = std::ranges::find(roster.slaves(), client.slot, &Slave::slot);
    if (receiver == roster.slaves().end()) continue;
    wire::VlanTags tags;
    if (client.vlan != 0) tags.push_back({.id = client.vlan});
    const auto frame = wire::build_arp(client.mac, receiver->own_mac, tags,
                                       {.operation = wire::ArpPacket::Operation::reply,
                                        .sender_mac = receiver->own_mac,
                                        .sender_ip = client.server,
                                        .target_mac = client.mac,
                                        .target_ip = client.client});
    for (unsigned copy = 0; copy < RxBalance::kBurst; ++copy) notes.send(receiver->ifindex, frame);
  }
}

std::optional<TimePoint> BondBalance::next_deadline(const BondOptions& options) const {
  auto next = tx_.due();
  if (taught_at_) next = earlier(next, *taught_at_ + std::chrono::seconds(options.lp_interval));
  if (promiscuous_) next = earlier(next, promiscuous_until_);
  next = earlier(next, settling_.deadline());
  if (balances_receiving(options)) next = earlier(next, rx_.deadline());
  return next;
}

std::optional<IfIndex> BondBalance::former_wearer() const {
  return settling_.is_on() ? std::optional(former_wearer_) : std::nullopt;
}

std::vector<Worn> BondBalance::worn_before(const View& bond) const {
  if (!settling_.is_on() || !wearer_) return {};
  const Slave* const former = bond.roster.find(former_wearer_);
  if (!former) return {};
  return {{former->ifindex, bond.macs.bond()}, {*wearer_, former->own_mac}};
}

void BondBalance::settle(IfIndex former_wearer, TimePoint now) {
  former_wearer_ = former_wearer;
  settling_.begin(now);
}

void BondBalance::resume(const View& bond, const std::vector<SlotId>& buckets,
                         const std::vector<RxClient>& clients, TimePoint now) {
  if (!balances_load(bond.options)) return;
  if (balances_by_load(bond.options)) tx_.resume(buckets);
  follow_load(bond);
  speakers_ = speakers(bond.roster);
  if (!balances_receiving(bond.options)) return;
  follow_wearer(bond, now);
  rx_.resume(clients);
  rx_.follow(receivers(bond.roster), now);
}

bool BondBalance::heard(const View& bond, const wire::EthernetFrame& frame, TimePoint now) {
  if (!balances_receiving(bond.options) || frame.header.ethertype != wire::ethertype::kArp) return false;
  const auto said = wire::parse_arp(frame.payload);
  if (!said) return false;
  const bool is_ours =
      said->sender_mac == bond.macs.bond() || Macs::speaker(said->sender_mac, bond.roster) != nullptr;
  rx_.heard(*said, is_ours, now);
  return true;
}

bool BondBalance::sent(const View& bond, const wire::EthernetFrame& frame, TimePoint now) {
  if (!balances_receiving(bond.options) || frame.header.ethertype != wire::ethertype::kArp) return false;
  const auto said = wire::parse_arp(frame.payload);
  // What a bridge on the bond passes on is not the bond's own.
  if (!said || said->sender_mac != bond.macs.bond()) return false;
  const Slave* const wearer = Macs::speaker(bond.macs.bond(), bond.roster);
  const auto vlan = frame.header.tags.empty() ? std::uint16_t{0} : frame.header.tags.front().id;
  rx_.sent(*said, frame.header.destination.is_multicast(), vlan,
           wearer ? std::optional(wearer->slot) : std::nullopt, now);
  return true;
}

}  // namespace ebond::core
