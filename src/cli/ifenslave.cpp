#include "cli/ifenslave.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>

#include "cli/session.h"
#include "wire/mac_address.h"

namespace ebond::cli {
namespace {

using Action = IfenslaveArguments::Action;

constexpr std::string_view kIfenslave = "ifenslave";

/// One question about an interface (SIOCGIF…), in the caller's namespace.
std::optional<ifreq> ask(const std::string& name, unsigned long question) {
  const os::UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  if (name.size() >= IFNAMSIZ) return std::nullopt;
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(socket.get(), question, &request) < 0) return std::nullopt;
  return request;
}

std::string ipv4_of(const std::string& name) {
  const auto answer = ask(name, SIOCGIFADDR);
  if (!answer) return "none";
  in_addr address{};
  std::memcpy(&address, answer->ifr_addr.sa_data + 2, sizeof address);
  char text[INET_ADDRSTRLEN] = {};
  ::inet_ntop(AF_INET, &address, text, sizeof text);
  return text;
}

std::string mac_of(const std::string& name) {
  const auto answer = ask(name, SIOCGIFHWADDR);
  if (!answer) return "unknown";
  std::array<std::uint8_t, 6> octets{};
  std::memcpy(octets.data(), answer->ifr_hwaddr.sa_data, octets.size());
  return wire::MacAddress(octets).to_string();
}

bool show_interface(const std::string& name) {
  const auto flags = ask(name, SIOCGIFFLAGS);
  if (!flags) {
    complain(kIfenslave, name + ": unknown interface");
    return false;
  }
  const auto mtu = ask(name, SIOCGIFMTU);
  print(fmt::format("{}: flags {:x}, address {}, hardware address {}, MTU {}\n", name,
                    static_cast<unsigned short>(flags->ifr_flags), ipv4_of(name), mac_of(name),
                    mtu ? mtu->ifr_mtu : 0));
  return true;
}

int show_all() {
  const std::unique_ptr<struct if_nameindex, decltype(&::if_freenameindex)> all(::if_nameindex(),
                                                                                ::if_freenameindex);
  bool well = all != nullptr;
  for (auto* interface = all.get(); well && interface->if_index != 0; ++interface) {
    (void)show_interface(interface->if_name);  // one that vanished meanwhile is told and passed over
  }
  return well ? kDone : kRefused;
}

int show(const std::string& master, control::Client& client) {
  if (!show_interface(master)) return kRefused;
  const auto text = client.show_text(master, "text", false);
  if (text) print(*text);
  return conclude(kIfenslave, text);
}

/// The slave's lines; true if it went well.
bool change(const IfenslaveArguments& arguments, const std::string& slave, control::Client& client) {
  const auto& master = arguments.master;
  control::Result<> done;
  const char* what = "Enslave";
  if (arguments.action == Action::detach) {
    what = "Release";
    done = client.release(master, {slave});
  } else if (arguments.action == Action::change_active) {
    what = "Change active";
    done = client.set(master, {{"active_slave", slave}});
  } else if (const auto warnings = client.enslave(master, {slave}); warnings) {
    for (const auto& warning : *warnings) complain(kIfenslave, "warning: " + warning);
  } else {
    done = std::unexpected(warnings.error());
  }
  if (!done) {
    complain(kIfenslave, fmt::format("Master '{}', Slave '{}': Error: {} failed: {}", master, slave, what,
                                     done.error().message));
  } else if (arguments.verbose) {
    complain(kIfenslave, fmt::format("Master '{}', Slave '{}': {} done", master, slave, what));
  }
  return done.has_value();
}

}  // namespace

int run_ifenslave(const IfenslaveArguments& arguments, control::Client& client) {
  if (arguments.action == Action::show_all) return show_all();
  if (arguments.action == Action::show) return show(arguments.master, client);
  bool all_well = true;
  for (const auto& slave : arguments.slaves) all_well = change(arguments, slave, client) && all_well;
  return all_well ? kDone : kRefused;
}

}  // namespace ebond::cli
