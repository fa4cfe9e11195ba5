// What watches the paths beyond a bond's links by asking: the seam between the bond and whoever asks (icmp,
// bfd, micro_bfd; the option path_monitor says which).
//
// The bond owns at most one, tells it who is there, what is heard and that time passed, sends the frames it
// hands back, and takes its verdicts to PathGate, where they stand beside those of the other judges. A
// monitor never touches a slave itself. Frames of verdicts and probes come back as PathNews, in the order
// they must be carried out: verdicts first.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/listening.h"
#include "core/options/options.h"
#include "core/path/path_gate.h"
#include "core/path/surroundings.h"
#include "core/slave.h"
#include "core/types.h"
#include "wire/ethernet.h"

namespace ebond::core {

struct PathProbe {
  IfIndex slave{};
  std::vector<std::uint8_t> frame;  ///< Ethernet header included
};

struct PathNews {
  std::vector<JudgedPath> judged;
  std::vector<PathProbe> probes;
  bool empty() const { return judged.empty() && probes.empty(); }
};

class PathWatch {
 public:
  /// The bond as it stands at a call.
  struct View {
    const BondOptions& options;
    std::span<const Slave> slaves;  ///< in enslave order
    const Slave* active = nullptr;  ///< modes with an active slave: it; else whichever is up
    MacAddress bond_mac;
    bool admin_up = false;
    std::span<const PathWay> ways;  ///< to each of path_target, as far as they are known
    std::vector<IfIndex> idle{};    ///< 802.3ad: ports their partner lets nothing through: not to be accused
    bool has_active_slave = false;  ///< modes 1, 5, 6: one slave alone receives for the bond's MAC
  };

  virtual ~PathWatch() = default;

  /// Which judge its verdicts are of.
  virtual PathJudge judge() const = 0;
  /// Takes in what changed: slaves that came or went, links, options, the active slave, ways. Called at the
  /// end of every turn of the bond, so it is cheap and says nothing where nothing changed. A slave that is
  /// not to be watched any more and is held is let go.
  virtual PathNews follow(const View& view, TimePoint now) = 0;
  /// A frame that came in on a slave, addressed to whomever.
  virtual PathNews heard(const View& view, const Slave& slave, const wire::EthernetFrame& frame,
                         TimePoint now) = 0;
  /// Time passed. `now` may be late; what came in meanwhile was heard before.
  virtual PathNews advance(const View& view, TimePoint now) = 0;
  virtual std::optional<TimePoint> next_deadline() const = 0;
  /// What must be heard for it, by the options alone.
  virtual Listening listening(const BondOptions& options) const = 0;
};

/// None where the option is off.
std::unique_ptr<PathWatch> make_path_watch(PathMonitor kind);

/// The MAC a slave is probed from while the bond's traffic does not come and go through it: its permanent
/// one, where neither the bond nor another slave wears that, else one made of it with the local bit turned.
/// A switch that hears it learns nothing about the bond's MAC, and what is sent to it comes back through
/// this slave.
MacAddress probe_mac(const Slave& slave, std::span<const Slave> slaves, const MacAddress& bond_mac);

/// ARP or Neighbor Solicitation for the next hop, as the bond asks.
wire::Bytes ask_next_hop(const PathWay& way, const MacAddress& from);
/// The same as nobody (RFC 5227, RFC 4861), so that no cache learns anything of it.
wire::Bytes probe_next_hop(const PathWay& way, const MacAddress& from);
/// What the answers to those come in by, whatever targets there are.
Listening neighbours_of(const BondOptions& options);

}  // namespace ebond::core
