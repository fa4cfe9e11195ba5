#include "core/event_shelf.h"

#include <algorithm>

namespace ebond::core {

bool EventShelf::push(PlacedEvent event) {
  const bool is_full = size_ >= capacity_;
  if (is_full) make_room();
  rooms_[event.where].push_back({next_++, std::move(event.event)});
  ++size_;
  return !is_full;
}

/// The machine's own namespace is the one without a name.
void EventShelf::make_room() {
  auto fullest = rooms_.end();
  for (auto room = rooms_.begin(); room != rooms_.end(); ++room) {
    const bool keeps_its_own = room->second.front().event->netns.empty() &&
                               room->second.size() <= capacity_ / 2 && rooms_.size() > 1;
    if (keeps_its_own) continue;
    if (fullest == rooms_.end() || room->second.size() > fullest->second.size()) fullest = room;
  }
  if (fullest != rooms_.end()) take_oldest(fullest);
}

void EventShelf::take_oldest(std::map<std::uint64_t, Room>::iterator room) {
  room->second.pop_front();
  --size_;
  if (room->second.empty()) rooms_.erase(room);
}

EventShelf::Part EventShelf::part(std::uint64_t where, std::uint64_t from, std::int64_t since_ns,
                                  std::size_t most) const {
  Part part{.next = std::max(from, next_)};
  const auto room = rooms_.find(where);
  if (room == rooms_.end()) return part;
  for (auto each = std::ranges::lower_bound(room->second, from, {}, &Numbered::number);
       each != room->second.end(); ++each) {
    if (each->event->realtime_ns < since_ns) continue;
    if (part.events.size() == most) {
      part.more = true;
      part.next = each->number;
      break;
    }
    part.events.push_back(each->event);
  }
  return part;
}

std::vector<PlacedEvent> EventShelf::all() const {
  std::vector<std::pair<std::uint64_t, PlacedEvent>> numbered;
  numbered.reserve(size_);
  for (const auto& [where, room] : rooms_) {
    for (const auto& each : room) numbered.push_back({each.number, {where, each.event}});
  }
  std::ranges::sort(numbered, {}, [](const auto& each) { return each.first; });
  std::vector<PlacedEvent> events;
  events.reserve(numbered.size());
  for (auto& [number, event] : numbered) events.push_back(std::move(event));
  return events;
}

std::optional<PlacedEvent> EventShelf::take() {
  if (rooms_.empty()) return std::nullopt;
  auto room = rooms_.upper_bound(served_);
  if (room == rooms_.end()) room = rooms_.begin();
  served_ = room->first;
  PlacedEvent taken{room->first, room->second.front().event};
  take_oldest(room);
  return taken;
}

}  // namespace ebond::core
