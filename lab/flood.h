// A rude neighbour: sends the same few frames into an interface as often as asked, from a thread of its own.
// Used by the e2e tests and the bench. What the far end makes of them is not its concern.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "lab/node.h"
#include "os/unique_fd.h"
#include "wire/bytes.h"

namespace ebond::lab {

class Flood {
 public:
  /// Out of `interface`, the frames in turn, so many a second in all, until the object goes. A sender that
  /// was held up goes on at its rate and makes up for 10 ms at most.
  Flood(Node& from, const std::string& interface, std::vector<wire::Bytes> frames, double per_second);
  ~Flood();
  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;

  /// Frames the interface took so far.
  std::uint64_t sent() const { return sent_; }

 private:
  void send_all();
  std::size_t send_batch(std::size_t frames);

  std::vector<wire::Bytes> frames_;
  double per_second_;
  os::UniqueFd socket_;
  std::size_t next_ = 0;
  std::atomic<bool> sending_{true};
  std::atomic<std::uint64_t> sent_{0};
  std::thread thread_;
};

}  // namespace ebond::lab
