// Parts of the requests that Rtnetlink sends. Private to os/.
#pragma once

#include <linux/netlink.h>
#include <sys/socket.h>

#include <cstdint>
#include <variant>

#include "os/netlink_socket.h"
#include "os/rtnetlink_types.h"

namespace ebond::os {

/// Make it; one that is there already is EEXIST.
inline constexpr std::uint16_t kCreate = NLM_F_CREATE | NLM_F_EXCL;

inline NetlinkRequest& put_mac(NetlinkRequest& request, int attribute, const MacAddress& mac) {
  return request.bytes(attribute, mac.octets().data(), mac.octets().size());
}

inline NetlinkRequest& put_ip(NetlinkRequest& request, int attribute, const IpAddress& address) {
  std::visit([&](const auto& ip) { request.bytes(attribute, ip.data(), ip.size()); }, address);
  return request;
}

inline std::uint8_t family_of(const IpAddress& address) {
  return std::holds_alternative<wire::Ipv6Address>(address) ? AF_INET6 : AF_INET;
}

}  // namespace ebond::os
