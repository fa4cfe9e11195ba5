// Looks at what an interface sends, without disturbing it: the head of each frame, for as long as the caller
// asks. Used by `ebond balance`, in the caller's own process and with its rights (CAP_NET_RAW).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/types.h"
#include "os/error.h"
#include "os/netns.h"
#include "os/unique_fd.h"
#include "wire/bytes.h"

namespace ebond::os {

/// As handed to the interface: a large TCP segment is one frame yet.
struct SampledFrame {
  wire::Bytes head;      ///< its VLAN tag included, kSnap octets at most
  std::uint32_t length;  ///< of all of it
};

class TrafficSampler {
 public:
  /// Enough for tags, a tunnel and what it holds.
  static constexpr std::uint32_t kSnap = 192;

  static Result<TrafficSampler> open(const Namespace& where, core::IfIndex out);
  /// The next frame that is sent; none if none was for so long.
  Result<std::optional<SampledFrame>> next(std::chrono::milliseconds at_most);
  /// Frames that came faster than they were taken, since the last call.
  std::uint64_t take_missed();

 private:
  explicit TrafficSampler(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace ebond::os
