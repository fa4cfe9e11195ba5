// How much gets through: UDP as fast as the sender may, or one TCP stream. Ethernet headers counted for UDP,
// payload alone for TCP.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "lab/node.h"

namespace ebond::lab {

struct ThroughputReport {
  double mbps = 0;                       ///< 10^6 bits a second, as received, first arrival to last
  std::uint64_t sent = 0, received = 0;  ///< UDP: datagrams; TCP: bytes
};

/// Full frames (1472 bytes of payload). The sender is held back only by its socket's buffer.
ThroughputReport measure_udp(const Node& from, const Node& to, const std::string& to_address,
                             std::chrono::milliseconds duration, std::uint16_t port = 7100);
struct TcpOptions {
  int streams = 1;            ///< side by side; what they carried is added up
  std::uint16_t port = 7200;  ///< of the first; each other has the next
};
/// Writes of 256 KiB, so that GSO has something to keep whole.
ThroughputReport measure_tcp(const Node& from, const Node& to, const std::string& to_address,
                             std::chrono::milliseconds duration, const TcpOptions& options = {});

}  // namespace ebond::lab
