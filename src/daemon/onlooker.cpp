#include "daemon/onlooker.h"

#include <algorithm>
#include <asio/post.hpp>
#include <span>
#include <utility>

namespace ebond::daemon {
namespace {

/// By one question for all devices there are, which is cheaper than four, unless there are very many. None if
/// it is better to ask for each by itself.
std::optional<os::AddressFilter::Lists> lists_of(std::span<const Onlooker::Look> looks) {
  constexpr std::size_t kWorthAsking = 4, kMostDevices = 8;
  auto& aside = looks.front().network->aside;
  if (looks.size() < kWorthAsking || aside.devices_there > kMostDevices * looks.size()) return std::nullopt;
  os::AddressFilter::Lists lists;
  for (const auto& each : looks) lists.try_emplace(each.device);
  const auto told = aside.addresses.list(lists);
  if (!told) return std::nullopt;
  aside.devices_there = *told;
  return lists;
}

/// Addresses and promiscuity belong together: on a veth, one of the former more is one of the latter more.
std::optional<Hands::Standing> standing_of(Network::Aside& aside, os::IfIndex device,
                                           const os::Result<os::TakenAddresses>& addresses,
                                           const std::optional<os::TakenAddresses>& known) {
  if (!addresses || *addresses == known) return std::nullopt;
  auto link = aside.netlink.link(device);
  const auto again = aside.addresses.list(device);
  if (!link || !again || *again != *addresses) return std::nullopt;
  return Hands::Standing{std::move(*link), *addresses};
}

}  // namespace

Onlooker::~Onlooker() {
  for (auto* thread : {&thread_, &wanderer_}) {
    thread->stop();
    thread->join();
  }
}

void Onlooker::look_at(std::shared_ptr<Network> network, os::IfIndex device,
                       std::optional<os::TakenAddresses> known, Hands::Seen seen) {
  looks_.push_back(
      {.network = std::move(network), .device = device, .known = std::move(known), .seen = std::move(seen)});
  if (looks_.size() == 1) asio::post(loop_, [this] { look(); });
}

void Onlooker::look() {
  asio::post(thread_, [this, looks = std::exchange(looks_, {})]() mutable {
    for (auto some = looks.begin(); some != looks.end();) {
      auto& aside = some->network->aside;
      const auto end =
          std::find_if(some, looks.end(), [&](const Look& each) { return each.network != some->network; });
      const auto lists = lists_of({some, end});
      for (; some != end; ++some) {
        const auto addresses = lists ? lists->at(some->device) : aside.addresses.list(some->device);
        some->standing = standing_of(aside, some->device, addresses, some->known);
      }
    }
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
