// A rule of routing policy as the kernel would tell of it, for tests.
#pragma once

#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <cstring>
#include <string>

#include "os/rtnetlink_types.h"

namespace ebond::daemon {

/// Traffic that came in by this interface, at priority 100.
inline os::Rule rule_by(const std::string& interface) {
  fib_rule_hdr header{};
  header.family = AF_INET;
  header.table = 10;
  header.action = FR_ACT_TO_TBL;
  os::Rule rule;
  const auto put = [&](const void* data, std::size_t size) {
    const auto at = rule.packed.size();
    rule.packed.resize(at + NLMSG_ALIGN(size));
    std::memcpy(rule.packed.data() + at, data, size);
  };
  const auto put_attribute = [&](std::uint16_t type, const void* data, std::size_t size) {
    const nlattr attribute{static_cast<std::uint16_t>(NLA_HDRLEN + size), type};
    put(&attribute, sizeof attribute);
    put(data, size);
  };
  put(&header, sizeof header);
  put_attribute(FRA_IIFNAME, interface.c_str(), interface.size() + 1);
  const std::uint32_t priority = 100;
  put_attribute(FRA_PRIORITY, &priority, sizeof priority);
  return rule;
}

}  // namespace ebond::daemon
