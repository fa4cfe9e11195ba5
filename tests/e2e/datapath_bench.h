// A bond's programs in the kernel and nothing else: no daemon, and of the core only what a test brings along.
#pragma once

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "os/bond_device.h"
#include "os/datapath.h"
#include "os/packet_socket.h"
#include "os/rtnetlink.h"
#include "os/sysctl.h"
#include "tests/e2e/os_namespace.h"

namespace ebond::os {

using core::SlotId;
using testing::fresh_namespace;
using testing::must;

//   bond0 ── lower half ── ebond_tx ──┬── s0 ── far0
//                                     ├── s1 ── far1    …
class DatapathBench : public ::testing::Test {
 protected:
  static constexpr int kSlaves = 4;
  const std::filesystem::path pins =
      std::filesystem::path("/sys/fs/bpf/ebond") / ("test-" + std::to_string(::getpid()));
  Namespace home = fresh_namespace();
  NamespaceScope inside = must(NamespaceScope::enter(home));
  Rtnetlink net = must(Rtnetlink::open(home));
  FrameSender sender = must(FrameSender::open(home));
  BondDevice device = must(BondDevice::create(home, net, "bond0"));
  LinkBits links = open_links();
  Datapath path =
      must(Datapath::create(pins / "bond", {.mode = core::Mode::active_backup}, device.lower(), links));

  LinkBits open_links() {
    must(make_pin_dir(pins));
    return must(LinkBits::open_or_create(pins));
  }
  void SetUp() override {
    must(write_interface_sysctl(home, IpFamily::ipv6, "bond0", "disable_ipv6", "1"));
    must(net.set_up(device.upper(), true));
    must(net.set_up(device.lower(), true));
    for (int i = 0; i < kSlaves; ++i) {
      must(net.create_veth({.name = name(i), .peer_name = "far" + std::to_string(i)}));
      for (const auto& end : {name(i), "far" + std::to_string(i)}) {
        // Nothing speaks but the test.
        must(write_interface_sysctl(home, IpFamily::ipv6, end, "disable_ipv6", "1"));
        must(net.set_up(must(net.link(end)).ifindex, true));
      }
      must(add_clsact(index(i)));
      must(path.attach_slave(index(i), SlotId(i)));
    }
  }
  void TearDown() override {
    path.remove();
    std::filesystem::remove_all(pins);
  }

  static std::string name(int slave) { return "s" + std::to_string(slave); }
  static std::string far_name(int slave) { return "far" + std::to_string(slave); }
  core::IfIndex index(int slave) { return must(net.link(name(slave))).ifindex; }
};

}  // namespace ebond::os
