#include "daemon/network.h"

namespace ebond::daemon {

os::Result<Network> Network::open(os::Namespace where, const os::SocketKeeper* keeper) {
  // Events first: what happens while the rest is opened is then heard.
  auto events = os::LinkEvents::open(where);
  if (!events) return std::unexpected(events.error());
  auto netlink = os::Rtnetlink::open(where);
  if (!netlink) return std::unexpected(netlink.error());
  auto ethtool = os::Ethtool::open(where);
  if (!ethtool) return std::unexpected(ethtool.error());
  auto sender = os::FrameSender::open(where);
  if (!sender) return std::unexpected(sender.error());
  auto multicast = os::MulticastLists::open(where);
  if (!multicast) return std::unexpected(multicast.error());
  auto bridges = os::Bridges::open(where);
  if (!bridges) return std::unexpected(bridges.error());
  auto addresses = os::AddressFilter::open(where);
  if (!addresses) return std::unexpected(addresses.error());
  auto netlink_aside = os::Rtnetlink::open(where);
  if (!netlink_aside) return std::unexpected(netlink_aside.error());
  auto addresses_aside = os::AddressFilter::open(where);
  if (!addresses_aside) return std::unexpected(addresses_aside.error());
  auto sender_held = keeper != nullptr ? keeper->keep(sender->fd()) : os::SocketKeeper::Hold();
  const bool is_initial = where.is_initial();
  return Network{std::move(where),       is_initial,
                 std::move(*netlink),    std::move(*events),
                 std::move(*ethtool),    keeper,
                 std::move(sender_held), std::move(*sender),
                 std::move(*multicast),  std::move(*bridges),
                 std::move(*addresses),  {std::move(*netlink_aside), std::move(*addresses_aside)}};
}

os::Result<std::string> Network::label_now(os::NamespaceNames& names) const {
  if (is_initial) return std::string{};
  const auto name = names.of(where.id());
  if (!name) return std::unexpected(name.error());
  return name->value_or(where.id().to_string());
}

}  // namespace ebond::daemon
