// A judge: whatever can hold a slave out although its link is up. The ARP and ND monitor, the path monitors
// icmp, bfd and micro_bfd, the proof before failback, and flap damping are judges, and nothing else is.
//
// The bench (bench.h) tells a judge what happens and asks it what follows; the judge answers with verdicts
// and with frames to send. It never touches a slave, a gate or another judge, and does no I/O. How a new one
// is added is in docs/design.md, "Adding a judge".
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/judges/gate.h"
#include "core/listening.h"
#include "core/options/options.h"
#include "core/slave.h"
#include "core/surroundings.h"
#include "core/types.h"
#include "wire/ethernet.h"

namespace ebond::core {

/// The bond as it stands at a call: what a judge goes by.
struct Scene {
  const BondOptions& options;
  std::span<const Slave> slaves;  ///< in enslave order
  const Slave* active = nullptr;  ///< modes with an active slave: it; in the others one that is up
  MacAddress bond_mac{};
  bool admin_up = false;
  bool has_active_slave = false;  ///< modes 1, 5, 6: one slave alone receives for the bond's MAC
  const Surroundings& around;
  std::vector<IfIndex> idle{};  ///< 802.3ad: ports their partner lets nothing through; no judge accuses them

  /// None if it is not a slave.
  const Slave* find(IfIndex slave) const;
  bool is_idle(IfIndex slave) const;
};

/// A frame that a judge wants sent.
struct Probe {
  IfIndex slave{};
  std::vector<std::uint8_t> frame{};  ///< Ethernet header included
};

/// What a judge answers. The verdicts are carried out before the frames are sent.
struct JudgeNews {
  std::vector<JudgedPath> judged{};
  std::vector<Probe> probes{};
  bool empty() const { return judged.empty() && probes.empty(); }
};

/// What became of a link.
struct LinkChange {
  MiiStatus from{};
  MiiStatus to{};
  bool at_enslaving = false;  ///< the link of a slave that was enslaved just now
};

class Judge {
 public:
  virtual ~Judge() = default;

  /// Takes in how the bond stands: slaves that came or went, links, options, the active slave, the
  /// surroundings. Called in every turn until no judge has a verdict, so it is cheap, and says nothing if
  /// nothing changed. It does not look whether time is over: frames may still wait to be heard.
  virtual JudgeNews follow(const Scene& scene, TimePoint now) = 0;
  /// A link was lost or is back. A hold that begins here begins with the link: the slave was of no use
  /// before, so nothing failed. A verdict that lets a slave pass whose link is gone is not recorded.
  virtual JudgeNews link_changed(const Scene& scene, const Slave& slave, const LinkChange& change,
                                 TimePoint now);
  /// A frame that came in on a slave, whatever its destination.
  virtual JudgeNews heard(const Scene& scene, const Slave& slave, const wire::EthernetFrame& frame,
                          TimePoint now);
  /// Time passed. `now` may be late, but all that came in until then was heard before. Which slave asks, and
  /// as whom, depends on the verdicts: so a judge that begins or ends a hold is told how the bond stands then
  /// (follow()), and asked again, until it has none to begin or end. It hands back the questions that depend
  /// on a verdict only when it is asked again.
  virtual JudgeNews advance(const Scene& scene, TimePoint now);
  /// When advance() next has something to do.
  virtual std::optional<TimePoint> next_deadline(const Scene& scene) const = 0;
  /// What must be heard for it on a slave. Which kinds follows from the options alone, so that sockets stay
  /// open as slaves change their roles; the rules are of this moment.
  virtual Listening listening(const Scene& scene, const Slave& slave) const;
  /// What it asks, for those who look.
  virtual std::vector<MonitorSession> sessions(const Scene& scene) const;
  /// Does any frame that comes in count (Slave::last_rx)? By the options alone.
  virtual bool counts_any_frame(const BondOptions& options) const;
};

}  // namespace ebond::core
