// What a bond hears and sees: the frames of its slaves, what bond0 sends, what its slaves' devices say of
// their links, and the ways to the targets that it probes.
//
// Used by Runner, which is told of it through `Told`. Decides nothing: what to listen for and whom to look
// for is the core's to say.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/bond/slaves.h"
#include "daemon/neighbours/way_finder.h"

namespace ebond::daemon {

class Senses {
 public:
  /// All of them are called on the loop.
  struct Told {
    Ears::Heard frames_heard;
    std::function<void(const std::vector<wire::Bytes>&)> frames_sent;
    LinkWatch::Told links_answered;
    std::function<void()> ways_changed;
    std::function<void()> targets_changed;
    /// Does what an alarm is set for; see Runner::guard().
    std::function<void(const std::function<void()>&)> guarded;
  };
  Senses(Hands& hands, core::Bond& bond, os::BondDevice device, const UpperHalf& upper, const Slaves& slaves,
         Dues& dues, Told told);

  /// Opens, filters and closes ears and has links watched as the core asks for now. Cheap if nothing changed.
  void listen();
  /// Hears now what waits to be heard.
  void drain() { ears_->drain(); }

  /// Waits for the device, and maybe for the kernel's lock on interfaces: for commands.
  core::LinkState read_link(os::IfIndex slave);
  /// Netlink tells of a slave, or the carrier hook does. That a carrier is lost is believed at once: then
  /// says when that was first known. For all else the device is asked, off the loop; and for what may have
  /// been sent before read_link() asked it, as a card says on its way up that it has no carrier yet.
  std::optional<core::TimePoint> link_told(const os::LinkInfo& link, core::TimePoint heard);
  std::optional<core::TimePoint> carrier_told(os::IfIndex slave, bool carrier, core::TimePoint when);

  /// Tells the core which ways its targets have, if that changed; has new targets looked for.
  void look_around();
  void look_for_new_targets();
  void devices_changed() { way_finder_.forget(); }
  void address_changed(os::IfIndex device);
  const core::ProbeTargets& targets() const { return targets_; }

  /// Hears and sees nothing any more.
  void stop();

 private:
  void watch_links();
  void links_answered(std::vector<LinkWatch::Answer> answers);
  bool is_older_than_read(os::IfIndex slave, core::TimePoint when) const;
  core::TimePoint lost(os::IfIndex slave, const LinkWatch::Cause& cause);
  void watch_ways();

  Hands& hands_;
  core::Bond& bond_;
  os::BondDevice device_;
  const Slaves& slaves_;
  Dues& dues_;
  Told told_;
  std::unique_ptr<Ears> ears_;
  std::unique_ptr<Ears> sent_ears_;  ///< on the lower half: what bond0 sends
  std::unique_ptr<LinkWatch> watch_;
  /// When a slave's carrier was last told lost: an answer asked for before that may be older than the news.
  std::map<os::IfIndex, core::TimePoint> lost_at_;
  std::map<os::IfIndex, core::TimePoint> read_at_;  ///< when read_link() asked
  WayFinder way_finder_;
  core::ProbeTargets targets_;         ///< whose ways the core knows
  core::Surroundings around_;          ///< as last told it
  std::unique_ptr<Alarm> ways_alarm_;  ///< set while there are targets
};

}  // namespace ebond::daemon
