// Events that are kept, each with a number, the oldest making room for new ones. Bounded, and fair: the
// network namespace that has most of them loses its own oldest, so that a guest's bond that is made to flap
// takes nothing from the others; the machine's own namespace keeps up to half of the shelf.
//
// Used by the daemon, for its history and for what waits for hooks. Knows no files and no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/report.h"

namespace ebond::core {

/// An event, and the inode of the network namespace that it belongs to.
struct PlacedEvent {
  std::uint64_t where = 0;
  std::shared_ptr<const StampedEvent> event;
};

class EventShelf {
 public:
  explicit EventShelf(std::size_t capacity) : capacity_(capacity) {}

  /// False: another event had to go.
  bool push(PlacedEvent event);
  std::size_t size() const { return size_; }
  /// What the next one that is pushed will be called; the first is 1.
  std::uint64_t next_number() const { return next_; }

  struct Part {
    std::vector<std::shared_ptr<const StampedEvent>> events{};
    std::uint64_t next = 0;  ///< the number to go on from
    bool more = false;       ///< there are some from there on
  };
  /// Up to `most` events of that namespace, the oldest first: those with that number or a later one, at that
  /// time of CLOCK_REALTIME or later.
  Part part(std::uint64_t where, std::uint64_t from, std::int64_t since_ns, std::size_t most) const;
  /// All of them, in the order in which they came.
  std::vector<PlacedEvent> all() const;
  /// Takes one off: the oldest of one namespace, then of the next one that has any.
  std::optional<PlacedEvent> take();

 private:
  struct Numbered {
    std::uint64_t number;
    std::shared_ptr<const StampedEvent> event;
  };
  using Room = std::deque<Numbered>;
  void make_room();
  void take_oldest(std::map<std::uint64_t, Room>::iterator room);

  std::size_t capacity_, size_ = 0;
  std::uint64_t next_ = 1;
  std::map<std::uint64_t, Room> rooms_;  ///< by namespace; none is empty
  std::uint64_t served_ = 0;             ///< the namespace that take() took from
};

}  // namespace ebond::core
