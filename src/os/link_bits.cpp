#include "os/link_bits.h"

#include <atomic>

namespace ebond::os {

namespace {
constexpr const char* kPin = "links";

std::size_t index_of(LinkId link) {
  return static_cast<std::size_t>(link) % EBOND_MAX_LINKS;
}
}  // namespace

Result<LinkBits> LinkBits::open_or_create(const std::filesystem::path& pin_dir) {
  const auto pin = pin_dir / kPin;
  auto map = PinnedValue<ebond_links>::open(pin);
  if (!map && map.error().errno_value == ENOENT) map = PinnedValue<ebond_links>::create(pin, "ebond_links");
  if (!map) return std::unexpected(map.error());
  LinkBits bits;
  bits.map_ = std::move(*map);
  bits.used_.set(0);  // slots never filled have link 0: never alive
  return bits;
}

void LinkBits::remove(const std::filesystem::path& pin_dir) {
  std::error_code ignored;
  std::filesystem::remove(pin_dir / kPin, ignored);
}

Result<LinkId> LinkBits::allocate() {
  for (std::size_t i = 1; i < used_.size(); ++i) {
    if (used_.test(i)) continue;
    used_.set(i);
    set(LinkId(i), false);
    return LinkId(i);
  }
  return errno_error("all links of this daemon are in use", ENOSPC);
}

void LinkBits::reserve(LinkId link) {
  used_.set(index_of(link));
}

void LinkBits::release(LinkId link) {
  set(link, false);
  used_.reset(index_of(link));
}

void LinkBits::set(LinkId link, bool alive) {
  std::atomic_ref(map_->alive[index_of(link)]).store(alive ? 1 : 0, std::memory_order_release);
}

bool LinkBits::alive(LinkId link) const {
  return std::atomic_ref(map_->alive[index_of(link)]).load(std::memory_order_acquire) != 0;
}

}  // namespace ebond::os
