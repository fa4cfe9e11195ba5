#include "lab/stream.h"

#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include "lab/sockets.h"

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;
constexpr std::uint64_t kProbe = ~std::uint64_t{0};
/// How far behind its schedule a sender may be and still catch up.
constexpr auto kLateness = 5ms;
/// Receive calls in a row, of 50 ms each, that found nothing: no straggler comes any more.
constexpr int kSilences = 6;
constexpr auto kLongestWait = 30s;

/// One datagram's number and the kernel's stamp; false if none came within the socket's patience.
bool receive_one(int fd, std::uint64_t& sequence, std::int64_t& kernel_ns) {
  std::array<std::uint8_t, 65536> payload;
  if (receive_stamped(fd, payload, kernel_ns) < sizeof sequence) return false;
  std::memcpy(&sequence, payload.data(), sizeof sequence);
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
  const auto interval = std::chrono::duration<double>(1 / options_.frames_per_second);
  std::chrono::duration<double> elapsed{0};
  auto start = Clock::now();
  while (sending_) {
    const auto due = start + std::chrono::duration_cast<Clock::duration>(elapsed);
    std::this_thread::sleep_until(due);
    const auto began = Clock::now();
    if (began - due > kLateness) start += began - due;
    elapsed += interval;
    send_one(sender_.get(), to, payload, sendings_.size());
    sendings_.push_back({began, Clock::now()});
    ++sent_;
  }
}

void Stream::receive_all() {
  std::uint64_t sequence = 0;
  std::int64_t stamp = 0;
  for (int silences = 0; receiving_ || silences < kSilences;) {
    const bool any = receive_one(receiver_.get(), sequence, stamp);
    silences = any || receiving_ ? 0 : silences + 1;
    if (!any) continue;
    if (sequence == kProbe) continue;
    arrivals_.push_back({sequence, stamp});
    ++received_;
  }
}

namespace {

void wait_for(const std::atomic<std::uint64_t>& count, std::uint64_t more, const char* what) {
  const auto wanted = count + more;
  const auto end = Clock::now() + kLongestWait;
  while (count < wanted) {
    if (Clock::now() > end) throw std::runtime_error(what);
    std::this_thread::sleep_for(1ms);
  }
}

}  // namespace

void Stream::wait_for_sent(std::uint64_t more) const {
  wait_for(sent_, more, "the stream sends nothing");
}

void Stream::wait_for_arrivals(std::uint64_t more) const {
  wait_for(received_, more, "nothing of the stream arrives");
}

StreamReport Stream::stop() {
  if (!sending_thread_.joinable()) return report_;
  sending_ = false;
  sending_thread_.join();
  receiving_ = false;
  receiving_thread_.join();
  receiver_.reset();  // the port is free for the next stream

  arrived_.assign(sendings_.size(), 0);
  report_.sent = sendings_.size();
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

std::uint64_t Stream::sent_between(Clock::time_point begin, Clock::time_point end) const {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(sendings_, [&](const Sending& sending) { return sending.within(begin, end); }));
}

std::uint64_t Stream::lost_between(Clock::time_point begin, Clock::time_point end) const {
  std::uint64_t lost = 0;
  for (std::size_t i = 0; i < arrived_.size(); ++i) {
    if (arrived_[i] == 0 && sendings_[i].within(begin, end)) ++lost;
  }
  return lost;
}

}  // namespace ebond::lab
