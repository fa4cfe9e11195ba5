#include "views/foresight_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace ebond::views {
namespace {

using core::SlotId;

core::Foresight sample() {
  const core::MacAddress mac({2, 0, 0, 0, 0, 1});
  const core::Table now{.buckets = {SlotId{0}, SlotId{63}},
                        .standby = {SlotId{1}},
                        .unbalanced = SlotId{1},
                        .receivers = {SlotId{0}, SlotId{255}},
                        .bond_mac = mac,
                        .slots = {{.slot = SlotId{0},
                                   .ifindex = core::IfIndex{7},
                                   .queue_id = 3,
                                   .own_mac = mac,
                                   .rewrites_source = true},
                                  {.slot = SlotId{63}, .ifindex = core::IfIndex{8}}}};
  return {.bond = "bond0",
          .mac = mac,
          .spec = {.mode = core::Mode::ieee8023ad,
                   .xmit_hash_policy = core::XmitHashPolicy::vlan_srcmac,
                   .packets_per_slave = 0,
                   .by_destination = true,
                   .broadcast_neighbor = true},
          .slaves = {{SlotId{0}, "eth0"}, {SlotId{63}, "eth1"}},
          .now = now,
          .losses = {{"eth0", core::Table{}}}};
}

TEST(ForesightJson, IsReadBackAsItWas) {
  EXPECT_EQ(foresight_from_json(nlohmann::json::parse(foresight_json(sample()).dump())), sample());
}

TEST(ForesightJson, IsNothingIfAnyPartIsNotWhatItShouldBe) {
  const auto whole = foresight_json(sample());
  const auto with = [&](const char* place, nlohmann::json value) {
    auto changed = whole;
    changed[nlohmann::json::json_pointer(place)] = std::move(value);
    return foresight_from_json(changed);
  };
  EXPECT_TRUE(with("/now/standby", nlohmann::json::array()));
  EXPECT_FALSE(with("/now/buckets/0", 64));
  EXPECT_FALSE(with("/now/buckets/0", -1));
  EXPECT_FALSE(with("/now/buckets", "none"));
  EXPECT_FALSE(with("/now/unbalanced", 64));
  EXPECT_FALSE(with("/now/bond_mac", "nobody"));
  EXPECT_FALSE(with("/now/slots/0/slot", 64));
  EXPECT_FALSE(with("/spec/mode", "balance-xor"));
  EXPECT_FALSE(with("/spec/mode", 8));
  EXPECT_FALSE(with("/spec/xmit_hash_policy", 6));
  EXPECT_FALSE(with("/losses/0/table", nlohmann::json::object()));
  EXPECT_FALSE(with("/slaves/0", nlohmann::json::object()));
  EXPECT_FALSE(foresight_from_json(nlohmann::json::object()));
  EXPECT_FALSE(foresight_from_json(nlohmann::json::array()));
  EXPECT_FALSE(with("/now/buckets", nlohmann::json(std::vector<int>(core::Table::kMaxBuckets + 1, 0))));
}

}  // namespace
}  // namespace ebond::views
