// Interface settings under /proc/sys/net/ipv4/conf and ipv6/conf of a namespace.
// Interface names with dots are fine: these are paths, not sysctl(8) keys.
#pragma once

#include <string>
#include <string_view>

#include "os/error.h"
#include "os/netns.h"

namespace ebond::os {

enum class IpFamily : std::uint8_t { ipv4, ipv6 };

/// "disable_ipv6" of "eth0.5": the value without its newline. ENOENT if the family is not in the kernel or
/// not on the interface (IPv6 with an MTU below 1280).
Result<std::string> read_interface_sysctl(const Namespace& where, IpFamily family, std::string_view interface,
                                          std::string_view key);
Result<> write_interface_sysctl(const Namespace& where, IpFamily family, std::string_view interface,
                                std::string_view key, std::string_view value);

}  // namespace ebond::os
