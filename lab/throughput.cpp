#include "lab/throughput.h"

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "lab/sockets.h"

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
constexpr std::size_t kPayload = 1472;
constexpr std::size_t kFrame = kPayload + 8 + 20 + 14;  // UDP, IPv4, Ethernet
constexpr std::size_t kWrite = std::size_t{256} * 1024;

/// Bytes and the time they took: the first arrival starts the clock and does not count itself.
struct Meter {
  std::int64_t first = 0, last = 0;  // ns
  std::uint64_t count = 0, bytes = 0;
  void add(std::size_t size, std::int64_t when) {
    last = when;
    if (count++ == 0) {
      first = last;
    } else {
      bytes += size;
    }
  }
  double mbps() const {
    const double seconds = static_cast<double>(last - first) / 1e9;
    return seconds > 0 ? static_cast<double>(bytes) * 8 / seconds / 1e6 : 0;
  }
};

ThroughputReport one_tcp_stream(const Node& from, const Node& to, const std::string& to_address,
                                std::chrono::milliseconds duration, std::uint16_t port) {
  const auto address = socket_address(to_address, port);
  const auto listener = open_socket(to, address.family(), SOCK_STREAM);
  const int on = 1;
  ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  require(::bind(listener.get(), address.get(), address.size) == 0, "cannot bind a TCP socket");
  require(::listen(listener.get(), 1) == 0, "cannot listen");
  const timeval patience{5, 0};
  ::setsockopt(listener.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  auto sender = open_socket(from, address.family(), SOCK_STREAM);
  ::setsockopt(sender.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  require(::connect(sender.get(), address.get(), address.size) == 0, "cannot connect");
  const os::UniqueFd receiver(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  require(static_cast<bool>(receiver), "cannot accept");
  ::setsockopt(receiver.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);

  Meter meter;
  std::uint64_t received = 0;
  std::thread receiving_thread([&] {
    std::vector<std::uint8_t> block(kWrite);
    for (;;) {
      const ssize_t n = ::recv(receiver.get(), block.data(), block.size(), 0);
      if (n <= 0) return;
      meter.add(static_cast<std::size_t>(n), Clock::now().time_since_epoch() / 1ns);
      received += static_cast<std::uint64_t>(n);
    }
  });
  ThroughputReport report;
  const std::vector<std::uint8_t> block(kWrite);
  const auto end = Clock::now() + duration;
  while (Clock::now() < end) {
    const ssize_t n = ::send(sender.get(), block.data(), block.size(), MSG_NOSIGNAL);
    if (n < 0) break;
    report.sent += static_cast<std::uint64_t>(n);
  }
  sender.reset();
  receiving_thread.join();
  report.received = received;
  report.mbps = meter.mbps();
  return report;
}

}  // namespace

ThroughputReport measure_udp(const Node& from, const Node& to, const std::string& to_address,
                             std::chrono::milliseconds duration, std::uint16_t port) {
  const auto address = socket_address(to_address, port);
  const auto receiver = open_udp_receiver(to, address);
  const auto sender = open_socket(from, address.family(), SOCK_DGRAM);
  std::atomic<bool> receiving{true};
  Meter meter;
  std::thread receiving_thread([&] {
    std::vector<std::uint8_t> payload(kPayload);
    std::int64_t when = 0;
    while (receiving) {
      if (receive_stamped(receiver.get(), payload, when) > 0) meter.add(kFrame, when);
    }
  });
  ThroughputReport report;
  const std::vector<std::uint8_t> payload(kPayload);
  const auto end = Clock::now() + duration;
  while (Clock::now() < end) {
    if (::sendto(sender.get(), payload.data(), payload.size(), 0, address.get(), address.size) > 0) {
      ++report.sent;
    } else {
      std::this_thread::sleep_for(100us);  // no route or no room just now
    }
  }
  std::this_thread::sleep_for(200ms);  // what queues still hold
  receiving = false;
  receiving_thread.join();
  report.received = meter.count;
  report.mbps = meter.mbps();
  return report;
}

ThroughputReport measure_tcp(const Node& from, const Node& to, const std::string& to_address,
                             std::chrono::milliseconds duration, const TcpOptions& options) {
  std::vector<std::future<ThroughputReport>> streams;
  for (int i = 0; i < options.streams; ++i) {
    const auto port = static_cast<std::uint16_t>(options.port + i);
    streams.push_back(std::async(std::launch::async,
                                 [&, port] { return one_tcp_stream(from, to, to_address, duration, port); }));
  }
  ThroughputReport total;
  for (auto& stream : streams) {
    const auto report = stream.get();
    total.mbps += report.mbps, total.sent += report.sent, total.received += report.received;
  }
  return total;
}

}  // namespace ebond::lab
