#include "lab/round_trips.h"

#include <array>
#include <atomic>
#include <cstring>
#include <thread>

#include "lab/sockets.h"

namespace ebond::lab {
namespace {

using Clock = std::chrono::steady_clock;
using Payload = std::array<std::uint8_t, 64>;

void answer(int fd, const std::atomic<bool>& going_on) {
  Payload payload{};
  while (going_on) {
    SocketAddress asker;
    asker.size = sizeof asker.storage;
    const auto size = ::recvfrom(fd, payload.data(), payload.size(), 0,
                                 reinterpret_cast<sockaddr*>(&asker.storage), &asker.size);
    if (size > 0)
      (void)::sendto(fd, payload.data(), static_cast<std::size_t>(size), 0, asker.get(), asker.size);
  }
}

}  // namespace

std::vector<double> measure_round_trips(const Node& from, const Node& to, const std::string& to_address,
                                        std::chrono::milliseconds duration, std::uint16_t port) {
  const auto address = socket_address(to_address, port);
  const auto answerer = open_udp_receiver(to, address);
  const auto asker = open_socket(from, address.family(), SOCK_DGRAM);
  const timeval patience{0, 50000};
  ::setsockopt(asker.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::atomic<bool> going_on{true};
  std::jthread answering([&] { answer(answerer.get(), going_on); });
  std::vector<double> times;
  std::uint64_t number = 0;
  const auto end = Clock::now() + duration;
  for (auto asked = Clock::now(); asked < end; asked = Clock::now()) {
    Payload question{}, reply{};
    ++number;
    std::memcpy(question.data(), &number, sizeof number);
    (void)::sendto(asker.get(), question.data(), question.size(), 0, address.get(), address.size);
    // A late answer to an earlier question is passed over.
    while (::recv(asker.get(), reply.data(), reply.size(), 0) > 0) {
      if (reply != question) continue;
      times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - asked).count());
      break;
    }
  }
  going_on = false;
  return times;
}

}  // namespace ebond::lab
