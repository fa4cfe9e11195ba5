// Looks at what the kernel tells nobody of, on threads of its own: what stands on a bond, here and in other
// namespaces.
//
// RTM_GETLINK waits for the kernel's RTNL lock, as LinkPoller's questions do; the daemon's loop must not wait
// with it. Used by KernelHands. Decides nothing.
#pragma once

#include <asio/io_context.hpp>
#include <asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/types.h"
#include "daemon/bond/hands.h"
#include "daemon/network.h"
#include "os/stacked_elsewhere.h"

namespace ebond::daemon {

class Onlooker {
 public:
  struct Look {
    std::shared_ptr<Network> network;
    os::IfIndex device{};
    std::optional<os::TakenAddresses> known;
    Hands::Seen seen;
    std::optional<Hands::Standing> standing{};
  };
  explicit Onlooker(asio::io_context& loop) : loop_(loop) {}
  /// Waits for the question it is at; what it was asked and has not begun is never answered.
  ~Onlooker();
  Onlooker(const Onlooker&) = delete;
  Onlooker& operator=(const Onlooker&) = delete;

  /// Hands::look_at(). All that are asked for in one turn of the loop are looked at in one go.
  void look_at(std::shared_ptr<Network> network, os::IfIndex device, std::optional<os::TakenAddresses> known,
               Hands::Seen seen);

  using SeenElsewhere = std::function<void(std::vector<os::StackedElsewhere>)>;
  /// What stands on devices of that network elsewhere; called on the loop, as all else here. It has a thread
  /// of its own: with many namespaces it takes a while. All that are asked for meanwhile are looked for at
  /// one go.
  void look_elsewhere(std::shared_ptr<Network> network, SeenElsewhere seen);
  /// VLANs alone, unless others are asked for at the same time.
  void look_for_vlans_elsewhere(std::shared_ptr<Network> network, SeenElsewhere seen);

 private:
  struct Question {
    std::shared_ptr<Network> network;
    SeenElsewhere seen;
    bool vlans_alone = false;
  };
  void look();
  void wander(Question question);
  void wander();

  asio::io_context& loop_;
  std::vector<Look> looks_;          ///< the loop's alone: of this turn
  std::vector<Question> questions_;  ///< the loop's alone: to be asked when the wanderer is back
  bool wanders_ = false;
  asio::thread_pool thread_{1};
  asio::thread_pool wanderer_{1};  ///< goes through all namespaces
};

}  // namespace ebond::daemon
