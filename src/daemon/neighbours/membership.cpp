#include "daemon/neighbours/membership.h"

#include <linux/if_addr.h>

#include <algorithm>
#include <variant>

#include "daemon/neighbours/device_stack.h"
#include "wire/igmp.h"
#include "wire/mld.h"

namespace ebond::daemon {

namespace {

/// The address reports come from: 0.0.0.0 where the interface has none.
wire::Ipv4Address first_ipv4(const std::vector<os::Address>& addresses) {
  for (const auto& address : addresses) {
    const auto* v4 = std::get_if<wire::Ipv4Address>(&address.local);
    if (v4 != nullptr && (address.flags & IFA_F_SECONDARY) == 0) return *v4;
  }
  return {};
}

/// The link-local address, once it is proved unique; else ::.
wire::Ipv6Address link_local(const std::vector<os::Address>& addresses) {
  for (const auto& address : addresses) {
    const auto* v6 = std::get_if<wire::Ipv6Address>(&address.local);
    if (v6 != nullptr && !is_tentative(address) && (*v6)[0] == 0xfe && ((*v6)[1] & 0xc0) == 0x80) return *v6;
  }
  return {};
}

os::Result<int> resend_on(Hands& hands, const os::LinkInfo& link) {
  auto groups = hands.joined_groups(link.ifindex);
  if (!groups) return std::unexpected(groups.error());
  auto addresses = hands.addresses(link.ifindex);
  if (!addresses) return std::unexpected(addresses.error());
  int sent = 0;
  const auto send = [&](const wire::Bytes& frame) {
    if (hands.send(link.ifindex, frame)) ++sent;
  };
  for (const auto& group : groups->ipv4) {
    send(wire::igmp_report(link.mac, first_ipv4(*addresses), group.address, groups->igmp_version,
                           group.only_from));
  }
  for (const auto& group : groups->ipv6) {
    send(wire::mld_report(link.mac, link_local(*addresses), group.address, group.only_from));
  }
  return sent;
}

}  // namespace

os::Result<int> resend_memberships(Hands& hands, os::IfIndex bond) {
  auto stack = stack_on(hands, bond);
  if (!stack) return std::unexpected(stack.error());
  int sent = 0;
  for (const auto& [link, tags, answers_through_bond, distance] : *stack) {
    if (!answers_through_bond || !link.is_up()) continue;
    auto on_this = resend_on(hands, link);
    // A VLAN that went meanwhile needs no report.
    if (!on_this && on_this.error().errno_value != ENODEV) return on_this;
    sent += on_this.value_or(0);
  }
  return sent;
}

void resend_memberships_elsewhere(Hands& hands, os::IfIndex bond) {
  hands.visit_elsewhere([bond](Hands& there, const Hands::LinksElsewhere& links) {
    for (const auto& link : links) {
      if (link.lower == bond) (void)resend_memberships(there, link.ifindex);
    }
  });
}

}  // namespace ebond::daemon
