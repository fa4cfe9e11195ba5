#include "wire/checksum.h"

namespace ebond::wire {

InternetChecksum& InternetChecksum::add(ByteView bytes) {
  Reader in(bytes);
  while (in.left() >= 2) sum_ += in.u16();
  if (in.left() == 1) sum_ += static_cast<std::uint64_t>(in.u8()) << 8;
  return *this;
}

InternetChecksum& InternetChecksum::add_ipv6_pseudo_header(const Ipv6Address& source,
                                                           const Ipv6Address& destination,
                                                           std::size_t upper_length,
                                                           std::uint8_t next_header) {
  add(source).add(destination);
  sum_ += upper_length + next_header;  // both fit their 32-bit words; carries fold the same either way
  return *this;
}

std::uint16_t InternetChecksum::value() const {
  std::uint64_t folded = sum_;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >> 16);
  return static_cast<std::uint16_t>(~folded);
}

void store_checksum(Bytes& message, std::size_t offset, std::uint16_t checksum) {
  message.at(offset) = static_cast<std::uint8_t>(checksum >> 8);
  message.at(offset + 1) = static_cast<std::uint8_t>(checksum & 0xff);
}

}  // namespace ebond::wire
