// Bytes written as a person reads them off the wire.
#pragma once

#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>

#include "wire/bytes.h"

namespace ebond::wire::test {

/// "02 00 ff" (spaces and newlines anywhere between octets).
inline Bytes hex(std::string_view text) {
  Bytes bytes;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == ' ' || text[i] == '\n') {
      ++i;
      continue;
    }
    std::uint8_t value = 0;
    const char* end = text.data() + i + 2;
    if (i + 2 > text.size() || std::from_chars(text.data() + i, end, value, 16).ptr != end) {
      throw std::invalid_argument("not hex: " + std::string(text));
    }
    bytes.push_back(value);
    i += 2;
  }
  return bytes;
}

inline Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

}  // namespace ebond::wire::test
