// Varlink framing: JSON texts separated by NUL bytes in a stream, cut out one by one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ebond::control {

class FrameBuffer {
 public:
  /// A message longer than `limit` bytes is an attack or a bug: overflowed() says so.
  explicit FrameBuffer(std::size_t limit) : limit_(limit) {}

  void append(std::string_view bytes);
  /// The oldest complete message, without its NUL.
  std::optional<std::string> next();
  /// The message at the head is longer than the limit. Nothing more will come out.
  bool overflowed() const { return overflowed_; }
  std::size_t limit() const { return limit_; }
  bool empty() const { return start_ == bytes_.size(); }

 private:
  std::size_t limit_;
  std::string bytes_;
  std::size_t start_ = 0;    ///< of the message at the head
  std::size_t scanned_ = 0;  ///< no NUL from start_ up to here
  bool overflowed_ = false;
};

}  // namespace ebond::control
