#include "daemon/link_poller.h"

#include <asio/post.hpp>

namespace ebond::daemon {

LinkPoller::~LinkPoller() {
  thread_.stop();
  thread_.join();
}

void LinkPoller::ask(std::shared_ptr<Network> network, std::vector<Link> links, bool use_carrier,
                     std::function<void(const Answers&)> answered) {
  asio::post(thread_, [this, network = std::move(network), links = std::move(links), use_carrier,
                       answered = std::move(answered)]() mutable {
    Answers answers;
    answers.reserve(links.size());
    for (const auto& link : links) {
      answers.emplace_back(link.ifindex,
                           network->ethtool.link_state(link.name, use_carrier).value_or(core::LinkState{}));
    }
    // The network goes back with the answers: where it is let go of last, that happens on the loop's thread.
    asio::post(loop_, [network = std::move(network), answers = std::move(answers),
                       answered = std::move(answered)] { answered(answers); });
  });
}

}  // namespace ebond::daemon
