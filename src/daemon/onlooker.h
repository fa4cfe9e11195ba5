// Looks at what the kernel tells nobody of, on a thread of its own: what stands on a bond.
//
// RTM_GETLINK waits for the kernel's RTNL lock, as LinkPoller's questions do; the daemon's loop must not wait
// with it. Used by KernelHands. Remembers nothing and decides nothing.
#pragma once

#include <asio/io_context.hpp>
#include <asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "core/types.h"
#include "daemon/bond/hands.h"
#include "daemon/network.h"

namespace ebond::daemon {

class Onlooker {
 public:
  explicit Onlooker(asio::io_context& loop) : loop_(loop) {}
  /// Waits for the question it is at; what it was asked and has not begun is never answered.
  ~Onlooker();
  Onlooker(const Onlooker&) = delete;
  Onlooker& operator=(const Onlooker&) = delete;

  /// Hands::look_at().
  void look_at(std::shared_ptr<Network> network, os::IfIndex device,
               std::function<void(const std::optional<Hands::Standing>&)> seen);

 private:
  asio::io_context& loop_;
  asio::thread_pool thread_{1};
};

}  // namespace ebond::daemon
