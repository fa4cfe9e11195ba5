#include "core/balance/rx_balance.h"

#include <algorithm>
#include <utility>

namespace ebond::core {
namespace {

constexpr unsigned kOnce = 1;
constexpr unsigned kSurely = kOnce + RxBalance::kRetries;

bool is_known(const MacAddress& mac) {
  return mac.is_valid_unicast();
}

}  // namespace

std::uint8_t RxBalance::hash(const Ipv4Address& client) {
  std::uint8_t hash = 0;
  for (const auto octet : client) hash = static_cast<std::uint8_t>(hash ^ octet);
  return hash;
}

void RxBalance::follow(const std::vector<SlotId>& receivers, TimePoint now) {
  if (receivers == receivers_) return;
  const auto before = std::exchange(receivers_, receivers);
  if (receivers_.empty()) return;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto slot = entries_[i];
    if (!slot || may_receive(*slot)) continue;
    assign(static_cast<std::uint8_t>(i), least_used(), now, kSurely);
  }
  const bool somebody_came = std::ranges::any_of(receivers_, [&](SlotId slot) {
    return !before.empty() && std::ranges::find(before, slot) == before.end();
  });
  if (somebody_came) level(now);
  deal_out_the_empty();
}

void RxBalance::mac_changed(SlotId slot, TimePoint now) {
  for (RxClient& client : clients_) {
    if (client.slot == slot) tell(client, now, kSurely);
  }
}

void RxBalance::sent(const wire::ArpPacket& arp, bool broadcast, std::uint16_t vlan,
                     std::optional<SlotId> wearer, TimePoint now) {
  if (arp.sender_ip == Ipv4Address{} || arp.sender_ip == arp.target_ip) return;  // a probe, an announcement
  const auto entry = hash(arp.target_ip);
  const auto slot = entries_[entry];
  if (!slot || receivers_.empty()) return;
  RxClient* client = find(arp.target_ip, arp.sender_ip);
  if (!client) {
    if (clients_.size() >= kMaxClients) {
      clients_.erase(std::ranges::min_element(clients_, {}, &RxClient::seen));
    }
    client =
        &clients_.emplace_back(RxClient{.client = arp.target_ip, .server = arp.sender_ip, .slot = *slot});
    // It was told of the slave its hash has. Where that one has its share already, it is told of another once
    // it listens again: hosts ignore a second answer within a second of the first.
    const SlotId least = least_used();
    if (count(client->slot) > count(least) + 1) assign(entry, least, now + kUpdateDelay, kOnce);
  }
  client->seen = now;
  client->vlan = vlan;
  if (is_known(arp.target_mac)) client->mac = arp.target_mac;
  if (!broadcast) return;
  for (RxClient& other : clients_) {
    if (other.server == arp.sender_ip && other.slot != wearer) tell(other, now + kUpdateDelay, kOnce);
  }
}

void RxBalance::heard(const wire::ArpPacket& arp, bool is_ours, TimePoint now) {
  // Somebody else has an address that was ours: nobody must hear from us who has it.
  if (!is_ours) {
    std::erase_if(clients_, [&](const RxClient& client) { return client.server == arp.sender_ip; });
  }
  if (arp.operation != wire::ArpPacket::Operation::reply) return;
  RxClient* const client = find(arp.sender_ip, arp.target_ip);
  if (!client || client->mac == arp.sender_mac || !is_known(arp.sender_mac)) return;
  client->mac = arp.sender_mac;
  tell(*client, now + kUpdateDelay, kOnce);
}

std::vector<ArpRule> RxBalance::listening() const {
  std::vector<Ipv4Address> ours;
  for (const RxClient& client : clients_) {
    if (std::ranges::find(ours, client.server) == ours.end()) ours.push_back(client.server);
  }
  if (ours.empty()) return {};
  return {{.is_reply = true, .targets = ours}, {.senders = ours}};
}

std::vector<RxClient> RxBalance::take_due(TimePoint now) {
  std::vector<RxClient> due;
  if (receivers_.empty()) return due;
  for (RxClient& client : clients_) {
    if (client.rounds == 0 || client.due > now) continue;
    --client.rounds;
    client.due = now + kUpdateDelay;
    if (is_known(client.mac)) due.push_back(client);
  }
  return due;
}

std::optional<TimePoint> RxBalance::deadline() const {
  if (receivers_.empty()) return std::nullopt;
  std::optional<TimePoint> next;
  for (const RxClient& client : clients_) {
    if (client.rounds > 0) next = earlier(next, client.due);
  }
  return next;
}

std::vector<SlotId> RxBalance::entries() const {
  std::vector<SlotId> slots;
  if (receivers_.empty()) return slots;
  slots.reserve(entries_.size());
  for (const auto& entry : entries_) slots.push_back(entry.value_or(receivers_.front()));
  return slots;
}

void RxBalance::resume(std::vector<RxClient> clients) {
  clients_ = std::move(clients);
  for (const RxClient& client : clients_) entries_[hash(client.client)] = client.slot;
}

bool RxBalance::may_receive(SlotId slot) const {
  return std::ranges::find(receivers_, slot) != receivers_.end();
}

std::size_t RxBalance::count(SlotId slot) const {
  return static_cast<std::size_t>(std::ranges::count(clients_, slot, &RxClient::slot));
}

SlotId RxBalance::least_used() const {
  return *std::ranges::min_element(receivers_, {}, [&](SlotId slot) { return count(slot); });
}

SlotId RxBalance::most_used() const {
  return *std::ranges::max_element(receivers_, {}, [&](SlotId slot) { return count(slot); });
}

void RxBalance::assign(std::uint8_t entry, SlotId slot, TimePoint due, unsigned rounds) {
  entries_[entry] = slot;
  for (RxClient& client : clients_) {
    if (hash(client.client) != entry) continue;
    client.slot = slot;
    tell(client, due, rounds);
  }
}

/// Moves entries until no slot has two clients more than another.
void RxBalance::level(TimePoint due) {
  std::array<std::size_t, kBalanceBuckets> sizes{};
  for (const RxClient& client : clients_) ++sizes[hash(client.client)];
  for (std::size_t moves = 0; moves < clients_.size(); ++moves) {
    const SlotId from = most_used(), to = least_used();
    const auto difference = count(from) - count(to);
    if (difference < 2) return;
    // Clients of one hash move together: an entry of as many as that would only turn the difference round.
    const auto moved = std::ranges::find_if(clients_, [&](const RxClient& client) {
      return client.slot == from && sizes[hash(client.client)] < difference;
    });
    if (moved == clients_.end()) return;
    assign(hash(moved->client), to, due, kSurely);  // a port that has its link back may not forward yet
  }
}

/// Entries without clients stand ready for new ones, the slots in turn.
void RxBalance::deal_out_the_empty() {
  std::array<bool, kBalanceBuckets> has_clients{};
  for (const RxClient& client : clients_) has_clients[hash(client.client)] = true;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!has_clients[i]) entries_[i] = receivers_[i % receivers_.size()];
  }
}

RxClient* RxBalance::find(const Ipv4Address& client, const Ipv4Address& server) {
  const auto found = std::ranges::find_if(
      clients_, [&](const RxClient& known) { return known.client == client && known.server == server; });
  return found == clients_.end() ? nullptr : &*found;
}

/// What is to be told soon already is not put off.
void RxBalance::tell(RxClient& client, TimePoint due, unsigned rounds) {
  client.due = client.rounds > 0 ? std::min(client.due, due) : due;
  client.rounds = std::max(client.rounds, rounds);
}

}  // namespace ebond::core
