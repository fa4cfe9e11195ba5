#include "daemon/onlooker.h"

#include <algorithm>
#include <asio/post.hpp>
#include <utility>

namespace ebond::daemon {
namespace {

/// Both belong together: an address on a veth is a promiscuity more. What is as it was when it was last
/// looked at is believed; else it is looked at twice.
std::optional<Hands::Standing> standing_of(Network::Aside& aside, os::IfIndex device) {
  constexpr std::size_t kMostRemembered = 4096;
  auto link = aside.netlink.link(device);
  auto addresses = aside.addresses.list(device);
  if (!link || !addresses) return std::nullopt;
  const Network::Aside::Seen seen{link->promiscuity, *addresses};
  const auto known = aside.seen.find(device);
  if (known == aside.seen.end() || known->second != seen) {
    link = aside.netlink.link(device);
    if (!link || link->promiscuity != seen.promiscuity) return std::nullopt;
    if (aside.seen.size() >= kMostRemembered) aside.seen.clear();  // most of them are gone
    aside.seen.insert_or_assign(device, seen);
  }
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
  looks_.push_back({.network = std::move(network), .device = device, .seen = std::move(seen)});
  if (looks_.size() == 1) asio::post(loop_, [this] { look(); });
}

void Onlooker::look() {
  asio::post(thread_, [this, looks = std::exchange(looks_, {})]() mutable {
    for (auto& each : looks) each.standing = standing_of(each.network->aside, each.device);
    // The networks go back with the answers: if one is let go of last there, that is on the loop's thread.
    asio::post(loop_, [looks = std::move(looks)] {
      for (const auto& each : looks) each.seen(each.standing);
    });
  });
}

void Onlooker::look_elsewhere(std::shared_ptr<Network> network, SeenElsewhere seen) {
  wander({.network = std::move(network), .seen = std::move(seen)});
}

void Onlooker::look_for_vlans_elsewhere(std::shared_ptr<Network> network, SeenElsewhere seen) {
  wander({.network = std::move(network), .seen = std::move(seen), .vlans_alone = true});
}

void Onlooker::wander(Question question) {
  questions_.push_back(std::move(question));
  if (!wanders_) wander();
}

void Onlooker::wander() {
  wanders_ = true;
  asio::post(wanderer_, [this, questions = std::exchange(questions_, {})]() mutable {
    std::vector<const os::Namespace*> asked;
    for (const auto& each : questions) asked.push_back(&each.network->where);
    const bool vlans_alone = std::ranges::all_of(questions, &Question::vlans_alone);
    auto found = vlans_alone ? os::vlans_elsewhere(asked) : os::stacked_elsewhere(asked);
    asio::post(loop_, [this, questions = std::move(questions), found = std::move(found)]() mutable {
      wanders_ = false;
      if (!questions_.empty()) wander();
      for (std::size_t i = 0; i < questions.size(); ++i) questions[i].seen(std::move(found[i]));
    });
  });
}

}  // namespace ebond::daemon
