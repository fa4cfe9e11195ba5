// Which links carry, as the kernel's programs read it: one bit of life per slave, for all bonds of a daemon.
// The daemon sets and clears; the carrier hook only clears. Pinned, so it outlives the daemon.
#pragma once

#include <filesystem>
#include <map>
#include <optional>

#include "bpf/abi.h"
#include "os/pinned_map.h"

namespace ebond::os {

enum class LinkId : __u32 {};

class LinkBits {
 public:
  /// Opens what an earlier daemon left in `pin_dir`, or makes it again. What the bonds use whose maps are
  /// pinned in directories below it is theirs from the beginning: one that is taken over early may need
  /// another link before the others are.
  static Result<LinkBits> open_or_create(const std::filesystem::path& pin_dir);
  /// Unpins what open_or_create() pinned.
  static void remove(const std::filesystem::path& pin_dir);

  /// An unused link, dead, for a bond: `owner` is where its maps are pinned. ENOSPC if all EBOND_MAX_LINKS
  /// are taken.
  Result<LinkId> allocate(const std::filesystem::path& owner);
  /// For a bond that is taken over, one that it uses. False if it is another bond's.
  bool claim(LinkId link, const std::filesystem::path& owner);
  /// Dead and free again.
  void release(LinkId link);

  void set(LinkId link, bool alive);
  bool alive(LinkId link) const;
  int fd() const { return map_.fd(); }

 private:
  void claim_all_of(const std::filesystem::path& owner);
  std::optional<LinkId> find_free() const;

  PinnedValue<ebond_links> map_;
  std::map<LinkId, std::filesystem::path> owners_;
};

}  // namespace ebond::os
