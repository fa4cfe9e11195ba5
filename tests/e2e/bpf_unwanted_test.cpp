// What is for another host does not come into the bond, unless bond0 asked for it, by the kernel's own word
// on what it asked for: as with a card.
#include <cstdlib>

#include "os/tcx.h"
#include "tests/e2e/bpf_bench.h"

namespace ebond::os {
namespace {

/// s0 accepts.
class Unwanted : public DatapathBench, public ::testing::WithParamInterface<core::Bond0Device> {
 protected:
  static inline const MacAddress kNobody = mac(0x77), kMacvlan = mac(0x78);

  Unwanted() : DatapathBench({.mode = Mode::active_backup}, GetParam()) {}
  void SetUp() override {
    DatapathBench::SetUp();
    if (!tcx::programs_on(index(0))) GTEST_SKIP() << "this kernel has no tcx";
    path.publish(table({0}, {}, {0}));
  }
  static wire::Bytes to(const MacAddress& mac) { return frame(mac, kIpv4, ipv4(17, kServer), kClientMac); }
  bool comes_in(const MacAddress& mac) { return taken(0, to(mac)) == mac; }
  bool is_kept_out(const MacAddress& mac) { return drops(0, to(mac)); }
  void set_promiscuous(bool on) {
    must(net.set_flags(device.upper(), IFF_PROMISC, on ? std::uint32_t{IFF_PROMISC} : 0));
  }
  static void ip(const std::string& words) { ASSERT_EQ(std::system(("ip " + words).c_str()), 0) << words; }
};

TEST_P(Unwanted, IsWhatIsForAnotherHost) {
  EXPECT_TRUE(is_kept_out(kNobody));
  EXPECT_TRUE(comes_in(kBondMac));
  EXPECT_TRUE(comes_in(MacAddress::broadcast()));
  EXPECT_TRUE(comes_in(MacAddress({0x33, 0x33, 0, 0, 0, 1})));
  EXPECT_EQ(must(path.counters(SlotId(0))).rx_inactive, 0U) << "the slave is none that may not receive";
}

TEST_P(Unwanted, IsNothingForABond0ThatIsPromiscuous) {
  set_promiscuous(true);
  EXPECT_TRUE(comes_in(kNobody));
  set_promiscuous(false);
  EXPECT_TRUE(is_kept_out(kNobody));
}

TEST_P(Unwanted, IsNothingForABond0ThatHasMacsBesideItsOwn) {
  ip("link add link bond0 name macvlan0 type macvlan mode bridge");
  must(net.set_mac(must(net.link("macvlan0")).ifindex, kMacvlan));
  must(net.set_up(must(net.link("macvlan0")).ifindex, true));
  auto on_macvlan = must(FrameReceiver::open(home, must(net.link("macvlan0")).ifindex, {}));
  EXPECT_TRUE(comes_in(kMacvlan));
  EXPECT_TRUE(heard(on_macvlan, kEnough).has_value());
  ip("link del macvlan0");
  EXPECT_TRUE(is_kept_out(kMacvlan));
}

// Between a change of bond0's MAC and that of its slaves', and for a slave that keeps a MAC of its own.
TEST_P(Unwanted, IsNotWhatIsForTheMacThatBond0HasNow) {
  must(net.set_mac(device.upper(), kNobody));
  EXPECT_TRUE(comes_in(kNobody));
  must(net.set_mac(index(0), mac(0x55)));
  EXPECT_TRUE(comes_in(kNobody));
  EXPECT_TRUE(is_kept_out(kBondMac));
}

TEST_P(Unwanted, IsSeenByTheSlavesOwnListenersStill) {
  auto on_slave = must(FrameReceiver::open(home, index(0), {}));
  must(sender.send(must(net.link(far_name(0))).ifindex, to(kNobody)));
  EXPECT_TRUE(heard(on_slave, kEnough).has_value());
}

TEST_P(Unwanted, IsNotLookedForWhereBond0IsKnownToLetAllIn) {
  path.bond0_lets_all_in(true);
  EXPECT_TRUE(comes_in(kNobody));
  path.bond0_lets_all_in(false);
  EXPECT_TRUE(is_kept_out(kNobody));
}

// That mode writes bond0's MAC into what comes for a slave that was lost.
TEST_P(Unwanted, IsNothingInBalanceAlb) {
  specialise({.mode = Mode::balance_alb});
  auto all = table({0}, {}, {0});
  all.bond_mac = kBondMac;
  path.publish(all);
  EXPECT_TRUE(comes_in(kNobody));
}

TEST_P(Unwanted, IsThatAlsoWhereBond0StandsInAnotherNamespace) {
  const auto web = fresh_namespace();
  must(net.move_to(device.upper(), web));
  path.bond0_is_apart(true);
  specialise({.mode = Mode::active_backup});
  path.publish(table({0}, {}, {0}));
  auto there = must(Rtnetlink::open(web));
  const auto bond0 = must(there.link("bond0")).ifindex;
  {
    const auto in_web = must(NamespaceScope::enter(web));
    must(write_interface_sysctl(web, IpFamily::ipv6, "bond0", "disable_ipv6", "1"));
    must(there.set_up(bond0, true));
    up.emplace(must(FrameReceiver::open(web, bond0, {})));
  }
  EXPECT_TRUE(is_kept_out(kNobody));
  EXPECT_TRUE(comes_in(kBondMac));
  must(there.set_flags(bond0, IFF_PROMISC, IFF_PROMISC));
  EXPECT_TRUE(comes_in(kNobody));
}

std::vector<core::Bond0Device> devices_here() {
  std::vector<core::Bond0Device> devices{core::Bond0Device::veth};
  if (std::system("unshare -n ip link add probe type netkit 2>/dev/null") == 0) {
    devices.push_back(core::Bond0Device::netkit);
  }
  return devices;
}
INSTANTIATE_TEST_SUITE_P(Bond0, Unwanted, ::testing::ValuesIn(devices_here()), [](const auto& tested) {
  return std::string(tested.param == core::Bond0Device::veth ? "veth" : "netkit");
});

}  // namespace
}  // namespace ebond::os
