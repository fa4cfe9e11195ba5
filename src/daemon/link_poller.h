// Asks devices for their links on a thread of its own.
//
// ETHTOOL_GLINK waits for the kernel's RTNL lock, which the making and removing of namespaces anywhere on the
// host holds for tens of milliseconds at a time. The daemon's loop, which path monitors at 10 ms live by,
// must not wait with it.
#pragma once

#include <asio/io_context.hpp>
#include <asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "core/types.h"
#include "daemon/bond/hands.h"
#include "daemon/network.h"

namespace ebond::daemon {

class LinkPoller {
 public:
  using Link = Hands::LinkQuestion;
  using Answers = Hands::LinkAnswers;

  explicit LinkPoller(asio::io_context& loop) : loop_(loop) {}
  /// Waits for the question it is at; what it was asked and has not begun is never answered.
  ~LinkPoller();
  LinkPoller(const LinkPoller&) = delete;
  LinkPoller& operator=(const LinkPoller&) = delete;

  /// Asks each of `links`, in order, then calls `answered` on the loop. A device that cannot be asked is
  /// down.
  void ask(std::shared_ptr<Network> network, std::vector<Link> links, bool use_carrier,
           std::function<void(const Answers&)> answered);

 private:
  asio::io_context& loop_;
  asio::thread_pool thread_{1};
};

}  // namespace ebond::daemon
