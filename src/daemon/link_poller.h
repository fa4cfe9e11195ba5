// Asks devices for their links, on threads of its own: every slave of every bond.
//
// ETHTOOL_GLINK waits for the kernel's RTNL lock, which the making and removing of namespaces anywhere on the
// host holds for tens of milliseconds at a time. The daemon's loop, which path monitors at 10 ms live by,
// must not wait with it.
//
// All that is due at one time is asked in one round, carriers alone: by a roll call in all namespaces, if the
// kernel can do that; else by a dump of each or device by device, whichever is cheaper. A device is asked
// itself, for speed and duplex too, if its carrier is otherwise than known, and now and then. The loop hears
// only of what is otherwise than it knows. So a daemon at rest is woken once a period, whatever the number of
// its bonds, and looks at a bond again when the roll is another one, or somebody asks, or its speeds are to
// be looked at. If a device keeps a round waiting, another thread goes on with the others.
#pragma once

#include <asio/io_context.hpp>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "core/types.h"
#include "daemon/bond/link_watch.h"
#include "os/error.h"
#include "os/roll_call.h"

namespace ebond::daemon {

/// The devices of one namespace, asked from any thread.
class Devices {
 public:
  using Carriers = std::map<core::IfIndex, bool>;
  virtual ~Devices() = default;
  virtual std::uint64_t namespace_inode() const = 0;
  virtual os::Result<bool> carrier(const std::string& name, bool use_carrier) = 0;
  /// With speed and duplex.
  virtual os::Result<core::LinkState> link(const std::string& name, bool use_carrier) = 0;
  /// Whether the kernel itself has a carrier, without which it drops what is sent. Some drivers (e1000) say
  /// up to 2 s before that their link is good.
  virtual bool kernel_has_carrier(const std::string& name) = 0;
  /// Of all devices there are; an error if the kernel cannot tell at one stroke. One thread at a time.
  virtual os::Result<Carriers> all_carriers() = 0;
};

/// Carriers of devices of many namespaces, at one stroke and without waiting. One thread at a time.
class RollCaller {
 public:
  virtual ~RollCaller() = default;
  /// The same roll as the last time if nothing is otherwise. An error if the kernel cannot do it.
  virtual os::Result<std::shared_ptr<const os::Roll>> call(
      const std::shared_ptr<const os::DeviceList>& devices) = 0;
};

class LinkPoller {
 public:
  explicit LinkPoller(asio::io_context& loop, std::unique_ptr<RollCaller> roll_caller = nullptr)
      : loop_(loop), roll_caller_(std::move(roll_caller)) {}
  /// Waits for the questions it is at.
  ~LinkPoller();
  LinkPoller(const LinkPoller&) = delete;
  LinkPoller& operator=(const LinkPoller&) = delete;

  /// `told` is called on the loop, for as long as the watch lives.
  std::unique_ptr<LinkWatch> watch(std::shared_ptr<Devices> devices, LinkWatch::Told told);

 private:
  using Roll = std::shared_ptr<const os::Roll>;
  class Watch;
  /// Links that somebody asked for, and why if it was for more than a closer look.
  using Questions = std::map<core::IfIndex, std::optional<LinkWatch::Cause>>;
  struct Entry;
  struct Part;
  struct Round;
  struct Polled {
    std::map<core::Milliseconds, std::size_t> paces{};  ///< and how many links a roll could tell of
    std::shared_ptr<const os::DeviceList> by_roll{};
  };
  /// What a thread waits for.
  struct Asking {
    const Devices* devices;
    core::IfIndex device;  ///< 0: all of them
    bool operator==(const Asking&) const = default;
  };

  void work();
  void wait_until_due(std::unique_lock<std::mutex>& lock);
  void be_due(std::optional<core::TimePoint> when);
  const Polled& polled();
  Roll call_the_roll(core::TimePoint now, std::unique_lock<std::mutex>& lock);
  void look_around(core::TimePoint now);
  Round take_round(core::TimePoint now, Roll roll);
  void carry_out(Round& round);
  void ask_all_at_once(Round& round);
  static bool is_as_known(const Round& round, const Part& part);
  void ask_each(const Round& round, const Part& part);
  std::optional<bool> carrier_of(const Round& round, const Part& part, const LinkWatch::Link& link);
  std::optional<os::Result<core::LinkState>> state_of(const Round& round, const Part& part,
                                                      const LinkWatch::Link& link);
  void rest(const Round& round, const Part& part);
  void ask_again(const Part& part, const Questions& questions);
  void tell(const std::shared_ptr<Entry>& entry, std::vector<LinkWatch::Answer> answers);
  /// Nothing if another thread is at it.
  template <class Question>
  auto ask(const Asking& asking, const Question& question) -> std::optional<decltype(question())>;
  bool is_overtaken(const Round& round, const Part& part);

  asio::io_context& loop_;
  std::unique_ptr<RollCaller> roll_caller_;  ///< the leader's; null once it failed
  std::mutex mutex_;
  std::condition_variable lead_, follow_;
  std::map<std::uint64_t, std::shared_ptr<Entry>> entries_;
  std::map<const Devices*, std::size_t> devices_there_;  ///< how many the latest dump of each told of
  std::vector<Asking> asking_;
  std::vector<std::thread> threads_;
  std::optional<core::TimePoint> due_;  ///< nothing is due before
  core::TimePoint latest_round_{};
  Roll latest_roll_;
  /// Who has questions, or links that the latest roll does not call as known. Nobody else is looked at.
  std::set<std::uint64_t> restless_;
  std::optional<Polled> polled_;  ///< none: to be made again
  std::uint64_t made_ = 0, rounds_ = 0;
  std::size_t idle_ = 0;
  bool led_ = false, stopped_ = false;
};

}  // namespace ebond::daemon
