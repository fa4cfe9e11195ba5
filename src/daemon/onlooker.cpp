#include "daemon/onlooker.h"

#include <asio/post.hpp>
#include <utility>

namespace ebond::daemon {
namespace {

/// Both belong together: an address on a veth is a promiscuity more.
std::optional<Hands::Standing> standing_of(Network::Aside& aside, os::IfIndex device) {
  const auto before = aside.netlink.link(device);
  auto addresses = aside.addresses.list(device);
  auto link = aside.netlink.link(device);
  if (!before || !addresses || !link || link->promiscuity != before->promiscuity) return std::nullopt;
  return Hands::Standing{std::move(*link), std::move(*addresses)};
}

}  // namespace

Onlooker::~Onlooker() {
  thread_.stop();
  thread_.join();
}

void Onlooker::look_at(std::shared_ptr<Network> network, os::IfIndex device,
                       std::function<void(const std::optional<Hands::Standing>&)> seen) {
  asio::post(thread_, [this, network = std::move(network), device, seen = std::move(seen)]() mutable {
    auto standing = standing_of(network->aside, device);
    // The network goes back with the answer: if it is let go of last there, that is on the loop's thread.
    asio::post(loop_, [network = std::move(network), standing = std::move(standing), seen = std::move(seen)] {
      seen(standing);
    });
  });
}

}  // namespace ebond::daemon
