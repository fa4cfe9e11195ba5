// What bridges know, read from the kernel.
#include <gmock/gmock.h>

#include <cstdlib>

#include "lab/eventually.h"
#include "os/address_filter.h"
#include "os/bridges.h"
#include "os/rtnetlink.h"
#include "tests/e2e/os_namespace.h"

namespace ebond::os {
namespace {

using core::MacAddress;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::fresh_namespace;
using ::testing::IsEmpty;
using testing::must;
using ::testing::Not;
using ::testing::Pair;

const MacAddress kGuest = *MacAddress::parse("00:00:5e:00:53:71");
const MacAddress kStatic = *MacAddress::parse("00:00:5e:00:53:72");

class BridgesTest : public ::testing::Test {
 protected:
  Namespace home = fresh_namespace();
  Rtnetlink net = must(Rtnetlink::open(home));
  Bridges bridges = must(Bridges::open(home));
  IfIndex br0{}, tap0{};

  void SetUp() override {
    must(net.create_veth({.name = "tap0", .peer_name = "guest0"}));
    must(net.create_bridge("br0"));
    br0 = must(net.link("br0")).ifindex;
    tap0 = must(net.link("tap0")).ifindex;
    must(net.set_master(tap0, br0));
    for (const auto* each : {"br0", "tap0", "guest0"}) must(net.set_up(must(net.link(each)).ifindex, true));
  }
  /// As if all had been sent to just now.
  std::vector<ForwardingEntry> entries_now() {
    auto entries = must(bridges.forwarding_entries());
    for (auto& each : entries) each.idle = {};
    return entries;
  }
  int run(const std::string& command) {
    const auto inside = must(NamespaceScope::enter(home));
    return std::system(command.c_str());
  }
};

TEST_F(BridgesTest, TellBehindWhichPortAMacIs) {
  // The port learns once it forwards.
  ASSERT_TRUE(lab::eventually([&] {
    return run("bridge fdb add " + kGuest.to_string() + " dev tap0 master dynamic 2>/dev/null") == 0;
  }));
  ASSERT_EQ(run("bridge fdb add " + kStatic.to_string() + " dev tap0 master static"), 0);
  const auto entries = entries_now();
  for (const auto& mac : {kGuest, kStatic}) {
    EXPECT_THAT(entries, Contains(ForwardingEntry{.device = tap0, .bridge = br0, .mac = mac}));
  }
  const auto own = must(net.link("tap0")).mac;
  EXPECT_THAT(entries,
              Contains(ForwardingEntry{.device = tap0, .bridge = br0, .mac = own, .is_local = true}));
}

TEST_F(BridgesTest, TellHowLongNothingWasSentToAMac) {
  ASSERT_TRUE(lab::eventually([&] {
    return run("bridge fdb add " + kGuest.to_string() + " dev tap0 master dynamic 2>/dev/null") == 0;
  }));
  const auto idle = [&] {
    for (const auto& each : must(bridges.forwarding_entries())) {
      if (each.mac == kGuest) return each.idle;
    }
    return core::Milliseconds(-1);
  };
  EXPECT_TRUE(lab::eventually([&] { return idle() >= core::Milliseconds(300); }));
  EXPECT_LT(idle(), core::Milliseconds(30'000));
}

TEST_F(BridgesTest, TellWhatADeviceTakesFramesForAndNoGroups) {
  must(must(AddressFilter::open(home)).add(tap0, kGuest));
  const auto entries = entries_now();
  EXPECT_THAT(entries, Contains(ForwardingEntry{.device = tap0, .mac = kGuest, .is_local = true}));
  for (const auto& entry : entries) EXPECT_FALSE(entry.mac.is_multicast());
}

TEST_F(BridgesTest, ThatDoNotFilterVlansSaySo) {
  EXPECT_FALSE(must(net.link("br0")).filters_vlans);
}

/// Kernels without CONFIG_BRIDGE_VLAN_FILTERING refuse it.
TEST_F(BridgesTest, TellWhichVlansAPortIsInAndWhichItSendsUntagged) {
  if (run("ip link set br0 type bridge vlan_filtering 1 2>/dev/null") != 0)
    GTEST_SKIP() << "no VLAN filtering";
  EXPECT_EQ(must(net.link("br0")).filters_vlans, wire::ethertype::kVlan);
  ASSERT_EQ(run("bridge vlan add dev tap0 vid 7"), 0);
  ASSERT_EQ(run("bridge vlan add dev tap0 vid 10-12"), 0);
  ASSERT_EQ(run("bridge fdb add " + kGuest.to_string() + " dev tap0 vlan 7 master static"), 0);
  EXPECT_THAT(must(bridges.port_vlans()).at(tap0),
              ElementsAre(Pair(1, true), Pair(7, false), Pair(10, false), Pair(11, false), Pair(12, false)));
  EXPECT_THAT(entries_now(),
              Contains(ForwardingEntry{.device = tap0, .bridge = br0, .mac = kGuest, .vlan = 7}));
}

}  // namespace
}  // namespace ebond::os
