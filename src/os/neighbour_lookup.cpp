#include "os/neighbour_lookup.h"

#include <fmt/format.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <array>
#include <utility>

#include "os/netlink_attributes.h"
#include "os/netlink_socket.h"
#include "os/rtnetlink_requests.h"

namespace ebond::os {

Result<std::optional<wire::MacAddress>> known_mac(const Namespace& where, core::IfIndex on,
                                                  const wire::IpAddress& neighbour) {
  auto socket = NetlinkSocket::open(where);
  if (!socket) return std::unexpected(socket.error());
  ndmsg header{};
  header.ndm_family = family_of(neighbour);
  header.ndm_ifindex = static_cast<int>(std::to_underlying(on));
  NetlinkRequest request(RTM_GETNEIGH, 0, header);
  put_ip(request, NDA_DST, neighbour);
  std::optional<wire::MacAddress> mac;
  const auto seen =
      socket->ask(request, fmt::format("cannot look for neighbour {}", wire::to_string(neighbour)),
                  [&](const nlmsghdr& message) {
                    if (message.nlmsg_type != RTM_NEWNEIGH) return;
                    for_each_attribute(message, sizeof header, [&](const nlattr& attribute) {
                      if (nla_type(&attribute) != NDA_LLADDR) return;
                      const auto octets = value_in<std::array<std::uint8_t, 6>>(attribute);
                      if (octets) mac = wire::MacAddress(*octets);
                    });
                  });
  if (!seen && seen.error().errno_value != ENOENT) return std::unexpected(seen.error());
  return mac;
}

}  // namespace ebond::os
