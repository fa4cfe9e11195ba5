// Receive balancing of balance-alb: which of the bond's MAC addresses each IPv4 client is told to send to.
//
// A client is whoever the bond exchanges ARP with. 256 entries, by the driver's hash of the client's address,
// each name the slot whose MAC those clients are told; the kernel's TX program reads the same entries when
// bond0 sends an ARP, so a new client has its slave with the first answer. This decides who gets which, notes
// who was told, and says when a client must be told anew, by an unsolicited ARP reply.
//
// Used by Bond in mode balance-alb. Knows slots and addresses, no links.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/balance/load_fill.h"
#include "core/listening.h"
#include "core/types.h"
#include "wire/arp.h"

namespace ebond::core {

using wire::Ipv4Address;

/// One client, and which of the bond's addresses it knows.
struct RxClient {
  Ipv4Address client{};
  Ipv4Address server{};  ///< the bond's own address, as the client knows it
  MacAddress mac{};      ///< the client's; all zeros until it is known
  std::uint16_t vlan = 0;
  SlotId slot{};        ///< whose MAC it is told
  unsigned rounds = 0;  ///< times it is to be told still
  TimePoint due{};      ///< of the next, where rounds > 0
  TimePoint seen{};
};

class RxBalance {
 public:
  static constexpr Milliseconds kUpdateDelay{2000};  // RLB_UPDATE_DELAY
  static constexpr unsigned kRetries = 3;            // RLB_UPDATE_RETRY
  static constexpr unsigned kBurst = 2;              // RLB_ARP_BURST_SIZE
  static constexpr std::size_t kMaxClients = 1024;

  /// The slots that may receive. Clients of one that is gone are given to others, one that is new takes its
  /// share of them; those that moved are told at once and three times more.
  void follow(const std::vector<SlotId>& receivers, TimePoint now);
  /// The MAC of this slot is another one now: its clients must be told.
  void mac_changed(SlotId slot, TimePoint now);

  /// bond0 sent this ARP. `broadcast`: everybody on the network heard it, and takes the bond's own MAC for
  /// the sender's; `wearer` is the slot that wears it.
  void sent(const wire::ArpPacket& arp, bool broadcast, std::uint16_t vlan, std::optional<SlotId> wearer,
            TimePoint now);
  /// A slave heard this ARP. `is_ours`: its sender's MAC is one of the bond's.
  void heard(const wire::ArpPacket& arp, bool is_ours, TimePoint now);

  /// What heard() makes something of: what clients answer, and who else has an address of ours.
  std::vector<ArpRule> listening() const;

  /// Those that must be told now, each kBurst times.
  std::vector<RxClient> take_due(TimePoint now);
  std::optional<TimePoint> deadline() const;

  /// By hash, one for each of the 256; empty where no slot may receive.
  std::vector<SlotId> entries() const;
  static std::uint8_t hash(const Ipv4Address& client);

  const std::vector<RxClient>& clients() const { return clients_; }
  /// As an earlier process left them.
  void resume(std::vector<RxClient> clients);

 private:
  using Entries = std::array<std::optional<SlotId>, kBalanceBuckets>;

  bool may_receive(SlotId slot) const;
  std::size_t count(SlotId slot) const;
  SlotId least_used() const;
  SlotId most_used() const;
  void assign(std::uint8_t entry, SlotId slot, TimePoint due, unsigned rounds);
  void level(TimePoint due);
  void deal_out_the_empty();
  RxClient* find(const Ipv4Address& client, const Ipv4Address& server);
  static void tell(RxClient& client, TimePoint due, unsigned rounds);

  std::vector<SlotId> receivers_;
  Entries entries_{};
  std::vector<RxClient> clients_;
};

}  // namespace ebond::core
