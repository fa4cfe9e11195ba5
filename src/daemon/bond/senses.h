// What a bond hears and sees: the frames of its slaves, what bond0 sends, the answers of the links it polls,
// and the ways to the targets that it probes.
//
// Used by Runner, which is told of it through `Told`. Decides nothing: what to listen for and whom to look
// for is the core's to say.
#pragma once

#include <functional>
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
    std::function<void(const Hands::LinkAnswers&)> links_polled;
    std::function<void()> ways_changed;
    std::function<void()> targets_changed;
    /// Does what an alarm is set for; see Runner::guard().
    std::function<void(const std::function<void()>&)> guarded;
  };
  Senses(Hands& hands, core::Bond& bond, os::BondDevice device, const Slaves& slaves,
         const Reporter& reporter, Told told);

  /// Opens, filters and closes ears as the core asks for now. Cheap if nothing changed.
  void listen();
  /// Hears now what waits to be heard.
  void drain() { ears_->drain(); }

  core::LinkState read_link(os::IfIndex slave);
  /// Asks every slave's NIC off the loop. An answer that is older than other news of a link counts for
  /// nothing: then they are asked again.
  void poll();
  /// News of a link came otherwise.
  void link_heard() { ++link_news_; }

  /// Tells the core which ways its targets have, if that changed; has new targets looked for.
  void look_around();
  void look_for_new_targets();
  void devices_changed() { way_finder_.forget(); }
  void address_changed(os::IfIndex device);
  const core::ProbeTargets& targets() const { return targets_; }

  /// Hears and sees nothing any more.
  void stop();

 private:
  void watch_ways();

  Hands& hands_;
  core::Bond& bond_;
  os::BondDevice device_;
  const Slaves& slaves_;
  const Reporter& reporter_;
  Told told_;
  std::unique_ptr<Ears> ears_;
  std::unique_ptr<Ears> sent_ears_;  ///< on the lower half: what bond0 sends
  WayFinder way_finder_;
  core::ProbeTargets targets_;         ///< whose ways the core knows
  core::Surroundings around_;          ///< as last told it
  std::unique_ptr<Alarm> ways_alarm_;  ///< set while there are targets
  bool polling_ = false;               ///< its links are being asked for
  /// Counts what was heard of links otherwise: an answer asked for before that may be older than the news.
  std::uint64_t link_news_ = 0;
  std::shared_ptr<const bool> here_ = std::make_shared<const bool>(true);  ///< for what is called late
};

}  // namespace ebond::daemon
