#include "daemon/neighbours/announcer.h"

#include <variant>

#include "daemon/neighbours/device_stack.h"
#include "wire/arp.h"
#include "wire/nd.h"

namespace ebond::daemon {

namespace {

bool forwards(Hands& hands, const std::string& interface) {
  auto value = hands.ipv6_setting(interface, "forwarding");
  return value && *value != "0";
}

}  // namespace

os::Result<int> announce(Hands& hands, os::IfIndex bond) {
  auto stack = stack_on(hands, bond);
  if (!stack) return std::unexpected(stack.error());
  int sent = 0;
  for (const auto& [link, tags, answers_through_bond, distance] : *stack) {
    if (!answers_through_bond || !link.is_up()) continue;
    auto addresses = hands.addresses(link.ifindex);
    if (!addresses) return std::unexpected(addresses.error());
    for (const auto& address : *addresses) {
      if (is_tentative(address)) continue;
      const auto* v4 = std::get_if<wire::Ipv4Address>(&address.local);
      const auto frame = v4 != nullptr
                             ? wire::gratuitous_arp(link.mac, *v4)
                             : wire::unsolicited_na(link.mac, std::get<wire::Ipv6Address>(address.local),
                                                    forwards(hands, link.name));
      if (hands.send(link.ifindex, frame)) ++sent;
    }
  }
  return sent;
}

void announce_elsewhere(Hands& hands, os::IfIndex bond) {
  hands.visit_elsewhere([bond](Hands& there, const Hands::LinksElsewhere& links) {
    for (const auto& link : links) {
      if (link.lower == bond) (void)announce(there, link.ifindex);
    }
  });
}

}  // namespace ebond::daemon
