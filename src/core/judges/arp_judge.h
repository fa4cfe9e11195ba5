// The ARP and ND monitor: does a slave's link lead anywhere? Every arp_interval targets are asked, and a
// slave that has not been heard for arp_missed_max rounds is held out.
//
// The rules are the driver's: in active-backup those of bond_activebackup_arp_mon (the active slave asks; a
// backup is proved by hearing the question; while no slave is proved one after the other asks), in all other
// modes those of bond_loadbalance_arp_mon (every slave asks for itself). What it adds: it works beside miimon
// and in 802.3ad, balance-tlb and balance-alb; it acts when the time is over and not at the next round; and
// it counts rounds that were really sent, so that a daemon that got no processor accuses nobody.
//
// What a frame proves is said in arp_evidence.h; this says when to believe it, and of which slave.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/judges/arp_evidence.h"
#include "core/judges/judge.h"
#include "core/judges/per_slave.h"
#include "core/options/options.h"
#include "core/slave.h"
#include "core/types.h"

namespace ebond::core {

class ArpJudge : public Judge {
 public:
  /// Is there anything to watch, by the options alone?
  static bool is_wanted(const BondOptions& options);

  JudgeNews follow(const Scene& scene, TimePoint now) override;
  JudgeNews link_changed(const Scene& scene, const Slave& slave, const LinkChange& change,
                         TimePoint now) override;
  /// It counts when advance() next looks.
  JudgeNews heard(const Scene& scene, const Slave& slave, const wire::EthernetFrame& frame,
                  TimePoint now) override;
  /// Verdicts first. Questions follow them at once, as in the driver: who asks now is whichever slave is
  /// active after the verdicts.
  JudgeNews advance(const Scene& scene, TimePoint now) override;
  std::optional<TimePoint> next_deadline(const Scene& scene) const override;
  Listening listening(const Scene& scene, const Slave& slave) const override;
  /// One for each slave, with all targets.
  std::vector<MonitorSession> sessions(const Scene& scene) const override;
  /// Is there a slave for which any frame counts? As bond_rcv_validate: one that is not validated, where
  /// nothing but ARP and ND is filtered out.
  bool counts_any_frame(const BondOptions& options) const override;

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

  Record fresh(const Slave& slave, TimePoint now) const;
  void restart(Record& record, TimePoint now) const;
  void follow_roles(const Scene& scene, TimePoint now);
  bool is_active(const Scene& scene, IfIndex slave) const;
  bool is_validated(const Scene& scene, IfIndex slave) const;
  bool counts_any_of(const Scene& scene, IfIndex slave) const;
  void heard_by_backup(const Scene& scene, Record& record, const NeighborFrame& frame,
                       const NeighborFrame::Known& known, TimePoint now);
  static void believe(Record& record, TargetIndex target, std::string proof, TimePoint now);
  void read_stamps(const Scene& scene);
  /// The evidence that counts for a slave, by arp_all_targets.
  Heard evidence(const Scene& scene, const Record& record) const;
  /// When `record` is lost if nothing more is heard; none: not before the next round.
  std::optional<TimePoint> lost_at(const Scene& scene, const Record& record) const;
  PathVerdict plaint(const Scene& scene, const Record& record, TimePoint now) const;
  /// Which slaves are lost and which are proved at `now`.
  std::vector<JudgedPath> inspect(const Scene& scene, TimePoint now);
  /// The round's probes; in active-backup without an active slave also whose turn it is.
  JudgeNews probe(const Scene& scene, TimePoint now);
  void ask(const Scene& scene, const Slave& slave, JudgeNews& news, TimePoint now);
  void rotate(const Scene& scene, JudgeNews& news, TimePoint now);

  PerSlave<Record> records_;
  bool runs_ = false;
  std::optional<IfIndex> active_;     ///< as last told
  std::optional<IfIndex> candidate_;  ///< the driver's current_arp_slave
  std::optional<TimePoint> next_round_;
  bool asks_next_ = false;  ///< verdicts were said: the round follows without another look
  TimePoint last_round_{};
  ProbeTargets targets_;  ///< as last told
  Milliseconds interval_{0};
};

}  // namespace ebond::core
