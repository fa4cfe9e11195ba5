#include "lab/stream.h"

#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include "lab/sockets.h"

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;
constexpr std::uint64_t kProbe = ~std::uint64_t{0};
constexpr auto kStragglers = 300ms;

/// One datagram's number and the kernel's stamp; false where none came within the socket's patience.
bool receive_one(int fd, std::uint64_t& sequence, std::int64_t& kernel_ns) {
  std::array<std::uint8_t, 65536> payload;
  alignas(cmsghdr) std::array<char, 128> control;
  iovec block{payload.data(), payload.size()};
  msghdr message{};
  message.msg_iov = &block;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(fd, &message, 0) < static_cast<ssize_t>(sizeof sequence)) return false;
  std::memcpy(&sequence, payload.data(), sizeof sequence);
  timespec stamp{};
  for (auto* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_type == SCM_TIMESTAMPNS) std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
  }
  kernel_ns = std::int64_t{stamp.tv_sec} * 1000000000 + stamp.tv_nsec;
  return true;
}

void send_one(int fd, const SocketAddress& to, std::vector<std::uint8_t>& payload, std::uint64_t sequence) {
  std::memcpy(payload.data(), &sequence, sizeof sequence);
  // A bond without a link refuses at once (ENETUNREACH, ENOBUFS): a frame lost like any other.
  (void)::sendto(fd, payload.data(), payload.size(), 0, to.get(), to.size);
}

}  // namespace

Stream::Stream(const Node& from, const Node& to, const std::string& to_address, const StreamOptions& options)
    : options_(options), to_address_(to_address) {
  const auto self = socket_address(to_address, options.port);
  receiver_ = open_udp_receiver(to, self);
  const int on = 1;
  require(::setsockopt(receiver_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0,
          "cannot stamp frames");
  sender_ = open_socket(from, self.family(), SOCK_DGRAM);
  options_.payload = std::max<std::size_t>(options_.payload, 16);
  wait_for_path();
  receiving_thread_ = std::thread([this] { receive_all(); });
  sending_thread_ = std::thread([this] { send_all(); });
}

Stream::~Stream() {
  stop();
}

void Stream::wait_for_path() {
  const auto to = socket_address(to_address_, options_.port);
  std::vector<std::uint8_t> payload(options_.payload);
  const auto end = Clock::now() + options_.wait_for_path;
  std::uint64_t sequence = 0;
  std::int64_t stamp = 0;
  while (Clock::now() < end) {
    send_one(sender_.get(), to, payload, kProbe);
    if (receive_one(receiver_.get(), sequence, stamp)) return;
  }
  throw std::runtime_error("no frame got through to " + to_address_);
}

void Stream::send_all() {
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  const auto to = socket_address(to_address_, options_.port);
  std::vector<std::uint8_t> payload(options_.payload);
  const auto start = Clock::now();
  const auto due = [&](std::uint64_t n) {
    return start + std::chrono::nanoseconds(
                       static_cast<std::int64_t>(static_cast<double>(n) * 1e9 / options_.frames_per_second));
  };
  while (sending_) {
    const std::uint64_t sequence = sent_at_.size();
    std::this_thread::sleep_until(due(sequence));
    sent_at_.push_back(Clock::now());
    send_one(sender_.get(), to, payload, sequence);
  }
}

void Stream::receive_all() {
  std::uint64_t sequence = 0;
  std::int64_t stamp = 0;
  while (receiving_) {
    if (receive_one(receiver_.get(), sequence, stamp) && sequence != kProbe) {
      arrivals_.push_back({sequence, stamp});
    }
  }
}

StreamReport Stream::stop() {
  if (!sending_thread_.joinable()) return report_;
  sending_ = false;
  sending_thread_.join();
  std::this_thread::sleep_for(kStragglers);
  receiving_ = false;
  receiving_thread_.join();
  receiver_.reset();  // the port is free for the next stream

  arrived_.assign(sent_at_.size(), 0);
  report_.sent = sent_at_.size();
  std::int64_t before = 0;
  std::uint64_t highest = 0;
  for (const auto& [sequence, stamp] : arrivals_) {
    if (sequence >= arrived_.size()) continue;
    if (before != 0) {
      report_.longest_gap_ms = std::max(report_.longest_gap_ms, static_cast<double>(stamp - before) / 1e6);
    }
    before = stamp;
    if (arrived_[sequence]++ != 0) {
      ++report_.duplicates;
      continue;
    }
    ++report_.received;
    if (sequence < highest) ++report_.reordered;
    highest = std::max(highest, sequence);
  }
  report_.lost = report_.sent - report_.received;
  return report_;
}

std::uint64_t Stream::lost_between(Clock::time_point begin, Clock::time_point end) const {
  std::uint64_t lost = 0;
  for (std::size_t i = 0; i < arrived_.size(); ++i) {
    if (arrived_[i] == 0 && sent_at_[i] >= begin && sent_at_[i] < end) ++lost;
  }
  return lost;
}

}  // namespace ebond::lab
