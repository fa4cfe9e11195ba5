// A bond: its options, its slaves, which of them carries traffic, and what the world must be told.
//
// Used by the daemon, which feeds it what it hears (commands, link reports, time) and carries out the actions
// it answers with, in their order: the table comes before the announcement that points traffic at it. It
// never touches the system, never reads a clock and never blocks, so every rule is tested in virtual time.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/balance/rx_balance.h"
#include "core/balance/tx_balance.h"
#include "core/event.h"
#include "core/lacp/memory.h"
#include "core/listening.h"
#include "core/mac_behind.h"
#include "core/options/options.h"
#include "core/refusal.h"
#include "core/slave.h"
#include "core/status.h"
#include "core/surroundings.h"
#include "core/table.h"
#include "core/types.h"

namespace ebond::core {

namespace action {
/// table() changed: write it before carrying out what follows.
struct PublishTable {};
/// datapath_spec() changed: load programs made for it, then write the table.
struct RespecialiseDatapath {};
struct SetCarrier {
  bool on;
};
struct SetBondMac {
  MacAddress mac;
};
struct SetSlaveMac {
  IfIndex slave;
  MacAddress mac;
};
struct SetNoArp {
  IfIndex slave;
  bool on;
};
/// One round: a gratuitous ARP per IPv4 address and an unsolicited NA per IPv6 address, on the bond and the
/// VLANs above it.
struct Announce {};
struct ResendIgmp {};
/// Learning packets (wire/learning_packet.h), so that switches know where MACs are: out of `slave`, untagged
/// and in every VLAN on the bond. `macvlans`: likewise for the macvlans on the bond.
struct Teach {
  struct Lesson {
    IfIndex slave;
    MacAddress mac;
    bool macvlans = false;
  };
  std::vector<Lesson> lessons{};
};
/// Find the MACs that speak through the bond and call behind_read(): the last action of a turn, for it may
/// take a while. What stands on it in other namespaces may follow later, by behind_found_elsewhere().
struct ReadBehind {};
/// Frames out of bond0, as any that it sends: the data path chooses the slave.
struct SendByBond {
  std::vector<std::vector<std::uint8_t>> frames;
};
/// The slave takes what is addressed to other MACs too, beside what the bond's own promiscuity asks for.
struct SetPromiscuous {
  IfIndex slave;
  bool on;
};
/// The slave's card takes frames to this MAC beside its own: it wore it a moment ago.
struct KeepTaking {
  IfIndex slave;
  MacAddress mac;
  bool on;
};
/// Read what every bucket sent and call tx_measured().
struct ReadTxTotals {};
/// A frame (Ethernet header included) out of one slave: LACPDU, probe, learning packet.
struct Transmit {
  IfIndex slave;
  std::vector<std::uint8_t> frame;
};
struct Report {
  Event event;
};
}  // namespace action

using Action =
    std::variant<action::PublishTable, action::RespecialiseDatapath, action::SetCarrier, action::SetBondMac,
                 action::SetSlaveMac, action::SetNoArp, action::Announce, action::ResendIgmp, action::Teach,
                 action::SetPromiscuous, action::ReadTxTotals, action::Transmit, action::Report,
                 action::ReadBehind, action::SendByBond, action::KeepTaking>;
using Actions = std::vector<Action>;

template <class T = Actions>
using Outcome = std::expected<T, Refusal>;

struct NewSlave {
  IfIndex ifindex{};
  std::string name;
  MacAddress current_mac;
  MacAddress permanent_mac;  ///< as the hardware gave it; current_mac where the NIC names none
  LinkState link;
};

/// What a daemon's successor needs to go on as if nothing had happened.
struct SlaveMemory {
  NewSlave facts;  ///< current_mac is the MAC the slave wears now
  SlotId slot{};
  SlaveOptions options;
  MiiStatus mii_status = MiiStatus::down;
  std::uint32_t link_failure_count = 0;  ///< of the link alone
  std::optional<TimePoint> delay_ends;   ///< of updelay or downdelay, while going back or down
  std::vector<PathHold> path;            ///< who holds it out
  std::uint32_t path_failure_count = 0;
  MacAddress own_mac;    ///< in balance-tlb and balance-alb: the MAC it speaks with
  bool drained = false;  ///< taken out by command
  std::optional<Neighbour> neighbour{};
};
struct BondMemory {
  std::string name;
  IfIndex ifindex{};
  MacAddress mac;
  bool mac_is_user_set = false;
  bool admin_up = false;
  BondOptions options;
  std::string active_slave;
  std::vector<SlaveMemory> slaves;  ///< in enslave order
  /// With tx_table resilient, and where load decides: what depends on its past. Else empty.
  std::vector<SlotId> buckets;
  std::optional<lacp::Memory> lacp;  ///< mode 802.3ad
  MacAddress lacp_mac;               ///< likewise: the bond's MAC as LACP took it for its system ID
  std::vector<RxClient> clients;     ///< of balance-alb
  std::string former_wearer;  ///< balance-alb: the slave that wore the bond's MAC a moment ago; or empty
};

class Bond {
 public:
  /// A new bond without slaves: down, no carrier, an empty table. `mac_is_user_set`: keep `mac` instead of
  /// taking the first slave's.
  Bond(std::string name, IfIndex ifindex, MacAddress mac, bool mac_is_user_set, BondOptions options);
  /// Goes on where `memory()` of an earlier process stopped: same slots, same active slave, same counts.
  static Bond restore(const BondMemory& memory, TimePoint now);
  Bond(Bond&&) noexcept;
  Bond& operator=(Bond&&) noexcept;
  ~Bond();

  // Commands. A refusal changes nothing.
  Outcome<> enslave(const NewSlave& slave, TimePoint now);
  /// The caller gives the NIC back its own MAC and flags: no action names it any more. The bond keeps its MAC
  /// when the last slave goes, and takes that of the next first one unless it is user set.
  Outcome<> release(IfIndex slave, TimePoint now);
  /// Keys and values as iproute2 spells them ("xmit_hash_policy", "layer3+4"); numbers work too. All or none.
  Outcome<> set(const std::vector<std::pair<std::string, std::string>>& changes, TimePoint now);
  Outcome<> set_slave(IfIndex slave, std::string_view key, std::string_view value, TimePoint now);
  /// Takes a slave out of use without losing a frame, or lets it back. `force`: even if nothing else carries.
  Outcome<> drain(IfIndex slave, bool on, bool force, TimePoint now);

  // Observations.
  Actions link_report(IfIndex slave, const LinkState& link, LinkSource source, TimePoint now);
  /// The same where nothing but the carrier's loss is known: speed and duplex stay as last reported.
  Actions carrier_lost(IfIndex slave, LinkSource source, TimePoint now);
  Actions slave_unplugged(IfIndex slave, TimePoint now);
  Actions slave_renamed(IfIndex slave, std::string name, TimePoint now);
  Actions renamed(std::string name);
  Actions admin_state(bool up, TimePoint now);
  /// Somebody set bond0's MAC (`ip link set bond0 address …`).
  Actions mac_changed(MacAddress mac, TimePoint now);
  /// A control frame (Ethernet header included) that came in on a slave: an LACPDU, an ARP or ND probe's
  /// answer. Frames no protocol of the bond waits for are ignored.
  Actions frame_received(IfIndex slave, std::span<const std::uint8_t> frame, TimePoint now);
  /// When a slave last received a frame, whatever it was. Told before advance() wherever datapath_spec() asks
  /// for stamp_rx; changes nothing by itself.
  void activity(IfIndex slave, TimePoint last_rx);
  /// How things stand around the bond: what targets() need to be reached. Changes nothing by itself.
  void surroundings(Surroundings around);
  /// An ARP that bond0 sent, in its namespace's words: as it left bond0, before the datapath touched it. Told
  /// as listening_to_itself() asks.
  Actions frame_sent(std::span<const std::uint8_t> frame, TimePoint now);
  /// What bond0 must be heard for, that frame_sent() be told of it; nothing if no protocol asks.
  Listening listening_to_itself() const;
  /// What was asked for by ReadTxTotals.
  Actions tx_measured(const TxTotals& totals, TimePoint now);
  /// What was asked for by ReadBehind.
  Actions behind_read(std::vector<MacBehind> found, TimePoint now);
  Actions behind_found_elsewhere(std::vector<MacBehind> found, TimePoint now);
  /// How often every slave's device must be asked for its link, and link_report() be told of what is
  /// otherwise than find() says; none: never.
  std::optional<Milliseconds> polled_every() const;
  /// What a slave must be heard for, that frame_received() be told of it. It may be another after every call.
  Listening listening(IfIndex slave) const;
  /// The MAC this slave's path is probed from while it is a backup; none where nobody probes. Frames to it
  /// must be heard, too.
  std::optional<MacAddress> probe_mac(IfIndex slave) const;
  /// Whom the bond probes; empty where it probes nobody. surroundings() must be told of each.
  ProbeTargets targets() const;
  /// Time passed: runs every timer due at `now`.
  Actions advance(TimePoint now);
  /// When advance() next has something to do.
  std::optional<TimePoint> next_deadline() const;

  // Views.
  const Table& table() const;
  DatapathSpec datapath_spec() const;
  const BondOptions& options() const;
  const std::string& name() const;
  const MacAddress& mac() const;
  bool admin_up() const;
  /// In enslave order. Valid until the next call that is not const, as is what find() answers.
  std::span<const Slave> slaves() const;
  /// None where it is not a slave of this bond.
  const Slave* find(IfIndex slave) const;
  /// What an interface that has this MAC would wear as a slave; none if it would keep its own.
  std::optional<MacAddress> mac_to_wear(MacAddress brought) const;
  bool has_carrier() const;
  /// Must it not speak ARP: a backup of active-backup?
  bool is_silent(IfIndex slave) const;
  /// Without what path monitors ask: see sessions().
  BondStatus status(TimePoint now) const;
  /// What path monitors ask through slaves, for those who look: it costs more than all else of the status.
  std::vector<MonitorSession> sessions() const;
  /// A copy of everything, for the state file; whoever wants a field asks the views above.
  BondMemory memory() const;

  struct State;  ///< the inside (bond/state.h), for core's own parts and their tests

 private:
  std::unique_ptr<State> state_;
};

}  // namespace ebond::core
