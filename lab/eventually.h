// Waiting for what must come true, however busy the machine: neither a test nor the demo sleeps and hopes.
#pragma once

#include <chrono>
#include <thread>

namespace ebond::lab {

/// Asks until it is so, for half a minute at most. Whether it became so.
template <class Question>
bool eventually(Question is_so, std::chrono::milliseconds at_most = std::chrono::seconds(30)) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace ebond::lab
