// A flow in words: as a person writes it, as a line of tcpdump, as a line of ss.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "cli/traffic/flow.h"

namespace ebond::cli::traffic {

/// Of one of
///   tcp 192.0.2.1:40000 > 192.0.2.2:443 [vlan 10] [src-mac MAC] [dst-mac MAC]
///   icmp 2001:db8::1 > 2001:db8::2 id 3
///   gre 192.0.2.1 > 192.0.2.2 / udp 198.51.100.1:53 > 198.51.100.2:53
///   12:00:00.123456 IP 192.0.2.1.40000 > 192.0.2.2.443: Flags [S], …        (tcpdump -n, with and without
///   -e) tcp   ESTAB 0 0 192.0.2.1:40000 192.0.2.2:443                           (ss -n)
/// Or what is wrong, and what would be right.
std::expected<Flow, std::string> flow_of_text(std::string_view text);

}  // namespace ebond::cli::traffic
