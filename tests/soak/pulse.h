// How late this machine is: a thread that wants to run every few milliseconds and to ask the kernel for a
// link's carrier, as ebondd does, and notes by how much it was kept waiting, for a processor or for the
// kernel's lock on interfaces.
//
// Used by the soak, whose bounds count time in which the machine ran us. Asks on the loopback of a host of
// the lab, which nothing is done to.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>

#include "lab/node.h"
#include "os/ethtool.h"
#include "tests/soak/excuses.h"

namespace ebond::soak {

class Pulse {
 public:
  explicit Pulse(const lab::Node& where);
  ~Pulse();
  Pulse(const Pulse&) = delete;
  Pulse& operator=(const Pulse&) = delete;

  /// In all, of what fell between the two.
  Clock::duration late_between(Time begin, Time end) const;
  Clock::duration worst() const;

 private:
  void beat();

  struct Late {
    Time begin, end;  // kept waiting from, to
  };
  os::Ethtool ethtool_;
  mutable std::mutex mutex_;
  std::deque<Late> late_;
  Clock::duration worst_{};
  std::atomic<bool> beating_{true};
  std::thread thread_;
};

}  // namespace ebond::soak
