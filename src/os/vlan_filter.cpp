#include "os/vlan_filter.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>
#include <utility>
#include <vector>

#include "os/file.h"

namespace ebond::os {
namespace {

ifinfomsg any_link() {
  ifinfomsg header{};
  header.ifi_family = AF_UNSPEC;
  return header;
}

/// One name for a card and a VLAN, of 15 characters at most: interface numbers are unique where the cards
/// are.
std::string device_name(core::IfIndex card, const core::VlanKey& vlan) {
  const char kind = vlan.protocol == wire::ethertype::kVlan ? 'q' : 's';
  return fmt::format("{}{:x}.{:x}", kind, std::to_underlying(card), vlan.id);
}

std::string describe(core::IfIndex card, const core::VlanKey& vlan) {
  return fmt::format("cannot have interface number {} let VLAN {}{} in", std::to_underlying(card),
                     vlan.protocol == wire::ethertype::kVlan ? "" : "802.1ad ", vlan.id);
}

Result<Namespace> fresh_namespace(const std::filesystem::path& keeper) {
  Result<Namespace> made = std::unexpected(Error{EPERM, "cannot make a network namespace"});
  std::thread([&] {
    if (::unshare(CLONE_NEWNET) != 0) {
      made = errno_error("cannot make a network namespace", errno);
      return;
    }
    made = Namespace::current();
    // Where nothing may be mounted, the descriptor keeps it for as long as this process runs.
    if (made) (void)::mount("/proc/thread-self/ns/net", keeper.c_str(), "none", MS_BIND, nullptr);
  }).join();
  return made;
}

void let_go(const std::filesystem::path& keeper) {
  (void)::umount2(keeper.c_str(), MNT_DETACH);
  (void)remove_file(keeper);
}

}  // namespace

Result<VlanFilter> VlanFilter::open(const Namespace& where, std::filesystem::path keeper) {
  auto socket = NetlinkSocket::open(where);
  if (!socket) return std::unexpected(socket.error());
  VlanFilter filter(std::move(*socket), std::move(keeper));
  auto left = Namespace::open_path(filter.keeper_);
  if (!left) {
    let_go(filter.keeper_);  // a file that keeps nothing any more
    return filter;
  }
  auto inside = Rtnetlink::open(*left);
  if (!inside) return std::unexpected(inside.error());
  filter.hidden_.emplace(Hidden{std::move(*left), std::move(*inside)});
  return filter;
}

Result<VlanFilter::Hidden*> VlanFilter::hidden() {
  if (hidden_) return &*hidden_;
  if (auto made = make_directories(keeper_.parent_path()); !made) return std::unexpected(made.error());
  if (auto made = write_file_atomically(keeper_, ""); !made) return std::unexpected(made.error());
  auto fresh = fresh_namespace(keeper_);
  if (!fresh) {
    let_go(keeper_);
    return std::unexpected(fresh.error());
  }
  auto inside = Rtnetlink::open(*fresh);
  if (!inside) {
    let_go(keeper_);
    return std::unexpected(inside.error());
  }
  hidden_.emplace(Hidden{std::move(*fresh), std::move(*inside)});
  return &*hidden_;
}

Result<std::optional<core::IfIndex>> VlanFilter::find(core::IfIndex card, const core::VlanKey& vlan) {
  auto device = hidden_->inside.link(device_name(card, vlan));
  if (device) return device->ifindex;
  if (device.error().errno_value == ENODEV) return std::nullopt;
  return std::unexpected(device.error());
}

Result<> VlanFilter::add(core::IfIndex card, const core::VlanKey& vlan) {
  auto place = hidden();
  if (!place) return std::unexpected(place.error());
  auto told = find(card, vlan);
  if (!told) return std::unexpected(told.error());
  if (*told) return {};
  NetlinkRequest request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, any_link());
  request.text(IFLA_IFNAME, device_name(card, vlan))
      .u32(IFLA_LINK, std::to_underlying(card))
      .u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>((*place)->where.fd()))
      .nest(IFLA_LINKINFO, [&](NetlinkRequest& info) {
        info.text(IFLA_INFO_KIND, "vlan").nest(IFLA_INFO_DATA, [&](NetlinkRequest& data) {
          // Loosely bound: it does not come up with its card, which would have it take the VLAN's frames.
          const ifla_vlan_flags flags{VLAN_FLAG_LOOSE_BINDING, VLAN_FLAG_LOOSE_BINDING};
          data.u16(IFLA_VLAN_ID, vlan.id)
              .u16(IFLA_VLAN_PROTOCOL, htons(vlan.protocol))
              .bytes(IFLA_VLAN_FLAGS, &flags, sizeof flags);
        });
      });
  return socket_.ask(request, describe(card, vlan));
}

Result<> VlanFilter::remove(core::IfIndex card, const core::VlanKey& vlan) {
  if (!hidden_) return {};
  auto told = find(card, vlan);
  if (!told) return std::unexpected(told.error());
  if (!*told) return {};
  auto gone = hidden_->inside.delete_link(**told);
  if (!gone && gone.error().errno_value == ENODEV) return {};
  return gone;
}

void VlanFilter::end() {
  if (hidden_) {
    // One by one: the kernel ends a namespace when it has time.
    for (const auto& device : hidden_->inside.links().value_or(std::vector<LinkInfo>{})) {
      if (device.kind == "vlan") (void)hidden_->inside.delete_link(device.ifindex);
    }
  }
  hidden_.reset();
  let_go(keeper_);
}

void VlanFilter::end_one(const std::filesystem::path& keeper) {
  let_go(keeper);
}

void VlanFilter::end_all(const std::filesystem::path& keepers) {
  std::error_code error;
  for (const auto& keeper : std::filesystem::directory_iterator(keepers, error)) let_go(keeper.path());
  std::filesystem::remove(keepers, error);
}

}  // namespace ebond::os
