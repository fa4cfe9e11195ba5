#include "os/link_dump.h"

#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>

#include <optional>
#include <utility>

#include "os/netlink_attributes.h"

namespace ebond::os {
namespace {

constexpr std::size_t kGenericHeader = sizeof(genlmsghdr);

std::optional<LinkDump::Link> parse_link_state(const nlmsghdr& message) {
  std::optional<std::uint32_t> ifindex;
  std::optional<bool> up;
  for_each_attribute(message, kGenericHeader, [&](const nlattr& each) {
    if (nla_type(&each) == ETHTOOL_A_LINKSTATE_LINK) up = nla_get_u8(&each) != 0;
    if (nla_type(&each) != ETHTOOL_A_LINKSTATE_HEADER) return;
    for_each_nested(each, [&](const nlattr& part) {
      if (nla_type(&part) == ETHTOOL_A_HEADER_DEV_INDEX) ifindex = nla_get_u32(&part);
    });
  });
  if (!ifindex || !up) return std::nullopt;
  return LinkDump::Link{core::IfIndex(*ifindex), *up};
}

}  // namespace

Result<LinkDump> LinkDump::open(const Namespace& where) {
  auto socket = NetlinkSocket::open(where, 0, NETLINK_GENERIC);
  if (!socket) return std::unexpected(socket.error());
  NetlinkRequest request(GENL_ID_CTRL, 0, genlmsghdr{.cmd = CTRL_CMD_GETFAMILY, .version = 1, .reserved = 0});
  request.text(CTRL_ATTR_FAMILY_NAME, ETHTOOL_GENL_NAME);
  std::optional<std::uint16_t> family;
  auto told = socket->ask(request, "look for ethtool's netlink", [&](const nlmsghdr& message) {
    for_each_attribute(message, kGenericHeader, [&](const nlattr& each) {
      if (nla_type(&each) == CTRL_ATTR_FAMILY_ID) family = nla_get_u16(&each);
    });
  });
  if (!told) return std::unexpected(told.error());
  if (!family) return errno_error("there is no netlink of ethtool's", ENOENT);
  return LinkDump(std::move(*socket), *family);
}

Result<std::vector<LinkDump::Link>> LinkDump::read() {
  NetlinkRequest request(
      family_, NLM_F_DUMP,
      genlmsghdr{.cmd = ETHTOOL_MSG_LINKSTATE_GET, .version = ETHTOOL_GENL_VERSION, .reserved = 0});
  std::vector<Link> links;
  auto told = socket_.ask(
      request, "read the state of all links",
      [&](const nlmsghdr& message) {
        if (const auto link = parse_link_state(message)) links.push_back(*link);
      },
      [&] { links.clear(); });
  if (!told) return std::unexpected(told.error());
  return links;
}

}  // namespace ebond::os
