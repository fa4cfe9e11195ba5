#include "os/stacked_elsewhere.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "os/rtnetlink.h"

namespace ebond::os {
namespace {

/// A veth names its other half, which is beside it and not below.
bool stands_elsewhere(const LinkInfo& link) {
  return link.lower && link.lower_netnsid && link.kind != "veth";
}

std::vector<LinkInfo> standing_on(const Namespace& here, const Namespace& there) {
  auto netlink = Rtnetlink::open(there);
  if (!netlink) return {};
  auto links = netlink->links();
  if (!links || std::ranges::none_of(*links, stands_elsewhere)) return {};
  const auto number = netlink->netnsid_of(here);
  if (!number || !*number) return {};
  std::vector<LinkInfo> found;
  std::ranges::copy_if(*links, std::back_inserter(found), [&](const LinkInfo& link) {
    return stands_elsewhere(link) && link.lower_netnsid == *number;
  });
  return found;
}

}  // namespace

std::vector<StackedElsewhere> stacked_elsewhere(const Namespace& here) {
  std::vector<StackedElsewhere> all;
  (void)Namespace::find_if([&](const Namespace& there) {
    if (there.id() == here.id()) return false;
    auto links = standing_on(here, there);
    if (links.empty()) return false;
    if (auto held = there.duplicate()) all.push_back({std::move(*held), std::move(links)});
    return false;
  });
  return all;
}

}  // namespace ebond::os
