// The ARP and ND monitor: does a slave's link lead anywhere? Every arp_interval targets are asked, and a
// slave that has not been heard for arp_missed_max rounds is held out.
//
// The rules are the driver's: in active-backup those of bond_activebackup_arp_mon (the active slave asks; a
// backup is proved by hearing the question; while no slave is proved one after the other asks), in all other
// modes those of bond_loadbalance_arp_mon (every slave asks for itself). What it adds: it works beside miimon
// and in 802.3ad, balance-tlb and balance-alb; it acts when the time is over and not at the next round; and
// it counts rounds that were really sent, so that a daemon that got no processor accuses nobody.
//
// A part of the bond, which tells it of slaves, frames and time, and carries out what it answers. Holds no
// slave out itself: it is one of the judges PathGate hears.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/options/options.h"
#include "core/path/arp_evidence.h"
#include "core/path/path_gate.h"
#include "core/path/surroundings.h"
#include "core/slave.h"
#include "core/types.h"

namespace ebond::core {

class ArpMonitor {
 public:
  /// The bond as it stands at a call.
  struct View {
    const BondOptions& options;
    std::span<const Slave> slaves;  ///< in enslave order
    const Slave* active = nullptr;
    MacAddress bond_mac;
    bool admin_up = false;
    std::vector<IfIndex> idle{};  ///< ports their partner lets nothing through yet: nobody is accused by them
  };
  struct Probe {
    IfIndex slave{};
    std::vector<std::uint8_t> frame;
  };

  /// Is there anything to watch, by the options alone?
  static bool is_wanted(const BondOptions& options);
  /// Is there a slave for which any frame counts? As bond_rcv_validate: one that is not validated, where
  /// nothing but ARP and ND is filtered out.
  static bool counts_any_frame(const BondOptions& options);
  /// Must ARP and ND frames be heard?
  static bool hears(const BondOptions& options);

  void surroundings(Surroundings around) { around_ = std::move(around); }

  /// Takes in who is there, who is active, whether it is to run. Verdicts: whom it lets go where it ends.
  std::vector<JudgedPath> follow(const View& view, TimePoint now);
  /// This slave was just enslaved and its link is up: taken for proved until it fails to be.
  void trust(IfIndex slave, TimePoint now);
  /// Its link went: it must be proved anew once it is back.
  void link_lost(IfIndex slave, TimePoint now);
  /// Its link is back: the hold that keeps it out until it is proved, if it must be.
  std::optional<PathVerdict> link_back(const View& view, IfIndex slave) const;

  /// A frame that came in on a slave, addressed to whomever.
  void heard(const View& view, const Slave& slave, const wire::EthernetFrame& frame, TimePoint now);

  /// Who is lost and who is proved at `now`.
  std::vector<JudgedPath> inspect(const View& view, TimePoint now);
  bool round_due(TimePoint now) const { return next_round_ && now >= *next_round_; }
  /// The round's probes; in active-backup without an active slave also whose turn it is, in `shown`.
  std::vector<Probe> probe(const View& view, std::vector<JudgedPath>& shown, TimePoint now);
  std::optional<TimePoint> deadline(const View& view) const;

 private:
  /// When something was last heard, and how many rounds have been sent since.
  struct Heard {
    TimePoint at{};
    unsigned rounds = 0;
  };
  /// What the driver keeps in struct slave.
  struct Record {
    IfIndex slave{};
    MiiStatus state = MiiStatus::up;  ///< its `link`: going back while probed for, going down once in vain
    TimePoint last_link_up{};         ///< enslaved, made active, or probed for
    Heard last{};
    std::vector<Heard> by_target{};
    std::optional<TimePoint> any_frame_since{};  ///< set while any frame counts
    std::optional<TimePoint> last_tx{};
    bool idle = false;
    std::string proof{};  ///< what was heard last
  };

  Record* find(IfIndex slave);
  const Record* find(IfIndex slave) const;
  Record fresh(const Slave& slave, TimePoint now) const;
  void restart(Record& record, TimePoint now) const;
  void stop(const View& view, std::vector<JudgedPath>& released);
  void follow_slaves(const View& view, TimePoint now);
  void follow_roles(const View& view, TimePoint now);
  bool is_active(const View& view, IfIndex slave) const;
  bool is_validated(const View& view, IfIndex slave) const;
  bool counts_any_of(const View& view, IfIndex slave) const;
  void heard_by_backup(const View& view, Record& record, const NeighborFrame& frame,
                       const NeighborFrame::Known& known, TimePoint now);
  static void take(Record& record, TargetIndex target, std::string proof, TimePoint now);
  void take_stamps(const View& view);
  /// The evidence that counts for a slave, by arp_all_targets.
  Heard evidence(const View& view, const Record& record) const;
  /// When `record` is lost if nothing more is heard; none: not before the next round.
  std::optional<TimePoint> lost_at(const View& view, const Record& record) const;
  PathVerdict plaint(const View& view, const Record& record, TimePoint now) const;
  void ask(const View& view, const Slave& slave, std::vector<Probe>& probes, TimePoint now);
  void rotate(const View& view, std::vector<Probe>& probes, std::vector<JudgedPath>& shown, TimePoint now);

  Surroundings around_;
  std::vector<Record> records_;  ///< in enslave order
  bool runs_ = false;
  std::optional<IfIndex> active_;     ///< as last told
  std::optional<IfIndex> candidate_;  ///< the driver's current_arp_slave
  std::optional<TimePoint> next_round_;
  TimePoint last_round_{};
  ProbeTargets targets_;  ///< as last told
  Milliseconds interval_{0};
};

}  // namespace ebond::core
