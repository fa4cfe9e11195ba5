// The networks of a soak, what may be done to them, and how they stand after it: values, no I/O.
//
// Each bond has a site of its own:
//
//   one switch     near eth0 --- p1 sw p0 --- eth0 far      bond0 on near
//                       eth1 --- p2
//   back to back   near eth0 --------- eth0 far             bond0 on both
//                       eth1 --------- eth1
//
// The near bonds belong to one daemon, the far ones to another, of another build if there is one. Used by the
// plan, which chooses only what can be done, and by the soak, which compares what `ebond show` says.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <vector>

namespace ebond::soak {

using Milliseconds = std::chrono::milliseconds;
using Words = std::vector<std::string>;

enum class Shape { one_switch, back_to_back };
enum class Side { near, far };

struct BondPlan {
  std::string mode{};
  Shape shape{};
  unsigned slaves = 2;
  Words near_options{}, far_options{};  ///< keys and values of `ebond add`, without the mode
  unsigned delay_ms = 0;                ///< updelay and downdelay, the longer of the two
  unsigned proof_ms = 0;                ///< until a path monitor, if there is one, has lost or proved a path

  bool is_lacp() const { return mode == "802.3ad"; }
  bool has_active_slave() const;
  bool doubles_frames() const { return mode == "broadcast"; }
};

enum class What {
  pull,            ///< a cable
  plug,            ///< it again
  flap,            ///< pulled and plugged, `count` times, `milliseconds` apart
  set_down,        ///< the near slave, by ip
  set_up,          ///< it again
  release,         ///< from the near bond; if back to back without LACP from both
  enslave,         ///< it again
  unplug,          ///< the slave and its far end are deleted
  replug,          ///< and made again
  set,             ///< an option: key, value
  set_badly,       ///< an option that must be refused
  kill,            ///< a daemon, by signal `count`
  start,           ///< it again, of the other build if `count` is 1
  tear,            ///< a command (key) that its daemon does not live to end: killed after `milliseconds`
  remove_qdisc,    ///< the near slave's clsact, with all programs
  foreign_filter,  ///< put on the near slave: key
  no_filter,       ///< it is taken away
  halve,           ///< bond0's lower half is set down, or gets another MTU: key
  change_slave,    ///< the near slave gets another MAC or MTU: key
  rename,          ///< the near slave
  lose,            ///< a share of frames (`count` percent) of one direction (key)
  lose_nothing,
  shape,  ///< a cable's far end sends `count` Mbit/s
  unshape,
  hostile_frames,  ///< of kind key, `count` a second out of a cable's far end, for `milliseconds`
  hostile_client,  ///< of kind key, as root if `count` is 0
  stop,            ///< a daemon does not run for `milliseconds`
  rest,            ///< nothing, for `milliseconds`
};

struct Operation {
  What what = What::rest;
  unsigned site = 0;
  unsigned slave = 0;
  Side side = Side::near;  ///< whose daemon
  std::string key{}, value{};
  unsigned count = 0;
  unsigned milliseconds = 0;
  bool operator==(const Operation&) const = default;
};
std::string text_of(const Operation& operation);

struct SlaveSituation {
  bool pulled = false, down = false, released = false, gone = false, filtered = false, lossy = false,
       shaped = false;
  bool was_gone = false;  ///< what it had before it was enslaved went with it
  bool is_new = false;    ///< made again since the last rest: its bonds may not have taken it yet
  unsigned renamed = 0;   ///< how often; its name is "eth1" before, "eth1x1" then
  bool has_link() const { return !pulled && !down && !gone; }
  bool works() const { return has_link() && !released && !lossy; }
};

struct SiteSituation {
  std::vector<SlaveSituation> slaves;
  unsigned working() const;
  unsigned enslaved() const;
};

struct Situation {
  explicit Situation(const std::vector<BondPlan>& bonds);
  std::vector<SiteSituation> sites;
  std::array<bool, 2> dead{};  ///< by Side
  void apply(const Operation& operation);
};

/// "eth1", or what it was renamed to.
std::string near_name(unsigned slave, const SlaveSituation& situation);

}  // namespace ebond::soak
