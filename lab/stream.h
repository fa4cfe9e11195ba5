// A stream of numbered frames from one host to another, and what became of each: the lab's eye.
// Sent at exact times, stamped by the receiving kernel. A sender that was held up goes on at its rate and
// does not catch up in a burst, so that a busy machine does not look like a broken network: fewer frames are
// sent then, and it is the frames that count, not the clock.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "lab/node.h"
#include "os/unique_fd.h"

namespace ebond::lab {

using Clock = std::chrono::steady_clock;

struct StreamOptions {
  double frames_per_second = 1000;
  std::size_t payload = 64;  ///< bytes of UDP payload, at least 16
  std::uint16_t port = 7000;
  std::chrono::milliseconds wait_for_path{30000};  ///< for the first frame to arrive, before counting begins
};

struct StreamReport {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;  ///< different ones
  std::uint64_t lost = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t reordered = 0;  ///< arrived after one that was sent later
  double longest_gap_ms = 0;    ///< between two arrivals one after the other
};

class Stream {
 public:
  /// Waits until a frame gets through, then streams until stop(). Throws if none does.
  Stream(const Node& from, const Node& to, const std::string& to_address, const StreamOptions& options = {});
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Waits until `more` frames were sent, or arrived, from now on. Throws if that takes half a minute.
  void wait_for_sent(std::uint64_t more) const;
  void wait_for_arrivals(std::uint64_t more) const;

  /// Ends it, waits for stragglers, and counts. More calls give the same report.
  StreamReport stop();
  /// Frames whose sending began and ended in [begin, end); those of them that never arrived. After stop().
  std::uint64_t sent_between(Clock::time_point begin, Clock::time_point end) const;
  std::uint64_t lost_between(Clock::time_point begin, Clock::time_point end) const;

 private:
  void wait_for_path();
  void send_all();
  void receive_all();

  StreamOptions options_;
  std::string to_address_;
  os::UniqueFd sender_, receiver_;
  std::atomic<bool> sending_{true}, receiving_{true};
  std::atomic<std::uint64_t> sent_{0}, received_{0};  // so far
  struct Sending {
    Clock::time_point began, ended;
    bool within(Clock::time_point begin, Clock::time_point end) const {
      return began >= begin && ended < end;
    }
  };
  std::vector<Sending> sendings_;  // by sequence number; the sending thread's until it ended
  struct Arrival {
    std::uint64_t sequence;
    std::int64_t kernel_ns;  // CLOCK_REALTIME
  };
  std::vector<Arrival> arrivals_;      // the receiving thread's until it ended
  std::vector<std::uint8_t> arrived_;  // by sequence number, once stopped
  StreamReport report_;
  std::thread sending_thread_, receiving_thread_;
};

}  // namespace ebond::lab
