#include "daemon/device_stack.h"

#include <algorithm>

namespace ebond::daemon {

os::Result<std::vector<os::LinkInfo>> stack_on(Network& network, os::IfIndex bond) {
  auto links = network.netlink.links();
  if (!links) return std::unexpected(links.error());
  std::vector<os::LinkInfo> stack;
  const auto itself = std::ranges::find(*links, bond, &os::LinkInfo::ifindex);
  if (itself == links->end()) return stack;
  stack.push_back(*itself);
  for (std::size_t i = 0; i < stack.size(); ++i) {
    const auto below = stack[i].ifindex;
    for (const auto& link : *links) {
      if (link.kind == "vlan" && link.lower == below && !link.lower_netnsid) stack.push_back(link);
    }
  }
  return stack;
}

}  // namespace ebond::daemon
