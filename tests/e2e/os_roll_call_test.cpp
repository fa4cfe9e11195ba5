// The roll of all devices of some namespaces, beside what ethtool says of each.
#include <gmock/gmock.h>

#include <memory>
#include <vector>

#include "lab/eventually.h"
#include "os/ethtool.h"
#include "os/roll_call.h"
#include "os/rtnetlink.h"
#include "tests/e2e/os_namespace.h"

namespace ebond::os {
namespace {

using testing::fresh_namespace;
using testing::must;

/// A namespace with pairs of devices in it.
struct Yard {
  explicit Yard(int pairs) {
    for (int i = 0; i < pairs; ++i) {
      must(net.create_veth({.name = "a" + std::to_string(i), .peer_name = "b" + std::to_string(i)}));
    }
  }
  DeviceAnywhere device(const std::string& name) { return {home.id().inode, must(net.link(name)).ifindex}; }
  DeviceList all() {
    DeviceList devices;
    for (const auto& link : must(net.links())) devices.insert({home.id().inode, link.ifindex});
    return devices;
  }
  void set_up(const std::string& name, bool up) { must(net.set_up(device(name).ifindex, up)); }

  Namespace home = fresh_namespace();
  Rtnetlink net = must(Rtnetlink::open(home));
  Ethtool ethtool = must(Ethtool::open(home));
};

class RollCalled : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = RollCall::open({});
    if (!opened) GTEST_SKIP() << opened.error().message();
    call.emplace(std::move(*opened));
  }
  std::shared_ptr<const Roll> roll(const DeviceList& devices) {
    return must(call->call(std::make_shared<const DeviceList>(devices)));
  }
  std::optional<RollCall> call;
};

TEST_F(RollCalled, TellsOfEveryDeviceWhatEthtoolTellsOfIt) {
  Yard one(3), other(2);
  for (const auto* name : {"a0", "b0", "a1"}) one.set_up(name, true);
  for (const auto* name : {"a1", "b1"}) other.set_up(name, true);
  DeviceList devices;
  for (auto* yard : {&one, &other}) devices.merge(yard->all());
  const auto all = roll(devices);
  for (auto* yard : {&one, &other}) {
    for (const auto& link : must(yard->net.links())) {
      EXPECT_EQ(all->is_up(yard->device(link.name)), must(yard->ethtool.link_up(link.name))) << link.name;
    }
  }
  EXPECT_EQ(all->is_up(one.device("a1")), false) << "its far end is down";
  one.set_up("b0", false);
  EXPECT_EQ(roll(devices)->is_up(one.device("a0")), false) << "at once";
}

TEST_F(RollCalled, IsTheSameRollWhileNothingIsOtherwise) {
  Yard yard(3);
  const auto first = roll(yard.all());
  EXPECT_EQ(roll(yard.all()), first);
  for (const auto* name : {"a0", "b0"}) yard.set_up(name, true);
  const auto up = roll(yard.all());
  EXPECT_NE(up, first);
  EXPECT_EQ(roll(yard.all()), up);
}

TEST_F(RollCalled, AnswersOnlyForWhatIsThereAndAskedFor) {
  Yard yard(2);
  const auto a0 = yard.device("a0"), a1 = yard.device("a1");
  EXPECT_EQ(roll({a0})->is_up(a0), false);
  EXPECT_EQ(roll({a0})->is_up(a1), std::nullopt);
  EXPECT_EQ(roll({a0, {a0.namespace_inode, core::IfIndex(7777)}, {1, core::IfIndex(1)}})->is_up(a0), false);
  must(yard.net.delete_link(a0.ifindex));
  EXPECT_EQ(roll({a0, a1})->is_up(a0), std::nullopt);
  EXPECT_EQ(roll({a0, a1})->is_up(a1), false);
}

TEST_F(RollCalled, FollowsADeviceToAnotherNamespaceAndBack) {
  Yard yard(1), other(0);
  for (const auto* name : {"a0", "b0"}) yard.set_up(name, true);
  const auto here = yard.device("a0");
  const DeviceAnywhere there{other.home.id().inode, here.ifindex};
  ASSERT_EQ(roll({here, there})->is_up(here), true);
  must(yard.net.move_to(here.ifindex, other.home));
  EXPECT_EQ(roll({here, there})->is_up(here), std::nullopt);
  EXPECT_EQ(roll({here, there})->is_up(there), false) << "it was set down on its way";
  must(other.net.move_to(here.ifindex, yard.home));
  EXPECT_EQ(roll({here, there})->is_up(here), false);
}

TEST_F(RollCalled, FindsRoomForMore) {
  Yard yard(100);
  const auto all = roll(yard.all());
  EXPECT_EQ(all->is_up(yard.device("b99")), false);
  EXPECT_EQ(roll(yard.all()), all);
  std::vector<std::unique_ptr<Yard>> yards;
  DeviceList loopbacks;
  for (int i = 0; i < 20; ++i) {
    yards.push_back(std::make_unique<Yard>(0));
    yards.back()->set_up("lo", true);
    loopbacks.merge(yards.back()->all());
  }
  EXPECT_EQ(roll(loopbacks)->is_up(yards.back()->device("lo")), true);
}

}  // namespace
}  // namespace ebond::os
