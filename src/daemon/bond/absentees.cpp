#include "daemon/bond/absentees.h"

#include <algorithm>
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
  const auto found =
      std::ranges::find_if(absent_, [&](const auto& each) { return link.is_called(each.first); });
  if (found == absent_.end()) return std::nullopt;
  const auto& slave = found->second;
  const bool is_known = link.permanent_mac && !slave.permanent_mac.is_zero();
  if (is_known && *link.permanent_mac != slave.permanent_mac) return std::nullopt;
  return slave;
}

void Absentees::forget(const os::LinkInfo& link) {
  std::erase_if(absent_, [&](const auto& each) { return link.is_called(each.first); });
}

}  // namespace ebond::daemon
