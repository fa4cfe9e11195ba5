#include "cli/dhcp_client.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "os/netns.h"

namespace ebond::cli {
namespace {

namespace fs = std::filesystem;
using Inode = std::uint64_t;
using Inodes = std::set<Inode>;

constexpr std::uint32_t kNeverEnds = 0xffffffff;
constexpr std::string_view kNetworkd = "systemd-network";  // as far as the kernel keeps a name

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream text(line);
  return {std::istream_iterator<std::string>(text), {}};
}

std::optional<Inode> inode_of(const std::string& word) {
  Inode inode = 0;
  const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), inode);
  if (fault != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return inode;
}

/// An IPv4 address as /proc/net/udp writes it: a number in the machine's byte order.
std::string as_in_proc(const wire::Ipv4Address& address) {
  std::uint32_t value = 0;
  static_assert(sizeof value == sizeof address);
  std::copy(address.begin(), address.end(), reinterpret_cast<std::uint8_t*>(&value));
  return fmt::format("{:08X}", value);
}

/// Sockets of a table of /proc/net that `fits`, by their inodes in this column.
template <class Fits>
Inodes sockets_in(const fs::path& table, std::size_t column, Fits fits) {
  Inodes found;
  std::ifstream in(table);
  for (std::string line; std::getline(in, line);) {
    const auto words = words_of(line);
    if (words.size() <= column || !fits(words)) continue;
    if (const auto inode = inode_of(words[column])) found.insert(*inode);
  }
  return found;
}

/// Which sockets could be a DHCP client's.
struct Sockets {
  Inodes at_address;    ///< UDP, on port 68 of an address of the interface
  Inodes at_any;        ///< UDP, on port 68 of any address or on 546
  Inodes on_interface;  ///< packet sockets that are the interface's
};

Sockets sockets_of(const os::LinkInfo& link, const std::vector<os::Address>& addresses,
                   const fs::path& root) {
  constexpr std::size_t kLocal = 1, kUdpInode = 9, kInterface = 4, kPacketInode = 8;
  const auto net = root / "proc/self/net";
  std::set<std::string> own;
  for (const auto& address : addresses) {
    if (const auto* ipv4 = std::get_if<wire::Ipv4Address>(&address.local)) own.insert(as_in_proc(*ipv4));
  }
  Sockets sockets;
  sockets.at_address = sockets_in(net / "udp", kUdpInode, [&](const auto& words) {
    return words[kLocal].ends_with(":0044") && own.contains(words[kLocal].substr(0, 8));
  });
  sockets.at_any =
      sockets_in(net / "udp", kUdpInode, [](const auto& words) { return words[kLocal] == "00000000:0044"; });
  sockets.at_any.merge(sockets_in(net / "udp6", kUdpInode,
                                  [](const auto& words) { return words[kLocal].ends_with(":0222"); }));
  const auto number = std::to_string(std::to_underlying(link.ifindex));
  sockets.on_interface = sockets_in(net / "packet", kPacketInode,
                                    [&](const auto& words) { return words[kInterface] == number; });
  return sockets;
}

Inodes sockets_held_by(const fs::path& process) {
  Inodes held;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(process / "fd", error)) {
    constexpr std::string_view kBegin = "socket:[";
    const auto target = fs::read_symlink(entry.path(), error).native();
    if (!target.starts_with(kBegin)) continue;
    if (const auto inode = inode_of(target.substr(kBegin.size(), target.size() - kBegin.size() - 1))) {
      held.insert(*inode);
    }
  }
  return held;
}

bool have_common(const Inodes& a, const Inodes& b) {
  return std::ranges::any_of(a, [&](Inode inode) { return b.contains(inode); });
}

std::string first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

/// Was it called with this word?
bool was_called_with(const fs::path& process, const std::string& word) {
  std::ifstream in(process / "cmdline");
  for (std::string each; std::getline(in, each, '\0');) {
    if (each == word) return true;
  }
  return false;
}

bool is_client(const fs::path& process, const std::string& name, const std::string& interface,
               const Sockets& sockets) {
  const auto held = sockets_held_by(process);
  if (have_common(held, sockets.at_address)) return true;
  const bool is_meant = was_called_with(process, interface);
  if (have_common(held, sockets.at_any)) return is_meant || have_common(held, sockets.on_interface);
  // Between two renewals they hold no socket.
  return is_meant && (name == "dhclient" || name == "dhcpcd" || name == "udhcpc");
}

std::string leases_of_networkd(const os::LinkInfo& link) {
  return fmt::format("run/systemd/netif/leases/{}", std::to_underlying(link.ifindex));
}

std::string both(const DhcpSigns& signs) {
  auto all = signs.clients;
  all.insert(all.end(), signs.leases.begin(), signs.leases.end());
  return fmt::format("{}", fmt::join(all, "; "));
}

}  // namespace

DhcpSigns find_dhcp_client(const os::LinkInfo& link, const std::vector<os::Address>& addresses,
                           const fs::path& root) {
  DhcpSigns signs;
  for (const auto& address : addresses) {
    if (address.is_kernel_made() || address.valid_lifetime == kNeverEnds) continue;
    signs.leases.push_back(
        fmt::format("{}, for {} s more", os::to_string(address.local), address.valid_lifetime));
  }
  std::error_code error;
  const bool has_file = fs::exists(root / leases_of_networkd(link), error);
  const auto sockets = sockets_of(link, addresses, root);
  const auto here = fs::read_symlink(root / "proc/self/ns/net", error);
  std::set<std::string> clients;
  for (const auto& entry : fs::directory_iterator(root / "proc", error)) {
    const auto pid = entry.path().filename().native();
    if (!inode_of(pid)) continue;
    if (fs::read_symlink(entry.path() / "ns/net", error) != here) continue;
    const auto name = first_line(entry.path() / "comm");
    // The file goes by the number alone, which in another namespace is another interface's.
    if (is_client(entry.path(), name, link.name, sockets) || (has_file && name == kNetworkd))
      clients.insert(fmt::format("{} (pid {})", name, pid));
  }
  signs.clients.insert(signs.clients.end(), clients.begin(), clients.end());
  return signs;
}

DhcpSigns find_dhcp_client(os::Rtnetlink& links, const std::string& interface) {
  const auto link = links.link(interface);
  if (!link) return {};
  const auto addresses = links.addresses(link->ifindex);
  return find_dhcp_client(*link, addresses.value_or(std::vector<os::Address>{}), "/");
}

DhcpSigns find_dhcp_client(const std::string& interface) {
  const auto here = os::Namespace::current();
  if (!here) return {};
  auto links = os::Rtnetlink::open(*here);
  return links ? find_dhcp_client(*links, interface) : DhcpSigns{};
}

std::string dhcp_refusal(const std::string& interface, const std::string& bond, const DhcpSigns& signs) {
  return fmt::format(
      "{0} has its address by DHCP ({2}). A client that stays on {0} gives it the address again when it "
      "renews "
      "the lease, and {1} loses the address when the lease is over. Give the bond an address of its own, or "
      "say --force, then stop that client and start one on {1}, which has the MAC address of {0}, before the "
      "lease is over",
      interface, bond, both(signs));
}

std::string dhcp_warning(const std::string& interface, const std::string& bond, const DhcpSigns& signs) {
  return fmt::format(
      "{0} had its address by DHCP ({2}): stop that client, and start one on {1} before the lease is over",
      interface, bond, both(signs));
}

}  // namespace ebond::cli
