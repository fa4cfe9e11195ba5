// Which links carry, as the kernel's programs read it: one bit of life per slave, for all bonds of a daemon.
// The daemon sets and clears; the carrier hook only clears. Pinned, so it outlives the daemon.
#pragma once

#include <bitset>
#include <filesystem>

#include "bpf/abi.h"
#include "os/pinned_map.h"

namespace ebond::os {

enum class LinkId : __u32 {};

class LinkBits {
 public:
  /// Opens what an earlier daemon left in `pin_dir`, or makes it again.
  static Result<LinkBits> open_or_create(const std::filesystem::path& pin_dir);
  /// Unpins what open_or_create() pinned.
  static void remove(const std::filesystem::path& pin_dir);

  /// An unused link, dead. ENOSPC if all EBOND_MAX_LINKS are taken.
  Result<LinkId> allocate();
  /// Marks one that an adopted bond uses.
  void reserve(LinkId link);
  /// Dead and free again.
  void release(LinkId link);

  void set(LinkId link, bool alive);
  bool alive(LinkId link) const;
  int fd() const { return map_.fd(); }

 private:
  PinnedValue<ebond_links> map_;
  std::bitset<EBOND_MAX_LINKS> used_;
};

}  // namespace ebond::os
