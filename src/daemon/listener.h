// A bond's ears: the sockets its slaves are heard by, opened and closed as the core asks for
// (core::Listening).
//
// Used by KernelHands. A slave has up to three ears, for LACPDUs, for other Slow Protocols frames and for
// probes, so that a flood on one does not deafen the others. Each ear has a pace: what comes faster waits a
// moment in the kernel, and is lost there once the socket's small buffer is full, at no cost to the daemon;
// it is counted. Hears, and understands nothing.
#pragma once

#include <asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "core/listening.h"
#include "core/types.h"
#include "daemon/network.h"
#include "os/error.h"
#include "wire/bytes.h"

namespace ebond::daemon {

class Listener {
 public:
  /// Frames of one slave, in the order they came; at most a few dozen.
  using Heard = std::function<void(core::IfIndex slave, const std::vector<wire::Bytes>& frames)>;

  Listener(asio::io_context& loop, std::shared_ptr<Network> network, Heard heard);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// From now on hears these slaves for `kinds`; ears that are open for that already stay as they are. What
  /// could not be opened is told once and not tried again until `kinds` changes or the slave comes anew.
  std::vector<os::Error> hear(const core::Listening& kinds, const std::vector<core::IfIndex>& slaves);
  /// Hears on this slave also what comes to a unicast MAC that it does not wear: answers to its own probes.
  os::Result<> hear_also(core::IfIndex slave, const wire::MacAddress& mac);
  /// Hears now what waits to be heard.
  void drain();
  /// Frames of this slave that were lost because they came too fast, since it is heard.
  std::uint64_t lost(core::IfIndex slave) const;

 private:
  class Ear;
  struct Ears {
    std::shared_ptr<Ear> lacpdus;
    std::shared_ptr<Ear> other_slow;
    std::shared_ptr<Ear> probes;
  };
  Ears open(core::IfIndex slave, const core::Listening& kinds, std::vector<os::Error>& failures);
  static void close(const Ears& ears);

  asio::io_context& loop_;
  std::shared_ptr<Network> network_;
  Heard heard_;
  core::Listening kinds_;
  std::map<core::IfIndex, Ears> ears_;
};

}  // namespace ebond::daemon
