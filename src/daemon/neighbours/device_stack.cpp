#include "daemon/neighbours/device_stack.h"

#include <linux/if_addr.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace ebond::daemon {
namespace {

bool stands_on(const os::LinkInfo& link, const os::LinkInfo& below) {
  if (below.master == link.ifindex) return true;
  return link.lower == below.ifindex && !link.lower_netnsid && !link.is_half_of_a_pair();
}

/// A tunnel, a VRF or a team on the bond is not: its addresses are reached otherwise, or belong to others.
bool is_transparent(const os::LinkInfo& link) {
  constexpr std::array<std::string_view, 6> kKinds{"vlan",   "macvlan", "macvtap",
                                                   "ipvlan", "ipvtap",  "bridge"};
  return std::ranges::find(kKinds, link.kind) != kKinds.end();
}

}  // namespace

os::Result<std::vector<StackedDevice>> stack_on(Hands& hands, os::IfIndex bond) {
  auto links = hands.links();
  if (!links) return std::unexpected(links.error());
  std::vector<StackedDevice> stack;
  const auto itself = std::ranges::find(*links, bond, &os::LinkInfo::ifindex);
  if (itself == links->end()) return stack;
  stack.push_back({.link = *itself});
  const auto is_known = [&](const os::LinkInfo& link) {
    return std::ranges::any_of(stack, [&](const auto& each) { return each.link.ifindex == link.ifindex; });
  };
  for (std::size_t i = 0; i < stack.size(); ++i) {
    for (const auto& link : *links) {
      if (is_known(link) || !stands_on(link, stack[i].link)) continue;
      StackedDevice device{.link = link,
                           .tags = stack[i].tags,
                           .answers_through_bond = stack[i].answers_through_bond && is_transparent(link),
                           .distance = stack[i].distance + 1};
      if (link.vlan) device.tags.push_back(*link.vlan);
      stack.push_back(std::move(device));
    }
  }
  return stack;
}

os::Result<std::set<core::VlanKey>> vlans_on(Hands& hands, os::IfIndex bond) {
  auto stack = stack_on(hands, bond);
  if (!stack) return std::unexpected(stack.error());
  std::set<core::VlanKey> vlans;
  for (const auto& device : *stack) {
    // Of a VLAN in a VLAN the card sees the outer tag alone.
    if (!device.link.vlan || device.tags.size() != 1) continue;
    vlans.insert({device.link.vlan->protocol, device.link.vlan->id});
  }
  return vlans;
}

bool is_tentative(const os::Address& address) {
  return (address.flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) != 0;
}

}  // namespace ebond::daemon
