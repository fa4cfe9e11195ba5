// Events on their way to one subscriber. Bounded: a slow reader loses the oldest ones and is told how many.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "control/service.h"

namespace ebond::control {

class EventQueue {
 public:
  explicit EventQueue(std::size_t capacity) : capacity_(capacity) {}

  struct Entry {
    core::StampedEvent event;
    std::size_t missed = 0;  ///< dropped right before this one
  };

  void push(const core::StampedEvent& event) {
    if (events_.size() == capacity_) {
      events_.pop_front();
      ++missed_;
    }
    events_.push_back(event);
  }

  std::optional<Entry> pop() {
    if (events_.empty()) return std::nullopt;
    Entry entry{std::move(events_.front()), std::exchange(missed_, 0)};
    events_.pop_front();
    return entry;
  }

 private:
  std::size_t capacity_;
  std::deque<core::StampedEvent> events_;
  std::size_t missed_ = 0;
};

}  // namespace ebond::control
