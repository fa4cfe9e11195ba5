// The inside of a Bond: what it knows, and the transitions every command and observation is made of.
//
// An entry point of Bond opens a Turn, calls transitions, and ends with settle(), which compares what the
// world was last told with what is true now and answers the differences as actions, in the order they must be
// carried out. A transition therefore only changes state and leaves a record; it never emits an action twice.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/bond.h"
#include "core/lacp/system.h"
#include "core/path/arp_monitor.h"
#include "core/path/path_monitor.h"
#include "core/repeater.h"
#include "core/selection.h"
#include "core/slave.h"
#include "wire/ethernet.h"

namespace ebond::core {

/// One call of an entry point.
struct Turn {
  TimePoint now;
  Actions mac_actions{};        ///< in the order they must be carried out
  Actions transmissions{};      ///< once the table is written
  std::vector<Event> events{};  ///< the record, in the order things happened
  std::string why_active{};     ///< why the active slave changed, if it did
  std::string_view seen_by{};   ///< what this turn goes by: see Event::seen_by
  std::string why_lost{};       ///< why a slave cannot be used any more: the first reason there was

  void lost(const std::string& why) {
    if (why_lost.empty()) why_lost = why;
  }
};

/// A slave that traffic goes through, under the name it had.
struct Carrying {
  IfIndex ifindex{};
  std::string name;
  bool operator==(const Carrying&) const = default;
};

/// A slave that may send, and the MAC it speaks with in balance-tlb and balance-alb.
struct Speaker {
  IfIndex slave{};
  SlotId slot{};
  MacAddress mac;
};

struct Bond::State {
  std::string name;
  IfIndex ifindex{};
  MacAddress mac;
  bool mac_is_user_set = false;
  BondOptions options;
  bool admin_up = false;
  std::vector<Slave> slaves;  ///< in enslave order
  /// The slave that carries traffic in modes 1, 5, 6; in the others it is kept too, and carries IGMP.
  std::optional<IfIndex> active;
  bool force_primary = false;  ///< the next choice takes the primary whatever primary_reselect says
  Repeater announcements;
  Repeater igmp_reports;
  std::optional<TimePoint> next_poll;
  ArpMonitor arp;
  std::optional<TimePoint> next_proof_look;  ///< while a link that is back waits for a proof
  std::unique_ptr<PathWatch> path_watch;     ///< where path_monitor is not off
  PathMonitor path_watch_kind = PathMonitor::off;
  bool ways_are_news = false;  ///< since path_watch last followed
  std::vector<PathWay> ways;   ///< to path_target, as last told

  // Mode 802.3ad, from the first time the bond is up (bond_lacp.cpp).
  std::optional<lacp::System> lacp;
  MacAddress lacp_mac;  ///< the system ID without ad_actor_system: the bond's MAC when the first port came
  lacp::Settings lacp_settings;               ///< as the System was last told
  std::vector<lacp::PortFacts> lacp_ports{};  ///< likewise, of every port it has

  // Modes balance-tlb and balance-alb (bond_balance.cpp)
  TxBalance tx_balance;
  RxBalance rx_balance;
  std::optional<TimePoint>
      learned_at;  ///< the latest learning packets of all slaves, or when they were begun
  std::vector<Speaker> told_speakers;
  std::optional<IfIndex> promiscuous;  ///< the slave that takes frames for one that was lost, and how long
  TimePoint promiscuous_until{};

  // What the world was last told.
  Table table;
  DatapathSpec spec;
  bool carrier = false;
  std::optional<IfIndex> told_active;
  std::string told_active_name;
  std::vector<Carrying> told_carrying;

  // Questions.
  Slave* find(IfIndex slave_index);
  Slave* active_slave();
  Candidates candidates();
  bool is_active_backup() const { return options.mode == Mode::active_backup; }
  /// Modes 1, 5, 6: one slave is the active one for all to see.
  bool uses_active_slave() const;
  /// fail_over_mac counts in active-backup only.
  FailOverMac fail_over_mac() const { return is_active_backup() ? options.fail_over_mac : FailOverMac::none; }
  /// Frames can leave now, if perhaps through an active slave that is going down.
  bool has_usable_slave() const;
  bool balances_load() const;       ///< balance-tlb, balance-alb
  bool balances_by_load() const;    ///< with tlb_dynamic_lb
  bool balances_receiving() const;  ///< balance-alb
  /// Who speaks with this MAC.
  Slave* speaker(MacAddress spoken);
  /// What a slave that brings this MAC is to speak with; none where no MAC is left for it.
  std::optional<MacAddress> mac_to_speak_with(MacAddress brought);
  std::optional<TimePoint> balance_deadline() const;
  /// The delays in force: while no slave is usable updelay would only prolong the outage, so it is ignored.
  LinkDelays link_delays() const;
  SlotId free_slot() const;
  /// The state "ACTIVE" of a slave: it may carry the bond's traffic.
  bool is_in_use(const Slave& slave) const;
  /// What it receives is the bond's.
  bool may_accept(const Slave& slave) const;
  bool wants_carrier() const;
  /// The active slave in active-backup, who may send in the other modes.
  std::vector<Carrying> carrying() const;
  ArpMonitor::View arp_view();
  bool proves_before_failback() const;
  std::optional<TimePoint> failback_deadline() const;
  PathWatch::View path_view();
  /// 802.3ad: ports their partner lets nothing through yet; nobody is accused by them.
  std::vector<IfIndex> idle_ports() const;
  Table wanted_table();
  DatapathSpec wanted_spec() const;
  lacp::PortFacts port_facts(const Slave& slave) const;
  std::optional<TimePoint> lacp_deadline() const;
  void remember_lacp(BondMemory& memory) const;

  // Transitions.
  void add_slave(const NewSlave& slave, Turn& turn);
  void remove_slave(IfIndex slave_index, std::string_view kind, Turn& turn);
  void link_changed(Slave& slave, const LinkTransition& transition, Turn& turn);
  /// What link_changed is for a link: a judge holds the slave out, or lets it pass. Where that makes it
  /// usable or unusable the active slave is chosen anew by the same rules.
  void path_changed(Slave& slave, const PathVerdict& verdict, Turn& turn);
  /// The same of several slaves at once: one choice is made of all of it.
  void paths_changed(std::span<const JudgedPath> judged, Turn& turn);
  /// Its link went, or is back: what it must pass before it is used again (bond_failback.cpp).
  void hold_back(Slave& slave, const LinkTransition& transition, Turn& turn);
  void let_back(Turn& turn);
  void free_last_resort(Turn& turn);
  /// Chooses the active slave anew.
  void select_active(const std::string& why, Turn& turn);
  void change_active(const Slave* chosen, const std::string& why, Turn& turn);
  /// The option primary was set: the slave it names, if it is here, is taken once whatever primary_reselect.
  void primary_named(Turn& turn);
  /// Why `slave_name` cannot be made active by the option active_slave, if it cannot.
  std::optional<Refusal> refuse_active(const std::string& slave_name);
  /// The option active_slave was set; empty: cleared, and chosen anew.
  void active_named(const std::string& slave_name, Turn& turn);
  void move_macs(Slave& raised, Slave* lowered, Turn& turn);
  void set_bond_mac(MacAddress wanted, std::string why, Turn& turn);
  void set_slave_mac(Slave& slave, MacAddress wanted, Turn& turn);
  void expire_delays(Turn& turn);
  /// The ARP monitor's and the path monitor's verdicts and probes that are due (bond_paths.cpp).
  void watch_paths(Turn& turn);
  void give_up_mac_of(const Slave& leaving, Turn& turn);
  void hand_bond_mac_to(Slave& raised, Slave* lowered, Turn& turn);
  void speak_with(Slave& slave, MacAddress wanted, Turn& turn);
  void bond_mac_was_set(Turn& turn);
  std::vector<Speaker> speakers() const;
  void resume_balance(const BondMemory& memory, TimePoint now);
  std::vector<SlotId> receivers() const;
  /// balance-alb: a client's ARP, or of whoever took an address of ours. False where it is none.
  bool client_heard(const wire::EthernetFrame& frame, Turn& turn);
  /// Polls at `first` and every miimon from then on; never while down, without slaves, or with miimon 0.
  void start_polling(TimePoint first);

  /// A frame a bond's protocols may wait for. False where it meant nothing: then there is no turn to end.
  bool frame_heard(Slave& slave, const wire::EthernetFrame& frame, Turn& turn);
  bool slow_frame_heard(const Slave& slave, std::span<const std::uint8_t> frame, Turn& turn);
  void resume_lacp(const BondMemory& memory, TimePoint now);

  /// Ends a turn: everything the world must now be told.
  Actions settle(Turn& turn);

 private:
  void follow_with_balance(Turn& turn);
  void teach_moved(const std::vector<Speaker>& before, Turn& turn);
  void teach_lost(const std::vector<Speaker>& before, Turn& turn);
  void teach_all(Turn& turn);
  void tell_clients(Turn& turn);
  void tell_balance(Table& wanted);
  std::vector<LoadShare> load_shares() const;
  void risen(const Slave& slave, const std::string& why, Turn& turn);
  void follow_with_lacp(Turn& turn);
  std::vector<const Slave*> senders() const;
  /// A link that was lost leads to a path that must be proved anew.
  void follow_link_with_arp(Slave& slave, const LinkTransition& transition, Turn& turn);
  void follow_with_arp(Turn& turn);
  void follow_with_path_watch(Turn& turn);
  void take_path_news(PathNews news, Turn& turn);
  std::vector<SlotId> wanted_buckets();
  void settle_active(Turn& turn);
  void settle_failover(Turn& turn);
  void settle_no_arp(Actions& actions);
  void settle_carrier(Actions& actions, Turn& turn);
  void settle_repeats(Actions& actions, Turn& turn);
  Duration announcement_spacing() const;
};

}  // namespace ebond::core
