// A host with an ebondd of its own and a bond in mode 802.3ad, for tests with a partner at the other end of
// its cables.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>

#include "lab/must.h"
#include "tests/e2e/bond_lab.h"
#include "wire/ip_address.h"

namespace ebond::lab {

using Json = nlohmann::json;

struct Station {
  Host& host;
  Ebond ebond{EBOND_BUILD_DIR};

  explicit Station(Host& at) : host(at) {}
  std::string run(const Arguments& arguments) const { return ebond.must_run(host, arguments); }
  Json bond() const { return Json::parse(run({"-j", "show", "bond0"})).at(0); }
  std::string proc() const { return run({"show", "--proc", "bond0"}); }
  Json slave(const std::string& name) const {
    const auto whole = bond();
    for (const auto& slave : whole.at("slaves")) {
      if (slave.at("ifname") == name) return slave;
    }
    return {};
  }
  /// Both ends say that this slave collects and distributes.
  bool has_joined(const std::string& name) const {
    const auto told = slave(name);
    constexpr unsigned kBoth = 0x30;
    return told.value("state", "") == "ACTIVE" &&
           (told.at("actor").at("state").get<unsigned>() & kBoth) == kBoth &&
           (told.at("partner").at("state").get<unsigned>() & kBoth) == kBoth;
  }
  void make_bond(const std::string& address, const Arguments& options, const Arguments& slaves) {
    Arguments add{"add", "bond0", "mode", "802.3ad", "xmit_hash_policy", "layer3+4"};
    add.insert(add.end(), options.begin(), options.end());
    run(add);
    host.add_address("bond0", address);
    host.set_up("bond0");
    take(slaves);
  }
  void take(const Arguments& slaves) {
    Arguments enslave{"enslave", "bond0"};
    enslave.insert(enslave.end(), slaves.begin(), slaves.end());
    run(enslave);
  }
};

/// A few datagrams of each of 64 flows.
inline void send_flows(const Host& from, const std::string& to) {
  const auto inside = must(os::NamespaceScope::enter(from.netns()));
  const auto target = wire::parse_ipv4(to).value();
  for (std::uint16_t flow = 0; flow < 64; ++flow) {
    const os::UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(20000 + flow));
    std::ranges::copy(target, reinterpret_cast<std::uint8_t*>(&address.sin_addr));
    for (int datagram = 0; datagram < 3; ++datagram) {
      (void)::sendto(fd.get(), "flow", 4, 0, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
  }
}

}  // namespace ebond::lab
