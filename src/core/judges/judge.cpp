#include "core/judges/judge.h"

#include <algorithm>

namespace ebond::core {

const Slave* Scene::find(IfIndex slave) const {
  const auto found = std::ranges::find(slaves, slave, &Slave::ifindex);
  return found == slaves.end() ? nullptr : &*found;
}

bool Scene::is_idle(IfIndex slave) const {
  return std::ranges::find(idle, slave) != idle.end();
}

JudgeNews Judge::link_changed(const Scene&, const Slave&, const LinkChange&, TimePoint) {
  return {};
}
JudgeNews Judge::heard(const Scene&, const Slave&, const wire::EthernetFrame&, TimePoint) {
  return {};
}
JudgeNews Judge::advance(const Scene&, TimePoint) {
  return {};
}
Listening Judge::listening(const Scene&, const Slave&) const {
  return {};
}
std::vector<MonitorSession> Judge::sessions(const Scene&) const {
  return {};
}
bool Judge::counts_any_frame(const BondOptions&) const {
  return false;
}

}  // namespace ebond::core
