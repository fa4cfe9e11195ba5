#include "daemon/teacher.h"

#include <algorithm>

#include "wire/learning_packet.h"

namespace ebond::daemon {

os::Result<> teach(Network& network, os::IfIndex bond, const core::action::Teach& wanted) {
  auto links = network.netlink.links();
  if (!links) return std::unexpected(links.error());
  const auto itself = std::ranges::find(*links, bond, &os::LinkInfo::ifindex);
  if (itself == links->end()) return {};
  const auto sits_on = [](const os::LinkInfo& upper, os::IfIndex lower) {
    return upper.lower == lower && !upper.lower_netnsid;
  };
  for (const auto& [slave, mac, macvlans] : wanted.lessons) {
    (void)network.sender.send(slave, wire::learning_packet(mac));
    for (const auto& link : *links) {
      if (!sits_on(link, bond)) continue;
      if (link.vlan) {
        const auto& spoken = link.mac == itself->mac ? mac : link.mac;
        (void)network.sender.send(slave, wire::learning_packet(spoken, {*link.vlan}));
      } else if (macvlans && link.kind == "macvlan") {
        (void)network.sender.send(slave, wire::learning_packet(link.mac));
      }
    }
  }
  return {};
}

}  // namespace ebond::daemon
