#include "os/multicast.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sstream>
#include <string>
#include <utility>

namespace ebond::os {
namespace {

/// "0180c2000000" as the proc file prints it.
std::optional<core::MacAddress> parse_bare_hex(const std::string& text) {
  if (text.size() != 12) return std::nullopt;
  std::string colons;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    if (i != 0) colons += ':';
    colons += text.substr(i, 2);
  }
  return core::MacAddress::parse(colons);
}

}  // namespace

Result<MulticastLists> MulticastLists::open(const Namespace& where) {
  auto inside = NamespaceScope::enter(where);
  if (!inside) return std::unexpected(inside.error());
  UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return errno_error("cannot open a socket for multicast lists", errno);
  UniqueFd all(::open("/proc/thread-self/net/dev_mcast", O_RDONLY | O_CLOEXEC));
  if (!all) return errno_error("cannot open /proc/net/dev_mcast", errno);
  return MulticastLists(std::move(fd), std::move(all));
}

Result<std::string> MulticastLists::read_all() const {
  std::string text;
  std::array<char, 8192> chunk{};
  for (;;) {
    const ssize_t n = ::pread(all_.get(), chunk.data(), chunk.size(), static_cast<off_t>(text.size()));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error("cannot read /proc/net/dev_mcast", errno);
    if (n == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(n));
  }
}

bool MulticastLists::changed() {
  auto now = read_all();
  if (!now || *now == seen_) return false;
  seen_ = std::move(*now);
  return true;
}

Result<std::vector<core::MacAddress>> MulticastLists::list(core::IfIndex device) const {
  auto text = read_all();
  if (!text) return std::unexpected(text.error());
  std::vector<core::MacAddress> groups;
  std::istringstream lines(*text);
  std::uint32_t ifindex = 0;
  std::string name, users, global_users, address;
  while (lines >> ifindex >> name >> users >> global_users >> address) {
    if (core::IfIndex{ifindex} != device) continue;
    if (auto mac = parse_bare_hex(address)) groups.push_back(*mac);
  }
  std::ranges::sort(groups);
  return groups;
}

Result<> MulticastLists::change(unsigned long request, std::string_view device,
                                const core::MacAddress& group) const {
  const auto what = fmt::format("cannot {} multicast address {} on {}",
                                request == SIOCADDMULTI ? "add" : "remove", group.to_string(), device);
  ifreq arguments{};
  if (device.empty() || device.size() >= sizeof arguments.ifr_name)
    return std::unexpected(Error{ENODEV, what});
  std::ranges::copy(device, arguments.ifr_name);
  arguments.ifr_hwaddr.sa_family = AF_UNSPEC;
  std::ranges::copy(group.octets(), arguments.ifr_hwaddr.sa_data);
  if (::ioctl(fd_.get(), request, &arguments) != 0) return errno_error(what, errno);
  return {};
}

Result<> MulticastLists::add(std::string_view device, const core::MacAddress& group) const {
  return change(SIOCADDMULTI, device, group);
}

Result<> MulticastLists::remove(std::string_view device, const core::MacAddress& group) const {
  return change(SIOCDELMULTI, device, group);
}

}  // namespace ebond::os
