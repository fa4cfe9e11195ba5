#include "os/stacked_elsewhere.h"

#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "os/rtnetlink.h"

namespace ebond::os {
namespace {

bool stands_elsewhere(const LinkInfo& link) {
  return link.lower && link.lower_netnsid && !link.is_half_of_a_pair();
}

/// Those of `links` that stand on devices of the namespace which they know by that number.
std::vector<LinkInfo> standing_on(std::int32_t number, const std::vector<LinkInfo>& links) {
  std::vector<LinkInfo> found;
  std::ranges::copy_if(links, std::back_inserter(found), [&](const LinkInfo& link) {
    return stands_elsewhere(link) && link.lower_netnsid == number;
  });
  return found;
}

/// What stands there on devices of each of these.
std::vector<std::vector<LinkInfo>> standing_on(std::span<const Namespace* const> several,
                                               const std::string& kind, const Namespace& there) {
  auto netlink = Rtnetlink::open(there);
  if (!netlink) return {};
  auto links = kind.empty() ? netlink->links() : netlink->links_of_kind(kind);
  if (!links || std::ranges::none_of(*links, stands_elsewhere)) return {};
  std::vector<std::vector<LinkInfo>> found(several.size());
  for (std::size_t i = 0; i < several.size(); ++i) {
    if (several[i]->id() == there.id()) continue;
    if (const auto number = netlink->netnsid_of(*several[i]); number && *number) {
      found[i] = standing_on(**number, *links);
    }
  }
  return found;
}

std::vector<std::vector<StackedElsewhere>> look_everywhere(std::span<const Namespace* const> several,
                                                           const std::string& kind) {
  std::vector<std::vector<StackedElsewhere>> all(several.size());
  (void)Namespace::find_if([&](const Namespace& there) {
    auto found = standing_on(several, kind, there);
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i].empty()) continue;
      if (auto held = there.duplicate()) all[i].push_back({std::move(*held), std::move(found[i])});
    }
    return false;
  });
  return all;
}

}  // namespace

std::vector<std::vector<StackedElsewhere>> stacked_elsewhere(std::span<const Namespace* const> several) {
  return look_everywhere(several, {});
}

std::vector<std::vector<StackedElsewhere>> vlans_elsewhere(std::span<const Namespace* const> several) {
  // There as soon as the kernel's part for VLANs is.
  if (::access("/proc/net/vlan", F_OK) != 0)
    return std::vector<std::vector<StackedElsewhere>>(several.size());
  return look_everywhere(several, "vlan");
}

std::vector<LinkInfo> links_stacked_elsewhere(const Namespace& here) {
  std::vector<LinkInfo> all;
  auto netlink = Rtnetlink::open(here);
  if (!netlink) return all;
  std::set<std::int32_t> asked;
  for (const auto there : netlink->netnsids().value_or(std::vector<std::int32_t>{})) {
    const auto links = netlink->links(there);
    if (!links) continue;
    asked.insert(there);
    // Numbers in that answer are the asker's, who gets one for itself if a link of theirs needs it.
    const auto number = netlink->netnsid_of(here);
    if (number && *number) std::ranges::move(standing_on(**number, *links), std::back_inserter(all));
  }
  const Namespace* only = &here;
  (void)Namespace::find_if([&](const Namespace& there) {
    const auto number = netlink->netnsid_of(there);
    if (number && *number && asked.contains(**number)) return false;
    for (auto& found : standing_on(std::span(&only, 1), {}, there)) {
      std::ranges::move(found, std::back_inserter(all));
    }
    return false;
  });
  return all;
}

}  // namespace ebond::os
