// Reading and writing network byte order, bounds checked.
// Used by every format in wire/. A Reader that ran past the end stays failed and yields zeros, so a parser
// reads a whole header and asks ok() once; nothing here ever reads outside its span.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "wire/mac_address.h"

namespace ebond::wire {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  std::size_t left() const { return rest_.size(); }

  /// The next n bytes as a view, or an empty view and !ok() if there are fewer.
  ByteView take(std::size_t n) {
    if (!ok_ || rest_.size() < n) {
      ok_ = false;
      return {};
    }
    auto head = rest_.first(n);
    rest_ = rest_.subspan(n);
    return head;
  }
  void skip(std::size_t n) { (void)take(n); }
  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  MacAddress mac() {
    auto bytes = take(6);
    return bytes.size() == 6 ? MacAddress::from_bytes(bytes.first<6>()) : MacAddress{};
  }

 private:
  std::uint64_t number(std::size_t n) {
    std::uint64_t value = 0;
    for (auto byte : take(n)) value = value << 8 | byte;
    return value;
  }

  ByteView rest_;
  bool ok_ = true;
};

class Writer {
 public:
  Writer& u8(std::uint8_t value) { return number(value, 1); }
  Writer& u16(std::uint16_t value) { return number(value, 2); }
  Writer& u32(std::uint32_t value) { return number(value, 4); }
  Writer& mac(const MacAddress& mac) { return bytes(mac.octets()); }
  Writer& bytes(ByteView more) {
    out_.insert(out_.end(), more.begin(), more.end());
    return *this;
  }
  Writer& zeros(std::size_t n) {
    out_.insert(out_.end(), n, 0);
    return *this;
  }
  std::size_t size() const { return out_.size(); }
  Bytes finish() && { return std::move(out_); }

 private:
  Writer& number(std::uint64_t value, std::size_t n) {
    for (std::size_t shift = n * 8; shift != 0; shift -= 8) {
      out_.push_back(static_cast<std::uint8_t>(value >> (shift - 8)));
    }
    return *this;
  }

  Bytes out_;
};

}  // namespace ebond::wire
