// What devices are told to let in: unicast addresses and VLANs.
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "os/address_filter.h"
#include "os/multicast.h"
#include "os/rtnetlink.h"
#include "os/vlan_filter.h"
#include "tests/e2e/os_namespace.h"

namespace ebond::os {
namespace {

using core::MacAddress;
using core::VlanKey;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using testing::fresh_namespace;
using ::testing::IsEmpty;
using testing::must;

const MacAddress kFilterMac = *MacAddress::parse("00:00:5e:00:53:71");
const MacAddress kOther = *MacAddress::parse("00:00:5e:00:53:72");
const MacAddress kGroup = *MacAddress::parse("01:00:5e:00:53:71");

class NicFilters : public ::testing::Test {
 protected:
  Namespace home = fresh_namespace();
  Rtnetlink net = must(Rtnetlink::open(home));
  IfIndex eth0{};
  void SetUp() override {
    must(net.create_veth({.name = "eth0", .peer_name = "far0"}));
    eth0 = must(net.link("eth0")).ifindex;
    must(net.set_up(eth0, true));
  }
};

class AddressFilterTest : public NicFilters {
 protected:
  AddressFilter filter = must(AddressFilter::open(home));
};

TEST_F(AddressFilterTest, ListsWhatTheDeviceWasToldOf) {
  EXPECT_THAT(must(filter.list(eth0)).unicast, IsEmpty());
  must(filter.add(eth0, kFilterMac));
  must(filter.add(eth0, kOther));
  EXPECT_THAT(must(filter.list(eth0)).unicast, ElementsAre(kFilterMac, kOther));
  must(filter.remove(eth0, kFilterMac));
  EXPECT_THAT(must(filter.list(eth0)).unicast, ElementsAre(kOther));
}

TEST_F(AddressFilterTest, ListsManyDevicesByOneQuestion) {
  const auto far0 = must(net.link("far0")).ifindex;
  must(filter.add(eth0, kFilterMac));
  must(filter.add(far0, kOther));
  AddressFilter::Lists lists{{eth0, {}}, {far0, {}}, {IfIndex{9999}, {}}};
  EXPECT_EQ(must(filter.list(lists)), 2U);
  EXPECT_EQ(lists.at(eth0), must(filter.list(eth0)));
  EXPECT_EQ(lists.at(far0), must(filter.list(far0)));
  EXPECT_EQ(lists.at(IfIndex{9999}), TakenAddresses{});
}

TEST_F(AddressFilterTest, ToldOutlivesTheOneThatTold) {
  must(must(AddressFilter::open(home)).add(eth0, kFilterMac));
  EXPECT_THAT(must(filter.list(eth0)).unicast, ElementsAre(kFilterMac));
}

TEST_F(AddressFilterTest, SaysThatItWasToldAlreadyOrNever) {
  must(filter.add(eth0, kFilterMac));
  EXPECT_EQ(filter.add(eth0, kFilterMac).error().errno_value, EEXIST);
  EXPECT_EQ(filter.remove(eth0, kOther).error().errno_value, ENOENT);
}

TEST_F(AddressFilterTest, ListsGroupsApartAndABridgesEntriesNot) {
  must(filter.add(eth0, kGroup));
  must(net.create_bridge("br0"));
  must(net.set_master(eth0, must(net.link("br0")).ifindex));
  EXPECT_THAT(must(filter.list(eth0)).unicast, IsEmpty());
  const auto groups = must(must(MulticastLists::open(home)).list(eth0));
  EXPECT_THAT(groups, Contains(kGroup));
  EXPECT_THAT(must(filter.list(eth0)).groups, ElementsAreArray(groups));
}

TEST_F(AddressFilterTest, ADeviceThatIsNotThereIsAnError) {
  EXPECT_EQ(filter.add(IfIndex{9999}, kFilterMac).error().errno_value, ENODEV);
}

class VlanFilterTest : public NicFilters {
 protected:
  std::filesystem::path directory =
      std::filesystem::temp_directory_path() / ("ebond-vlans-" + std::to_string(::getpid()));
  std::filesystem::path keeper = directory / "home";
  const VlanKey vlan{.id = 100};

  void SetUp() override {
    NicFilters::SetUp();
    auto probe = must(VlanFilter::open(home, keeper));
    const auto told = probe.add(eth0, vlan);
    probe.end();
    if (!told && told.error().errno_value == EOPNOTSUPP) GTEST_SKIP() << "this kernel has no VLAN devices";
    must(told);
  }
  void TearDown() override {
    must(VlanFilter::open(home, keeper)).end();
    std::filesystem::remove_all(directory);
  }
  /// Can a VLAN device of somebody else's be made? Not while eth0 has that VLAN.
  bool is_free() {
    const auto visit = must(NamespaceScope::enter(home));
    if (std::system("ip link add link eth0 name other type vlan id 100 2>/dev/null") != 0) return false;
    must(net.delete_link(must(net.link("other")).ifindex));
    return true;
  }
};

TEST_F(VlanFilterTest, IsToldUntilItIsTakenBackAndSeenNowhere) {
  auto filter = must(VlanFilter::open(home, keeper));
  const auto before = must(net.links()).size();
  must(filter.add(eth0, vlan));
  EXPECT_FALSE(is_free());
  EXPECT_EQ(must(net.links()).size(), before);
  must(filter.remove(eth0, vlan));
  EXPECT_TRUE(is_free());
}

TEST_F(VlanFilterTest, OutlivesTheOneThatToldAndIsTakenBackByTheNext) {
  must(must(VlanFilter::open(home, keeper)).add(eth0, vlan));
  EXPECT_FALSE(is_free());
  auto next = must(VlanFilter::open(home, keeper));
  must(next.add(eth0, vlan));  // told already: no error
  must(next.remove(eth0, vlan));
  EXPECT_TRUE(is_free());
}

TEST_F(VlanFilterTest, EndsWithAllThatWasTold) {
  auto filter = must(VlanFilter::open(home, keeper));
  must(filter.add(eth0, vlan));
  filter.end();
  EXPECT_FALSE(std::filesystem::exists(keeper));
  EXPECT_TRUE(is_free());
}

TEST_F(VlanFilterTest, SaysThatTheCardHasTheVlanBySomebodyElse) {
  const auto visit = must(NamespaceScope::enter(home));
  ASSERT_EQ(std::system("ip link add link eth0 name theirs type vlan id 100"), 0);
  auto filter = must(VlanFilter::open(home, keeper));
  EXPECT_EQ(filter.add(eth0, vlan).error().errno_value, EEXIST);
}

TEST_F(VlanFilterTest, TakingBackWhatWasNotToldIsNoError) {
  auto filter = must(VlanFilter::open(home, keeper));
  must(filter.remove(eth0, vlan));
  must(filter.add(eth0, vlan));
  must(filter.remove(IfIndex{9999}, vlan));
}

}  // namespace
}  // namespace ebond::os
