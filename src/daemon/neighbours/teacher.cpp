#include "daemon/neighbours/teacher.h"

#include "daemon/neighbours/device_stack.h"
#include "wire/learning_packet.h"

namespace ebond::daemon {

os::Result<> teach(Hands& hands, os::IfIndex bond, Hands& slaves, const core::action::Teach& wanted) {
  auto stack = stack_on(hands, bond);
  if (!stack) return std::unexpected(stack.error());
  if (stack->empty()) return {};
  const auto& itself = stack->front().link;
  for (const auto& [slave, mac, macvlans] : wanted.lessons) {
    (void)slaves.send(slave, wire::learning_packet(mac));
    for (const auto& [link, tags, answers_through_bond, distance] : *stack) {
      if (distance != 1) continue;
      if (link.vlan) {
        const auto& spoken = link.mac == itself.mac ? mac : link.mac;
        (void)slaves.send(slave, wire::learning_packet(spoken, {*link.vlan}));
      } else if (macvlans && link.kind == "macvlan") {
        (void)slaves.send(slave, wire::learning_packet(link.mac));
      }
    }
  }
  return {};
}

}  // namespace ebond::daemon
