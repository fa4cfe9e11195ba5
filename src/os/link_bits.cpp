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
  std::error_code error;
  for (std::filesystem::directory_iterator entry(pin_dir, error), end; !error && entry != end;
       entry.increment(error)) {
    bits.claim_all_of(entry->path());
  }
  return bits;
}

/// What is not a bond's, or one of a layout that is not known here, has none.
void LinkBits::claim_all_of(const std::filesystem::path& owner) {
  const auto bond = PinnedValue<ebond_bond>::open(owner / "bond");
  if (!bond || (*bond)->layout != EBOND_LAYOUT) return;
  for (const auto& slot : (*bond)->slots) {
    if (slot.link != 0) claim(LinkId(slot.link), owner);
  }
}

void LinkBits::remove(const std::filesystem::path& pin_dir) {
  std::error_code ignored;
  std::filesystem::remove(pin_dir / kPin, ignored);
}

/// Not 0: slots never filled have link 0, which is never alive.
std::optional<LinkId> LinkBits::find_free() const {
  __u32 free = 1;
  for (const auto& [taken, owner] : owners_) {
    if (taken == LinkId(free)) ++free;
  }
  return free < EBOND_MAX_LINKS ? std::optional(LinkId(free)) : std::nullopt;
}

Result<LinkId> LinkBits::allocate(const std::filesystem::path& owner) {
  auto free = find_free();
  if (!free) {
    // A bond that ended without a daemon of its own left its links taken.
    std::erase_if(owners_, [](const auto& each) {
      std::error_code error;
      return !std::filesystem::exists(each.second / "bond", error) && !error;
    });
    free = find_free();
  }
  if (!free) return errno_error("all links of this daemon are in use", ENOSPC);
  owners_.emplace(*free, owner);
  set(*free, false);
  return *free;
}

bool LinkBits::claim(LinkId link, const std::filesystem::path& owner) {
  return owners_.try_emplace(LinkId(static_cast<__u32>(index_of(link))), owner).first->second == owner;
}

void LinkBits::release(LinkId link) {
  set(link, false);
  owners_.erase(LinkId(static_cast<__u32>(index_of(link))));
}

void LinkBits::set(LinkId link, bool alive) {
  std::atomic_ref(map_->alive[index_of(link)]).store(alive ? 1 : 0, std::memory_order_release);
}

bool LinkBits::alive(LinkId link) const {
  return std::atomic_ref(map_->alive[index_of(link)]).load(std::memory_order_acquire) != 0;
}

}  // namespace ebond::os
