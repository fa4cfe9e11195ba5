// The programs of balance-slb by themselves: by which slave a MAC sends, and what of all that comes in is the
// bond's.
#include <algorithm>
#include <optional>
#include <thread>
#include <vector>

#include "core/balance/source_hash.h"
#include "tests/e2e/bpf_bench.h"
#include "wire/arp.h"
#include "wire/igmp.h"
#include "wire/mld.h"
#include "wire/rarp.h"

namespace ebond::os {
namespace {

//   s0   takes broadcasts
//   s0, s1, s2   the buckets
class SlbDatapath : public DatapathBench {
 protected:
  static constexpr int kUsed = 3;
  static inline const MacAddress kStranger = mac(0x77);
  static MacAddress own_mac(int slave) { return mac(static_cast<std::uint8_t>(0xe0 + slave)); }

  SlbDatapath() : DatapathBench({.mode = Mode::balance_slb}) {}
  void SetUp() override {
    DatapathBench::SetUp();
    must(net.set_flags(device.upper(), IFF_PROMISC, IFF_PROMISC));  // as in a bridge
    publish();
  }
  /// `settling`: MACs have just changed slaves.
  void publish(bool settling = false, const std::vector<int>& used = {0, 1, 2}) {
    core::Table table;
    for (std::size_t i = 0; i < 60; ++i) table.buckets.push_back(SlotId(used[i % used.size()]));
    for (const int each : used) {
      if (each != used.front()) table.standby.push_back(SlotId(each));
    }
    table.unbalanced = SlotId(used.front());
    for (int i = 0; i < kSlaves; ++i) {
      const bool accepts = std::ranges::find(used, i) != used.end();
      table.slots.push_back({.slot = SlotId(i),
                             .ifindex = index(i),
                             .accepts = accepts,
                             .unicast_only = accepts,
                             .only_its_own = accepts && !settling,
                             .own_mac = own_mac(i)});
    }
    path.publish(table);
    buckets = table.buckets;
  }
  std::vector<SlotId> buckets;

  int slave_of(const MacAddress& mac, std::uint16_t vlan = 0) const {
    return static_cast<int>(buckets[core::source_hash(mac, vlan) % buckets.size()]);
  }
  /// A guest of that slave's: another for each `number`.
  MacAddress guest_of(int slave, int number = 0, std::uint16_t vlan = 0) const {
    for (int i = 0;; ++i) {
      const MacAddress mac(
          {0x52, 0x54, 0, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
      if (slave_of(mac, vlan) == slave && number-- == 0) return mac;
    }
  }
  static wire::Bytes broadcast_from(const MacAddress& mac) {
    return frame(MacAddress::broadcast(), kTest, {}, mac);
  }
  static wire::Bytes ipv4_to(const MacAddress& to, const MacAddress& from = kStranger) {
    return frame(to, kIpv4, ipv4(17, kServer), from);
  }
};

TEST_F(SlbDatapath, EachMacLeavesByTheSlaveThatCoreKnowsForIt) {
  for (int i = 0; i < 200; ++i) {
    const MacAddress guest({0x52, static_cast<std::uint8_t>(i * 7), 0, static_cast<std::uint8_t>(i), 1, 2});
    EXPECT_EQ(way_of(broadcast_from(guest)), slave_of(guest)) << i;
    EXPECT_EQ(way_of(ipv4_to(kClientMac, guest)), slave_of(guest)) << i;
  }
}

TEST_F(SlbDatapath, TheVlanCountsAndThePriorityDoesNot) {
  constexpr std::uint16_t kPriority = 5 << 13;
  for (std::uint16_t vlan = 1; vlan < 60; ++vlan) {
    const auto guest = mac(0x42);
    const auto sent = ipv4_to(kClientMac, guest);
    EXPECT_EQ(way_of(tagged(kVlan, vlan, sent)), slave_of(guest, vlan)) << vlan;
    EXPECT_EQ(way_of(tagged(kVlan, vlan | kPriority, sent)), slave_of(guest, vlan)) << vlan;
  }
}

TEST_F(SlbDatapath, AMacOfADeadSlaveLeavesByAnother) {
  set_alive(1, false);
  const auto way = way_of(broadcast_from(guest_of(1)));
  EXPECT_TRUE(way == 0 || way == 2) << way;
}

TEST_F(SlbDatapath, GroupsAreAskedForByTheSlaveThatTakesThemFromAMacOfItsOwn) {
  const auto asker = guest_of(2);
  const auto igmp = wire::igmp_report(asker, {192, 0, 2, 1}, {233, 252, 0, 1}, wire::IgmpVersion::v2, {});
  const auto mld = wire::mld_report(asker, *wire::parse_ipv6("fe80::1"), *wire::parse_ipv6("ff0e::1"), {});
  for (const auto& report : {igmp, mld}) {
    const auto seen = send_out(report);
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->slave, 0);
    EXPECT_EQ(seen->header.source, own_mac(0));
    EXPECT_TRUE(drops(1, seen->frame)) << "and is not taken when it comes back";
  }
  EXPECT_EQ(way_of(frame(MacAddress({0x33, 0x33, 0, 0, 0, 1}), kIpv6, ipv6(58, 135, 1), asker)), 2)
      << "neighbour discovery is no such report";
}

TEST_F(SlbDatapath, OfBroadcastsAndMulticastsOneSlavesAreTaken) {
  const wire::Bytes each[] = {
      broadcast_from(kStranger), frame(MacAddress({1, 0, 0x5e, 0, 0, 9}), kIpv4, {}, kStranger),
      wire::arp_request(kStranger, kClient, kServer), wire::rarp_announcement(kStranger)};
  for (const auto& came : each) {
    EXPECT_TRUE(taken(0, came).has_value());
    EXPECT_TRUE(drops(1, came));
    EXPECT_TRUE(drops(2, came));
  }
  set_alive(0, false);
  EXPECT_TRUE(taken(1, each[2]).has_value()) << "the first standby's, at once";
}

TEST_F(SlbDatapath, UnicastIsTakenByTheSlaveThatItsReceiverSendsBy) {
  for (int slave = 0; slave < kUsed; ++slave) {
    for (int by = 0; by < kUsed; ++by) {
      const auto came = ipv4_to(guest_of(slave, by));  // another each time: see below what comes again
      EXPECT_EQ(come_in(by, came, slave == by ? kEnough : kForNothing).has_value(), slave == by)
          << slave << " " << by;
    }
  }
}

TEST_F(SlbDatapath, UnicastIsTakenByAnySlaveInUseWhileMacsChangeSlaves) {
  publish(true);
  for (int by = 0; by < kUsed; ++by) EXPECT_TRUE(taken(by, ipv4_to(guest_of(0))).has_value()) << by;
  EXPECT_TRUE(drops(3, ipv4_to(guest_of(0))));
  EXPECT_TRUE(drops(1, broadcast_from(kStranger))) << "broadcasts by one alone, as ever";
}

TEST_F(SlbDatapath, WhatOnlyEverComesByAnotherSlaveIsTakenAfterATenthOfASecond) {
  // The switch has not learned that this one sends by s0 now.
  const auto misled = ipv4_to(guest_of(0));
  EXPECT_TRUE(drops(1, misled));
  EXPECT_TRUE(drops(1, misled));  // which takes longer than that
  EXPECT_TRUE(taken(1, misled).has_value());
  EXPECT_TRUE(taken(1, misled).has_value());
  // Now it has; what still comes by the other slave is flooded.
  EXPECT_TRUE(taken(0, misled).has_value());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(drops(1, misled));
}

TEST_F(SlbDatapath, WhatComesByBothIsTakenOnceHoweverLongItDoes) {
  const auto flooded = ipv4_to(guest_of(0));
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(drops(1, flooded)) << i;  // for longer than a tenth of a second
    EXPECT_TRUE(taken(0, flooded).has_value()) << i;
  }
}

TEST_F(SlbDatapath, ASecondCopyBeginsNothingSoThatItMayBeTheFirstAnHourLater) {
  const auto flooded = ipv4_to(guest_of(0));
  EXPECT_TRUE(drops(1, flooded));
  EXPECT_TRUE(taken(0, flooded).has_value());
  EXPECT_TRUE(drops(1, flooded));
  std::this_thread::sleep_for(std::chrono::milliseconds(10'100));  // so long "came right" counts
  EXPECT_TRUE(drops(1, flooded));
  EXPECT_TRUE(taken(0, flooded).has_value());
}

TEST_F(SlbDatapath, WhatComesForTheMacOfADeadSlaveIsTakenByTheOneThatItSendsByNow) {
  const auto guest = guest_of(1);
  set_alive(1, false);
  const auto way = way_of(broadcast_from(guest));
  EXPECT_TRUE(taken(way, ipv4_to(guest)).has_value());
}

TEST_F(SlbDatapath, WhatWeSentComesBackInVain) {
  const auto guest = guest_of(1);
  for (const bool settling : {false, true}) {
    publish(settling);
    const auto arp = wire::arp_request(guest, kServer, kClient);
    const auto flooded = ipv4_to(guest_of(0, 1), guest);
    for (const auto& sent : {arp, flooded, wire::rarp_announcement(guest)}) {
      ASSERT_EQ(way_of(sent), 1);
      for (int by = 0; by < kUsed; ++by) EXPECT_TRUE(drops(by, sent)) << by;
    }
  }
  EXPECT_TRUE(taken(0, broadcast_from(kStranger)).has_value()) << "others are heard all the while";
}

TEST_F(SlbDatapath, AMacIsOursInItsVlanAlone) {
  const auto guest = guest_of(1);
  ASSERT_EQ(way_of(broadcast_from(guest)), 1);
  EXPECT_TRUE(drops(0, broadcast_from(guest)));
  EXPECT_TRUE(come_in(0, tagged(kVlan, 9, broadcast_from(guest))).has_value());
}

TEST_F(SlbDatapath, AMacThatWasSilentForASecondMayHaveMovedElsewhere) {
  const auto guest = guest_of(1);
  ASSERT_EQ(way_of(broadcast_from(guest)), 1);
  ASSERT_TRUE(drops(0, wire::rarp_announcement(guest)));
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_TRUE(taken(0, wire::rarp_announcement(guest)).has_value());
}

TEST_F(SlbDatapath, WhatSlavesAskAsThemselvesIsNotTheBondsWhenItComesBack) {
  EXPECT_TRUE(drops(0, wire::arp_request(own_mac(1), {}, kClient)));
  EXPECT_TRUE(drops(0, wire::igmp_report(own_mac(2), kServer, {233, 252, 0, 1}, wire::IgmpVersion::v2, {})));
}

TEST_F(SlbDatapath, TheAnswerToAProbeOfASlavesIsNotTheBondsByWhicheverSlaveItComes) {
  publish(true);
  for (int by = 0; by < kUsed; ++by) {
    EXPECT_TRUE(drops(by, ipv4_to(own_mac(by)))) << by;
    for (int asker = 0; asker < kUsed; ++asker) {
      const auto answer = wire::build_arp(own_mac(asker), kClientMac, {},
                                          {.operation = wire::ArpPacket::Operation::reply,
                                           .sender_mac = kClientMac,
                                           .sender_ip = kClient,
                                           .target_mac = own_mac(asker),
                                           .target_ip = {}});
      EXPECT_TRUE(drops(by, answer)) << asker << " by " << by;
    }
  }
}

TEST_F(SlbDatapath, OneSlaveIsEnough) {
  publish(false, {2});
  EXPECT_EQ(way_of(broadcast_from(kBondMac)), 2);
  EXPECT_TRUE(taken(2, broadcast_from(kStranger)).has_value());
  EXPECT_TRUE(taken(2, ipv4_to(kBondMac)).has_value());
}

TEST_F(SlbDatapath, ABondOfAnotherModeHasNoMapOfSources) {
  EXPECT_TRUE(std::filesystem::exists(pins / "bond" / "sources"));
  const core::DatapathSpec other{.mode = Mode::balance_xor};
  const auto second =
      must(BondDevice::create(home, net, "bond1", "fedcba9876543210", core::Bond0Device::veth));
  auto xor_path = must(Datapath::create(pins / "other", other, second.lower(), links));
  EXPECT_FALSE(std::filesystem::exists(pins / "other" / "sources"));
  must(xor_path.respecialise({.mode = Mode::balance_slb}, {}));
  EXPECT_TRUE(std::filesystem::exists(pins / "other" / "sources"));
  must(xor_path.respecialise(other, {}));
  xor_path.remove();
  EXPECT_FALSE(std::filesystem::exists(pins / "other"));
}

TEST_F(SlbDatapath, IsKeptByAnHeirThatWouldMakeItTheSame) {
  const auto programs = [&] {
    return std::pair(must(tc_filters(device.lower(), TcSide::ingress)).front().program,
                     must(tc_filters(index(0), TcSide::ingress)).front().program);
  };
  const auto made = programs();
  const core::DatapathSpec spec{.mode = Mode::balance_slb};
  auto heir = must(Datapath::adopt(pins / "bond", spec, device.lower(), links));
  must(heir.respecialise(spec, {{SlotId(0), index(0)}}));
  EXPECT_EQ(programs(), made);
}

}  // namespace
}  // namespace ebond::os
