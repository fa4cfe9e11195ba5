#include "control/frame_buffer.h"

namespace ebond::control {

void FrameBuffer::append(std::string_view bytes) {
  if (start_ > 0 && start_ == bytes_.size()) {
    bytes_.clear();
    start_ = scanned_ = 0;
  }
  bytes_.append(bytes);
}

std::optional<std::string> FrameBuffer::next() {
  if (overflowed_) return std::nullopt;
  const auto end = bytes_.find('\0', scanned_);
  const auto length = (end == std::string::npos ? bytes_.size() : end) - start_;
  if (length > limit_) {
    overflowed_ = true;
    return std::nullopt;
  }
  if (end == std::string::npos) {
    scanned_ = bytes_.size();
    bytes_.erase(0, start_);
    scanned_ -= start_;
    start_ = 0;
    return std::nullopt;
  }
  auto message = bytes_.substr(start_, length);
  start_ = scanned_ = end + 1;
  return message;
}

}  // namespace ebond::control
