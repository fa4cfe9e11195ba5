// Asks devices for their links, on threads of its own: every slave of every bond.
//
// ETHTOOL_GLINK waits for the kernel's RTNL lock, which the making and removing of namespaces anywhere on the
// host holds for tens of milliseconds at a time. The daemon's loop, which path monitors at 10 ms live by,
// must not wait with it.
//
// All that is due at one time is asked in one round, carriers alone; a device is asked for speed and duplex
// if its carrier is otherwise than known, and now and then. The loop hears only of what is otherwise than it
// knows. So a daemon at rest is woken once a period, whatever the number of its bonds. If a device keeps a
// round waiting, another thread goes on with the others.
#pragma once

#include <asio/io_context.hpp>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/types.h"
#include "daemon/bond/link_watch.h"
#include "os/error.h"

namespace ebond::daemon {

/// The devices of one namespace, asked from any thread.
class Devices {
 public:
  using Carriers = std::map<core::IfIndex, bool>;
  virtual ~Devices() = default;
  virtual os::Result<bool> carrier(const std::string& name, bool use_carrier) = 0;
  /// With speed and duplex.
  virtual os::Result<core::LinkState> link(const std::string& name, bool use_carrier) = 0;
  /// Of all devices there are; an error if the kernel cannot tell at one stroke. One thread at a time.
  virtual os::Result<Carriers> all_carriers() = 0;
};

class LinkPoller {
 public:
  explicit LinkPoller(asio::io_context& loop) : loop_(loop) {}
  /// Waits for the questions it is at.
  ~LinkPoller();
  LinkPoller(const LinkPoller&) = delete;
  LinkPoller& operator=(const LinkPoller&) = delete;

  /// `told` is called on the loop, for as long as the watch lives.
  std::unique_ptr<LinkWatch> watch(std::shared_ptr<Devices> devices, LinkWatch::Told told);

 private:
  class Watch;
  struct Entry;
  struct Part;
  struct Round;
  /// What a thread waits for.
  struct Asking {
    const Devices* devices;
    core::IfIndex device;  ///< 0: all of them
    bool operator==(const Asking&) const = default;
  };

  void work();
  std::optional<core::TimePoint> next_due() const;
  Round take_round(core::TimePoint now);
  void carry_out(Round& round);
  void ask_all_at_once(Round& round);
  void ask_each(const Round& round, const Part& part);
  std::optional<bool> carrier_of(const Round& round, const Part& part, const LinkWatch::Link& link);
  std::optional<core::LinkState> state_of(const Round& round, const Part& part, const LinkWatch::Link& link);
  void tell(const std::shared_ptr<Entry>& entry, std::vector<LinkWatch::Answer> answers);
  /// Nothing if another thread is at it.
  template <class Question>
  auto ask(const Asking& asking, const Question& question) -> std::optional<decltype(question())>;
  bool is_overtaken(const Round& round, const Part& part);

  asio::io_context& loop_;
  std::mutex mutex_;
  std::condition_variable lead_, follow_;
  std::map<std::uint64_t, std::shared_ptr<Entry>> entries_;
  std::map<const Devices*, std::size_t> devices_there_;  ///< how many the latest dump of each told of
  std::vector<Asking> asking_;
  std::vector<std::thread> threads_;
  std::uint64_t made_ = 0, rounds_ = 0;
  std::size_t idle_ = 0;
  bool led_ = false, stopped_ = false;
};

}  // namespace ebond::daemon
