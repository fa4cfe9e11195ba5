// A bond that takes over what an interface has, in virtual hands. That every failure leaves before or after
// is in faults_test.cpp.
#include <gmock/gmock.h>
#include <net/if.h>

#include <algorithm>

#include "rules.h"
#include "world.h"

namespace ebond::daemon {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr std::uint32_t kHour = 3600;

struct AdoptingLab : World {
  AdoptingLab() {
    kernel.add_nic("eth0", 2);
    kernel.add_nic("eth1", 3);
    auto& eth0 = kernel.at("eth0");
    eth0.addresses.push_back({.ifindex = os::IfIndex(2),
                              .local = *wire::parse_ipv6("2001:db8::1"),
                              .prefix_length = 64,
                              .valid_lifetime = kHour,
                              .preferred_lifetime = kHour / 2});
    eth0.routes.push_back({.gateway = wire::Ipv4Address{192, 0, 2, 254},
                           .ifindex = os::IfIndex(2),
                           .metric = 50,
                           .table = 100});
    eth0.neighbours.push_back({.ifindex = os::IfIndex(2),
                               .address = wire::Ipv4Address{192, 0, 2, 77},
                               .mac = wire::MacAddress({2, 0, 0, 0, 0, 0x77})});
    eth0.info.mtu = 9000;
    eth0.ipv6["accept_ra"] = "2";
    kernel.rules = {rule_by("eth0"), rule_by("eth1")};
    start();
    before = kernel.describe();
  }
  std::string before;
};

TEST(AdoptedInterface, GivesTheBondWhatItHas) {
  AdoptingLab lab;
  const auto had = lab.kernel.at("eth0");
  ASSERT_EQ(lab.add_adopting("bond0", "eth0"), "");
  const auto& bond = lab.kernel.at("bond0");
  const auto& card = lab.kernel.at("eth0");
  EXPECT_EQ(lab.slaves("bond0"), "eth0");
  ASSERT_THAT(bond.addresses, SizeIs(2));
  EXPECT_EQ(bond.addresses[0].label, "bond0");
  EXPECT_EQ(bond.addresses[0].ifindex, bond.info.ifindex);
  EXPECT_EQ(bond.addresses[1].valid_lifetime, kHour);
  EXPECT_EQ(bond.addresses[1].preferred_lifetime, kHour / 2);
  ASSERT_THAT(bond.routes, SizeIs(2));
  EXPECT_TRUE(
      std::ranges::any_of(bond.routes, [](const auto& r) { return r.table == 100 && r.metric == 50; }));
  EXPECT_THAT(bond.neighbours, SizeIs(1));
  EXPECT_TRUE(std::ranges::any_of(lab.kernel.rules, [](const auto& r) { return r.names("bond0"); }));
  EXPECT_FALSE(std::ranges::any_of(lab.kernel.rules, [](const auto& r) { return r.names("eth0"); }));
  EXPECT_TRUE(std::ranges::any_of(lab.kernel.rules, [](const auto& r) { return r.names("eth1"); }));
  EXPECT_THAT(card.addresses, SizeIs(0));
  EXPECT_THAT(card.routes, SizeIs(0));
  EXPECT_THAT(card.neighbours, SizeIs(0));
  // And is what the interface was.
  EXPECT_EQ(bond.info.mtu, 9000U);
  EXPECT_EQ(card.info.mtu, 9000U);
  EXPECT_EQ(bond.info.mac, had.info.mac);
  EXPECT_TRUE(bond.info.is_up());
}

TEST(AdoptedInterface, AnAddressIsTheMachinesAllTheTime) {
  AdoptingLab lab;
  lab.script.start();
  ASSERT_EQ(lab.add_adopting("bond0", "eth0"), "");
  ASSERT_TRUE(lab.script.place("add address 192.0.2.2 to bond0"));
  EXPECT_LT(lab.script.place("add address 192.0.2.2 to bond0"),
            lab.script.place("delete address 192.0.2.2 of eth0"));
  lab.script.start();
  ASSERT_EQ(lab.del("bond0"), "");
  ASSERT_TRUE(lab.script.place("add address 192.0.2.2 to eth0"));
  EXPECT_LT(lab.script.place("add address 192.0.2.2 to eth0"),
            lab.script.place("delete address 192.0.2.2 of bond0"));
}

TEST(AdoptedInterface, HasItAllBackWhenTheBondIsDeletedOrItIsReleased) {
  AdoptingLab deleted;
  ASSERT_EQ(deleted.add_adopting("bond0", "eth0"), "");
  ASSERT_EQ(deleted.del("bond0"), "");
  EXPECT_EQ(deleted.kernel.describe(), deleted.before);

  AdoptingLab released;
  ASSERT_EQ(released.add_adopting("bond0", "eth0"), "");
  ASSERT_EQ(released.release("bond0", {"eth0"}), "");
  EXPECT_THAT(released.kernel.at("bond0").addresses, SizeIs(0));
  ASSERT_EQ(released.del("bond0"), "");
  EXPECT_EQ(released.kernel.describe(), released.before);
}

TEST(AdoptedInterface, IsGivenBackByTheNextDaemonAndByForget) {
  for (const bool forgotten : {false, true}) {
    AdoptingLab lab;
    ASSERT_EQ(lab.add_adopting("bond0", "eth0"), "");
    lab.kill();
    lab.start();
    EXPECT_EQ(lab.slaves("bond0"), "eth0");
    ASSERT_EQ(forgotten ? lab.forget("bond0") : lab.del("bond0"), "");
    EXPECT_EQ(lab.kernel.describe(), lab.before);
  }
}

TEST(AdoptedInterface, HasALeaseBackAsItWasRenewed) {
  AdoptingLab lab;
  ASSERT_EQ(lab.add_adopting("bond0", "eth0"), "");
  lab.kernel.at("bond0").addresses[1].valid_lifetime = 7200;
  ASSERT_EQ(lab.del("bond0"), "");
  EXPECT_EQ(lab.kernel.at("eth0").addresses[1].valid_lifetime, 7200U);
}

TEST(AdoptedInterface, ThatCannotBeHadLeavesNoBond) {
  AdoptingLab lab;
  EXPECT_THAT(lab.add_adopting("bond0", "eth9"), HasSubstr("no interface eth9"));
  EXPECT_EQ(lab.kernel.describe(), lab.before);
  EXPECT_EQ(lab.show("bond0").status.name, "");
}

TEST(AdoptedInterface, ARouteWithSeveralNextHopsIsToldOf) {
  AdoptingLab lab;
  lab.kernel.at("eth0").shared_routes = 2;
  ASSERT_EQ(lab.add_adopting("bond0", "eth0"), "");
  ASSERT_THAT(lab.adopting_warned, SizeIs(1));
  EXPECT_THAT(lab.adopting_warned[0], HasSubstr("2 routes with several next hops"));
}

}  // namespace
}  // namespace ebond::daemon
