// A bond's ears: the sockets its slaves are heard by, opened, filtered and closed as the core asks for
// (core::Listening).
//
// Used by KernelHands. A slave has an ear for each protocol, so that a flood of one does not deafen the
// others. What the core would not believe the kernel refuses; the filters follow on the open sockets as ways,
// addresses and sessions change. Each ear has a pace: what comes faster waits a moment in the kernel, and is
// lost there once the socket's small buffer is full, at no cost to the daemon; it is counted. Hears, and
// understands nothing.
#pragma once

#include <asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "core/listening.h"
#include "core/types.h"
#include "daemon/network.h"
#include "os/error.h"
#include "os/frame_filter.h"
#include "wire/bytes.h"

namespace ebond::daemon {

class Listener {
 public:
  /// Frames of one slave, in the order they came; at most a few dozen.
  using Heard = std::function<void(core::IfIndex slave, const std::vector<wire::Bytes>& frames)>;
  using Wanted = std::map<core::IfIndex, core::Listening>;

  Listener(asio::io_context& loop, std::shared_ptr<Network> network, Heard heard);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// From now on hears these slaves for just this; ears that are open stay so. Cheap where nothing changed.
  /// What cannot be opened or filtered is told, and tried again at each call.
  std::vector<os::Error> hear(const Wanted& wanted);
  /// Hears on this slave also what comes to a unicast MAC that it does not wear: answers to its own probes.
  os::Result<> hear_also(core::IfIndex slave, const wire::MacAddress& mac);
  /// Hears now what waits to be heard.
  void drain();
  /// Frames of this slave that were lost because they came too fast, since it is heard.
  std::uint64_t lost(core::IfIndex slave) const;

 private:
  class Ear;
  struct Groups;
  enum class Kind : std::uint8_t {
    lacpdus,
    markers,
    lldp,
    cdp,
    any_neighbour,
    arp,
    nd,
    icmp,
    bfd,
    micro_bfd
  };
  using Filters = std::map<Kind, os::FrameFilter>;
  using Ears = std::map<Kind, std::shared_ptr<Ear>>;

  static Filters filters_of(const core::Listening& wanted);
  void follow(core::IfIndex slave, Filters filters, std::vector<os::Error>& failures);
  os::Result<std::shared_ptr<Ear>> open(core::IfIndex slave, Kind kind, os::FrameFilter filter);
  static void close(const Ears& ears);

  asio::io_context& loop_;
  std::shared_ptr<Network> network_;
  Heard heard_;
  Wanted wanted_;
  std::map<core::IfIndex, Ears> ears_;
  std::set<core::IfIndex> stale_;  ///< with an ear that could not be opened, or not be filtered
};

}  // namespace ebond::daemon
