#include "tests/soak/traffic.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sys/prctl.h>

#include <array>
#include <utility>

#include "lab/sockets.h"
#include "wire/ethernet.h"

namespace ebond::soak {
namespace {

using namespace std::chrono_literals;
constexpr auto kTick = 5ms;
constexpr unsigned kBroadcastEvery = 20;  // ticks
constexpr std::uint16_t kPort = 7000;
constexpr std::uint16_t kFirstSource = 7100, kSourcePorts = 4;
constexpr std::uint16_t kEthertype = 0x88b5;  // IEEE 802: local experimental
constexpr std::array<std::uint8_t, 8> kMark{'e', 'b', 's', 'o', 'a', 'k', '0', '1'};
constexpr std::size_t kPadding = 64;

os::UniqueFd open_raw(lab::Node& node, const std::string& interface) {
  auto fd = lab::open_socket(node, AF_PACKET, SOCK_RAW | SOCK_NONBLOCK);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(kEthertype);
  address.sll_ifindex = static_cast<int>(std::to_underlying(node.link(interface).ifindex));
  lab::require(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
               "cannot bind a packet socket");
  return fd;
}

}  // namespace

Traffic::~Traffic() {
  stop();
}

std::size_t Traffic::add_flow(const FlowRules& rules, const lab::Node& from, const lab::Node& to,
                              const std::string& to_address) {
  auto flow = std::make_unique<Flow>(rules);
  flow->target = lab::socket_address(to_address, kPort);
  flow->receiver = lab::open_udp_receiver(to, flow->target);
  for (std::uint16_t i = 0; i < kSourcePorts; ++i) {
    auto fd = lab::open_socket(from, flow->target.family(), SOCK_DGRAM);
    const auto source = lab::socket_address("0.0.0.0", static_cast<std::uint16_t>(kFirstSource + i));
    lab::require(::bind(fd.get(), source.get(), source.size) == 0, "cannot bind a UDP socket");
    flow->senders.push_back(std::move(fd));
  }
  flow->header.assign(kMark.begin(), kMark.end());
  flows_.push_back(std::move(flow));
  return flows_.size() - 1;
}

std::size_t Traffic::add_broadcasts(const FlowRules& rules, lab::Node& from,
                                    const std::string& from_interface, lab::Node& to,
                                    const std::string& to_interface) {
  auto flow = std::make_unique<Flow>(rules);
  flow->senders.push_back(open_raw(from, from_interface));
  flow->echoes = open_raw(from, from_interface);
  flow->receiver = open_raw(to, to_interface);
  wire::Writer header;
  // A unicast source that is nobody's would teach a switch nonsense: it is the bond's own.
  wire::write_ethernet(
      header,
      {wire::MacAddress({255, 255, 255, 255, 255, 255}), from.link(from_interface).mac, {}, kEthertype});
  flow->header = std::move(header).finish();
  flow->header.insert(flow->header.end(), kMark.begin(), kMark.end());
  // Both ends of a site send: each hears only the other's.
  const auto self = static_cast<std::uint8_t>(flows_.size());
  flow->header.back() = self;
  flow->every = kBroadcastEvery;
  flows_.push_back(std::move(flow));
  return flows_.size() - 1;
}

void Traffic::start() {
  sending_ = receiving_ = true;
  receiving_thread_ = std::thread([this] { receive_all(); });
  sending_thread_ = std::thread([this] { send_all(); });
}

void Traffic::stop() {
  if (!sending_thread_.joinable()) return;
  sending_ = false;
  sending_thread_.join();
  std::this_thread::sleep_for(500ms);
  receiving_ = false;
  receiving_thread_.join();
}

void Traffic::send_all() {
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  auto due = Clock::now();
  for (std::uint64_t tick = 0; sending_; ++tick) {
    due = std::max(due + kTick, Clock::now());  // late, it does not catch up in a burst
    std::this_thread::sleep_until(due);
    for (auto& flow : flows_) {
      if (tick % flow->every != 0) continue;
      std::uint64_t number = 0;
      {
        const std::scoped_lock lock(mutex_);
        number = flow->ledger.sent_count();
        // In the book before it can arrive; its end is put right below.
        flow->ledger.sent(Clock::now(), Clock::now());
      }
      auto frame = flow->header;
      frame.insert(frame.end(), reinterpret_cast<const std::uint8_t*>(&number),
                   reinterpret_cast<const std::uint8_t*>(&number) + sizeof number);
      frame.resize(frame.size() + kPadding);
      const auto& sender = flow->senders[number % flow->senders.size()];
      // An error says that there is no way now: a frame lost like any other.
      (void)::sendto(sender.get(), frame.data(), frame.size(), 0,
                     flow->target.size == 0 ? nullptr : flow->target.get(), flow->target.size);
      const std::scoped_lock lock(mutex_);
      flow->ledger.ended(number, Clock::now());
    }
  }
}

void Traffic::receive_from(Flow& flow, int fd, bool came_back) {
  std::array<std::uint8_t, 2048> frame{};
  for (;;) {
    const ssize_t size = ::recv(fd, frame.data(), frame.size(), MSG_DONTWAIT);
    if (size < 0) return;
    const auto header = flow.header.size();
    std::uint64_t number = 0;
    if (static_cast<std::size_t>(size) < header + sizeof number) continue;
    // What a balancing bond sends has the slave's MAC: compared from the mark on.
    const auto mark = header - kMark.size();
    if (std::memcmp(frame.data() + mark, flow.header.data() + mark, kMark.size()) != 0) continue;
    std::memcpy(&number, frame.data() + header, sizeof number);
    const std::scoped_lock lock(mutex_);
    if (came_back) {
      flow.ledger.came_back(number, Clock::now());
    } else {
      flow.ledger.arrived(number, Clock::now());
    }
  }
}

void Traffic::receive_all() {
  std::vector<pollfd> polled;
  std::vector<std::pair<Flow*, bool>> whose;
  for (auto& flow : flows_) {
    polled.push_back({flow->receiver.get(), POLLIN, 0});
    whose.emplace_back(flow.get(), false);
    if (!flow->echoes) continue;
    polled.push_back({flow->echoes.get(), POLLIN, 0});
    whose.emplace_back(flow.get(), true);
  }
  while (receiving_) {
    if (::poll(polled.data(), polled.size(), 50) <= 0) continue;
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].revents != 0) receive_from(*whose[i].first, polled[i].fd, whose[i].second);
    }
  }
}

std::vector<std::string> Traffic::judge(std::size_t flow, Time now, const Excuses& losing,
                                        const Excuses& doubling) {
  const std::scoped_lock lock(mutex_);
  return flows_.at(flow)->ledger.judge(now, losing, doubling);
}

bool Traffic::none_arrived(std::size_t flow, Time begin, Time end) const {
  const std::scoped_lock lock(mutex_);
  return flows_.at(flow)->ledger.none_arrived(begin, end);
}

Traffic::Count Traffic::count(std::size_t flow) const {
  const std::scoped_lock lock(mutex_);
  const auto& ledger = flows_.at(flow)->ledger;
  return {ledger.sent_count(), ledger.arrived_count(), ledger.lost_count()};
}

Traffic::Count Traffic::count_all() const {
  Count all;
  for (std::size_t i = 0; i < flows_.size(); ++i) {
    const auto one = count(i);
    all.sent += one.sent;
    all.arrived += one.arrived;
    all.lost += one.lost;
  }
  return all;
}

}  // namespace ebond::soak
