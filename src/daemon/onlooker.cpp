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
  for (auto* thread : {&thread_, &wanderer_}) {
    thread->stop();
    thread->join();
  }
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

void Onlooker::look_elsewhere(std::shared_ptr<Network> network, SeenElsewhere seen) {
  questions_.emplace_back(std::move(network), std::move(seen));
  if (!wanders_) wander();
}

void Onlooker::wander() {
  wanders_ = true;
  asio::post(wanderer_, [this, questions = std::exchange(questions_, {})]() mutable {
    std::vector<const os::Namespace*> asked;
    for (const auto& [network, seen] : questions) asked.push_back(&network->where);
    auto found = os::stacked_elsewhere(asked);
    asio::post(loop_, [this, questions = std::move(questions), found = std::move(found)]() mutable {
      wanders_ = false;
      if (!questions_.empty()) wander();
      for (std::size_t i = 0; i < questions.size(); ++i) questions[i].second(std::move(found[i]));
    });
  });
}

}  // namespace ebond::daemon
