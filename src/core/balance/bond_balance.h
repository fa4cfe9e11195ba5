// Modes balance-tlb and balance-alb: which slaves send and receive what, by load and by client, and what must
// be said when that or a MAC changes: learning packets to switches, ARP replies to clients.
//
// The slaves' MACs are changed elsewhere (bond/macs.h); this follows them, once in a turn, when all else is
// decided.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/balance/rx_balance.h"
#include "core/balance/settling.h"
#include "core/balance/tx_balance.h"
#include "core/bond/macs.h"
#include "core/bond/roster.h"
#include "core/bond/turn_notes.h"
#include "core/table.h"
#include "wire/ethernet.h"

namespace ebond::core {

class BondBalance {
 public:
  /// The bond as it stands at a call.
  struct View {
    const BondOptions& options;
    const Roster& roster;
    const Macs& macs;
    bool admin_up = false;
  };

  /// Follows slaves and options, and says what must be said. `told_active`: the active slave as the world was
  /// last told of it.
  void follow(const View& bond, std::optional<IfIndex> told_active, TurnNotes& notes);
  /// What the table says in these modes beside slots. After follow().
  void plan(const View& bond, Table& table) const;
  /// Buckets by load: balance-tlb and balance-alb with tlb_dynamic_lb.
  const std::vector<SlotId>& buckets() const { return tx_.buckets(); }

  /// balance-alb: a client's ARP that a slave heard, or one of somebody who took an address of ours. False if
  /// the frame is no ARP.
  bool heard(const View& bond, const wire::EthernetFrame& frame, TimePoint now);
  /// An ARP that bond0 sent. False if it says nothing of a client.
  bool sent(const View& bond, const wire::EthernetFrame& frame, TimePoint now);
  /// What heard() makes something of.
  std::vector<ArpRule> listening() const { return rx_.listening(); }
  void measured(const TxTotals& totals, TimePoint now) { tx_.measured(totals, now); }
  bool take_due_reading(TimePoint now) { return tx_.take_due(now); }
  std::optional<TimePoint> next_deadline(const BondOptions& options) const;

  const std::vector<RxClient>& clients() const { return rx_.clients(); }
  /// balance-alb: the slave that wore the bond's MAC until a moment ago, for which switches may still take
  /// it.
  std::optional<IfIndex> former_wearer() const;
  void settle(IfIndex former_wearer, TimePoint now);
  /// The MACs that these slaves wore a moment ago and still take frames to.
  std::vector<Worn> worn_before(const View& bond) const;
  /// As an earlier process left it.
  void resume(const View& bond, const std::vector<SlotId>& buckets, const std::vector<RxClient>& clients,
              TimePoint now);

 private:
  /// A slave that may send, and the MAC it speaks with.
  struct Speaker {
    IfIndex slave{};
    SlotId slot{};
    MacAddress mac{};
  };
  using Speakers = std::vector<Speaker>;

  static Speakers speakers(const Roster& roster);
  void follow_timers(const View& bond, TimePoint now);
  void follow_load(const View& bond);
  void follow_wearer(const View& bond, TimePoint now);
  void teach_moved(const View& bond, const Speakers& before, std::optional<IfIndex> told_active,
                   TurnNotes& notes);
  void teach_lost(const View& bond, const Speakers& before, TurnNotes& notes);
  void teach_all(const View& bond, TurnNotes& notes);
  void tell_clients(const Roster& roster, TurnNotes& notes);

  TxBalance tx_;
  RxBalance rx_;
  std::optional<TimePoint> taught_at_;  ///< the latest learning packets of all slaves, or when they began
  Speakers speakers_;                   ///< as last followed
  std::optional<IfIndex> promiscuous_;  ///< the slave that takes frames for one that was lost, and how long
  TimePoint promiscuous_until_{};
  std::optional<IfIndex> wearer_;  ///< balance-alb: of the bond's MAC, as last followed
  Settling settling_;              ///< that is another slave of late
  IfIndex former_wearer_{};        ///< and was this one
};

}  // namespace ebond::core
