#include "daemon/listener.h"

#include <fcntl.h>
#include <linux/if_ether.h>

#include <algorithm>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <span>
#include <utility>

#include "wire/bfd.h"
#include "wire/cdp.h"
#include "wire/lacpdu.h"
#include "wire/lldp.h"

namespace ebond::daemon {
namespace {

using Clock = std::chrono::steady_clock;

/// Frames an ear takes from the kernel: so many at once, one more every interval.
struct Pace {
  std::size_t burst;
  Clock::duration interval;
};
// A partner sends three LACPDUs a second at most, and Markers; where any neighbour proves a path, one frame
// in an arp_interval does.
constexpr Pace kSlowPace{.burst = 32, .interval = std::chrono::microseconds{4000}};
// A slave's probes, and the ARP of a busy network to the bond's addresses, are some hundreds.
constexpr Pace kProbePace{.burst = 64, .interval = std::chrono::microseconds{1000}};
// A packet every 3 ms from each of a dozen peers.
constexpr Pace kBfdPace{.burst = 128, .interval = std::chrono::microseconds{250}};
/// An ear that ran out waits for as many, so that a flood wakes the daemon seldom.
constexpr std::size_t kWaitFor = 8;

}  // namespace

/// One socket on the loop. Its handlers keep it alive; close() makes them silent and ends the socket at once.
class Listener::Ear : public std::enable_shared_from_this<Ear> {
 public:
  Ear(asio::io_context& loop, os::FrameReceiver receiver, os::SocketKeeper::Hold held, Pace pace,
      std::function<void(const std::vector<wire::Bytes>&)> heard)
      : held_(std::move(held)),
        receiver_(std::move(receiver)),
        // The descriptor belongs to the receiver; asio gets one of its own.
        readable_(loop, ::fcntl(receiver_.fd(), F_DUPFD_CLOEXEC, 0)),
        rest_(loop),
        pace_(pace),
        heard_(std::move(heard)),
        left_(pace.burst),
        refilled_(Clock::now()) {}

  void listen() {
    readable_.async_wait(asio::posix::stream_descriptor::wait_read,
                         [self = shared_from_this()](const asio::error_code& cancelled) {
                           if (cancelled || self->closed_) return;
                           self->take();
                           if (!self->closed_) self->go_on();
                         });
  }
  void close() {
    closed_ = true;
    asio::error_code ignored;
    ignored = readable_.close(ignored);
    receiver_.close();
    held_.end();
    rest_.cancel();
  }
  std::uint64_t lost() {
    lost_ += receiver_.take_overflow();
    return lost_;
  }

  os::Result<> take_also(const wire::MacAddress& mac) { return receiver_.take_also(mac); }
  os::Result<> filter(os::FrameFilter filter) { return receiver_.filter(std::move(filter)); }
  /// What waits in the kernel, as far as the pace allows.
  void take() {
    refill();
    std::vector<wire::Bytes> frames;
    while (left_ > 0) {
      // An interface that went down says so once; its link report is the news.
      auto frame = receiver_.receive().value_or(std::nullopt);
      if (!frame) break;
      --left_;
      frames.push_back(std::move(*frame));
    }
    if (!frames.empty()) heard_(frames);
  }

 private:
  void go_on() {
    if (left_ > 0) return listen();
    rest_.expires_after(kWaitFor * pace_.interval);
    rest_.async_wait([self = shared_from_this()](const asio::error_code& cancelled) {
      if (!cancelled && !self->closed_) self->listen();
    });
  }
  void refill() {
    const auto more = (Clock::now() - refilled_) / pace_.interval;
    refilled_ += more * pace_.interval;
    left_ = std::min(pace_.burst, left_ + static_cast<std::size_t>(more));
  }

  os::SocketKeeper::Hold held_;
  os::FrameReceiver receiver_;
  asio::posix::stream_descriptor readable_;
  asio::steady_timer rest_;
  Pace pace_;
  std::function<void(const std::vector<wire::Bytes>&)> heard_;
  std::size_t left_;
  Clock::time_point refilled_;
  std::uint64_t lost_ = 0;
  bool closed_ = false;
};

Listener::Listener(asio::io_context& loop, std::shared_ptr<Network> network, Heard heard)
    : loop_(loop), network_(std::move(network)), heard_(std::move(heard)) {}

Listener::~Listener() {
  for (const auto& [slave, ears] : ears_) close(ears);
}

std::vector<os::Error> Listener::hear(const Wanted& wanted) {
  std::vector<os::Error> failures;
  if (wanted == wanted_ && stale_.empty()) return failures;
  const auto before = std::exchange(wanted_, wanted);
  std::erase_if(ears_, [&](const auto& each) {
    if (wanted.contains(each.first)) return false;
    close(each.second);
    return true;
  });
  for (const auto& [slave, listening] : wanted) {
    const auto was = before.find(slave);
    const bool is_news = was == before.end() || was->second != listening;
    if (is_news || stale_.contains(slave)) follow(slave, filters_of(listening), failures);
  }
  std::erase_if(stale_, [&](core::IfIndex slave) { return !wanted.contains(slave); });
  return failures;
}

void Listener::follow(core::IfIndex slave, Filters filters, std::vector<os::Error>& failures) {
  Ears& ears = ears_[slave];
  std::erase_if(ears, [&](const auto& each) {
    if (filters.contains(each.first)) return false;
    each.second->close();
    return true;
  });
  std::optional<os::Error> failure;
  for (auto& [kind, filter] : filters) {
    if (const auto known = ears.find(kind); known != ears.end()) {
      if (auto done = known->second->filter(std::move(filter)); !done) failure = done.error();
      continue;
    }
    auto ear = open(slave, kind, std::move(filter));
    if (ear) {
      ears.emplace(kind, std::move(*ear));
    } else {
      failure = ear.error();
    }
  }
  if (!failure) {
    stale_.erase(slave);
  } else {
    stale_.insert(slave);
    failures.push_back(*failure);
  }
}

Listener::Filters Listener::filters_of(const core::Listening& wanted) {
  Filters filters;
  if (wanted.slow_protocols) {
    filters.emplace(Kind::lacpdus, os::lacpdu_filter());
    filters.emplace(Kind::markers, os::marker_filter());
  }
  if (wanted.discovery) {
    filters.emplace(Kind::lldp, os::lldp_filter());
    filters.emplace(Kind::cdp, os::cdp_filter());
  }
  if (wanted.any_neighbour) filters.emplace(Kind::any_neighbour, os::any_neighbour_filter());
  if (wanted.arp) filters.emplace(Kind::arp, os::arp_filter(*wanted.arp));
  if (wanted.nd) filters.emplace(Kind::nd, os::nd_filter(*wanted.nd));
  if (wanted.icmp) filters.emplace(Kind::icmp, os::echo_filter(*wanted.icmp));
  if (wanted.bfd) filters.emplace(Kind::bfd, os::bfd_filter(*wanted.bfd));
  if (wanted.micro_bfd) filters.emplace(Kind::micro_bfd, os::micro_bfd_filter(*wanted.micro_bfd));
  return filters;
}

/// Of protocols that have an EtherType and groups to themselves.
struct Listener::Groups {
  std::uint16_t ethertype;
  std::span<const wire::MacAddress> addresses;

  static std::optional<Groups> of(Kind kind);
};

std::optional<Listener::Groups> Listener::Groups::of(Kind kind) {
  switch (kind) {
    case Kind::lacpdus:
    case Kind::markers:
      return Groups{wire::kSlowProtocolsEtherType, {&wire::kSlowProtocolsGroup, 1}};
    case Kind::lldp:
      return Groups{wire::kLldpEtherType, wire::kLldpGroups};
    case Kind::cdp:
      return Groups{ETH_P_802_2, {&wire::kCdpGroup, 1}};
    default:
      return std::nullopt;
  }
}

os::Result<std::shared_ptr<Listener::Ear>> Listener::open(core::IfIndex slave, Kind kind,
                                                          os::FrameFilter filter) {
  const auto groups = Groups::of(kind);
  auto receiver = groups ? os::FrameReceiver::open_groups(network_->where, slave, groups->ethertype,
                                                          groups->addresses, std::move(filter))
                         : os::FrameReceiver::open_filtered(network_->where, slave, std::move(filter));
  if (!receiver) return std::unexpected(receiver.error());
  if (kind == Kind::micro_bfd) {
    if (auto joined = receiver->join(wire::kMicroBfdGroup); !joined) return std::unexpected(joined.error());
  }
  const bool is_bfd = kind == Kind::bfd || kind == Kind::micro_bfd;
  const auto pace = is_bfd ? kBfdPace : groups || kind == Kind::any_neighbour ? kSlowPace : kProbePace;
  auto held = network_->keeper != nullptr ? network_->keeper->keep(receiver->fd()) : os::SocketKeeper::Hold();
  auto ear =
      std::make_shared<Ear>(loop_, std::move(*receiver), std::move(held), pace,
                            [this, slave](const std::vector<wire::Bytes>& frames) { heard_(slave, frames); });
  ear->listen();
  return ear;
}

void Listener::close(const Ears& ears) {
  for (const auto& [kind, ear] : ears) ear->close();
}

os::Result<> Listener::hear_also(core::IfIndex slave, const wire::MacAddress& mac) {
  const auto found = ears_.find(slave);
  if (found == ears_.end()) return {};
  for (const auto kind : {Kind::arp, Kind::nd}) {
    const auto ear = found->second.find(kind);
    if (ear != found->second.end()) return ear->second->take_also(mac);
  }
  return {};
}

void Listener::drain() {
  // Copies: what is heard may close ears.
  std::vector<std::shared_ptr<Ear>> all;
  for (const auto& [slave, ears] : ears_) {
    for (const auto& [kind, ear] : ears) all.push_back(ear);
  }
  for (const auto& ear : all) ear->take();
}

std::uint64_t Listener::lost(core::IfIndex slave) const {
  std::uint64_t sum = 0;
  if (const auto found = ears_.find(slave); found != ears_.end()) {
    for (const auto& [kind, ear] : found->second) sum += ear->lost();
  }
  return sum;
}

}  // namespace ebond::daemon
