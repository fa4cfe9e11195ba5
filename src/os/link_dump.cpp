#include "os/link_dump.h"

#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <optional>
#include <utility>

namespace ebond::os {
namespace {

constexpr int kGenericHeader = sizeof(genlmsghdr);

/// Calls `visit` with each attribute of `nest`.
template <class Visit>
void each_in(const nlattr* nest, const Visit& visit) {
  int left = nla_len(nest);
  for (auto* each = static_cast<nlattr*>(nla_data(nest)); nla_ok(each, left); each = nla_next(each, &left)) {
    visit(each);
  }
}

std::optional<LinkDump::Link> parse_link_state(const nlmsghdr& message) {
  std::optional<std::uint32_t> ifindex;
  std::optional<bool> up;
  int left = nlmsg_attrlen(&message, kGenericHeader);
  for (auto* each = nlmsg_attrdata(&message, kGenericHeader); nla_ok(each, left);
       each = nla_next(each, &left)) {
    if (nla_type(each) == ETHTOOL_A_LINKSTATE_LINK) up = nla_get_u8(each) != 0;
    if (nla_type(each) != ETHTOOL_A_LINKSTATE_HEADER) continue;
    each_in(each, [&](const nlattr* part) {
      if (nla_type(part) == ETHTOOL_A_HEADER_DEV_INDEX) ifindex = nla_get_u32(part);
    });
  }
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
    int left = nlmsg_attrlen(&message, kGenericHeader);
    for (auto* each = nlmsg_attrdata(&message, kGenericHeader); nla_ok(each, left);
         each = nla_next(each, &left)) {
      if (nla_type(each) == CTRL_ATTR_FAMILY_ID) family = nla_get_u16(each);
    }
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
