// The Internet checksum (RFC 1071), and the IPv6 pseudo-header it is run over (RFC 8200 8.1).
#pragma once

#include <cstddef>
#include <cstdint>

#include "wire/bytes.h"
#include "wire/ip_address.h"

namespace ebond::wire {

class InternetChecksum {
 public:
  /// Adds a block; every block but the last must be of even length.
  InternetChecksum& add(ByteView bytes);
  InternetChecksum& add_ipv6_pseudo_header(const Ipv6Address& source, const Ipv6Address& destination,
                                           std::size_t upper_length, std::uint8_t next_header);
  /// The value for the checksum field. Over a block that already holds a right checksum: 0.
  std::uint16_t value() const;

 private:
  std::uint64_t sum_ = 0;
};

/// Puts `checksum` into a finished message, at the offset of its (zero) checksum field.
void store_checksum(Bytes& message, std::size_t offset, std::uint16_t checksum);

}  // namespace ebond::wire
