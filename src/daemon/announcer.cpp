#include "daemon/announcer.h"

#include <linux/if_addr.h>

#include <variant>

#include "daemon/device_stack.h"
#include "os/sysctl.h"
#include "wire/arp.h"
#include "wire/nd.h"

namespace ebond::daemon {

namespace {

bool forwards(const Network& network, const std::string& interface) {
  auto value = os::read_interface_sysctl(network.where, os::IpFamily::ipv6, interface, "forwarding");
  return value && *value != "0";
}

/// Not yet proved unique: RFC 4862 5.4 forbids speaking for it.
bool may_be_announced(const os::Address& address) {
  return (address.flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) == 0;
}

}  // namespace

os::Result<int> announce(Network& network, os::IfIndex bond) {
  auto stack = stack_on(network, bond);
  if (!stack) return std::unexpected(stack.error());
  int sent = 0;
  for (const auto& link : *stack) {
    if (!link.is_up()) continue;
    auto addresses = network.netlink.addresses(link.ifindex);
    if (!addresses) return std::unexpected(addresses.error());
    for (const auto& address : *addresses) {
      if (!may_be_announced(address)) continue;
      const auto* v4 = std::get_if<wire::Ipv4Address>(&address.local);
      const auto frame = v4 != nullptr
                             ? wire::gratuitous_arp(link.mac, *v4)
                             : wire::unsolicited_na(link.mac, std::get<wire::Ipv6Address>(address.local),
                                                    forwards(network, link.name));
      if (network.sender.send(link.ifindex, frame)) ++sent;
    }
  }
  return sent;
}

}  // namespace ebond::daemon
