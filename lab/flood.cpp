#include "lab/flood.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "lab/sockets.h"

namespace ebond::lab {
namespace {

constexpr std::size_t kBatch = 64;

os::UniqueFd open_sender(Node& from, const std::string& interface) {
  auto fd = open_socket(from, AF_PACKET, SOCK_RAW);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = static_cast<int>(std::to_underlying(from.link(interface).ifindex));
  require(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
          "cannot bind a packet socket");
  const int on = 1;
  ::setsockopt(fd.get(), SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
  return fd;
}

}  // namespace

Flood::Flood(Node& from, const std::string& interface, std::vector<wire::Bytes> frames, double per_second)
    : frames_(std::move(frames)), per_second_(per_second), socket_(open_sender(from, interface)) {
  if (frames_.empty() || per_second <= 0) throw std::invalid_argument("a flood of nothing");
  thread_ = std::thread([this] { send_all(); });
}

Flood::~Flood() {
  sending_ = false;
  thread_.join();
}

void Flood::send_all() {
  using Clock = std::chrono::steady_clock;
  const sched_param ordinary{.sched_priority = 0};
  (void)::sched_setscheduler(0, SCHED_OTHER, &ordinary);  // whatever the thread is that made it
  constexpr std::chrono::milliseconds kTick{1}, kMostBehind{10};
  const std::chrono::duration<double> interval(1 / per_second_);
  auto due = Clock::now();  // of the next frame
  while (sending_) {
    std::this_thread::sleep_for(kTick);
    const auto now = Clock::now();
    due = std::max(due, now - kMostBehind);
    auto owed = static_cast<std::size_t>(std::chrono::duration<double>(now - due) / interval);
    due += std::chrono::duration_cast<Clock::duration>(interval * static_cast<double>(owed));
    while (owed > 0) {
      const auto some = std::min(owed, kBatch);
      sent_ += send_batch(some);
      owed -= some;
    }
  }
}

std::size_t Flood::send_batch(std::size_t frames) {
  std::array<iovec, kBatch> parts{};
  std::array<mmsghdr, kBatch> messages{};
  for (std::size_t i = 0; i < frames; ++i) {
    auto& frame = frames_[next_++ % frames_.size()];
    parts[i] = {frame.data(), frame.size()};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  // A full queue or an interface that is down takes fewer, which the count shows.
  const int taken = ::sendmmsg(socket_.get(), messages.data(), static_cast<unsigned>(frames), 0);
  return taken > 0 ? static_cast<std::size_t>(taken) : 0;
}

}  // namespace ebond::lab
