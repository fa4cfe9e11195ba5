#include "daemon/bond/absentees.h"

#include <utility>

namespace ebond::daemon {

void Absentees::left(AbsentSlave slave) {
  returned_.erase(slave.name);
  auto name = slave.name;
  absent_.insert_or_assign(std::move(name), std::move(slave));
}

std::vector<AbsentSlave> Absentees::all() const {
  std::vector<AbsentSlave> slaves;
  for (const auto& [name, slave] : absent_) slaves.push_back(slave);
  return slaves;
}

std::optional<AbsentSlave> Absentees::expected(const os::LinkInfo& link) const {
  const auto found = absent_.find(link.name);
  if (found == absent_.end()) return std::nullopt;
  if (link.permanent_mac && *link.permanent_mac != found->second.permanent_mac) return std::nullopt;
  return found->second;
}

}  // namespace ebond::daemon
