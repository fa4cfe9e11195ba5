// BFD over a bond to a router, in virtual time.
//
//    bond  s1 ──── switch A ──┐
//          s2 ──── switch B ──┴── router 192.0.2.254: one session with the bond, and ARP
#include "core/judges/bfd_judge.h"

#include <gtest/gtest.h>

#include <map>

#include "wire/arp.h"

namespace ebond::core::bfd {
namespace {

using namespace std::chrono_literals;
using wire::ArpPacket;
using wire::BfdState;

constexpr IpAddress kOurs = wire::Ipv4Address{192, 0, 2, 1}, kRouter = wire::Ipv4Address{192, 0, 2, 254};
constexpr MacAddress kRouterMac({2, 0, 0, 0, 9, 9}), kBondMac({2, 0, 0, 0, 1, 1});

class BfdOverABond : public testing::Test {
 protected:
  BfdOverABond() {
    options.mode = Mode::active_backup;
    options.path_monitor = PathMonitor::bfd;
    options.path_interval = Milliseconds{10};
    options.path_target = {kRouter};
    around.paths.push_back({.target = kRouter, .kind = WayKind::bond, .next_hop = kRouter, .source = kOurs});
    for (std::uint8_t i = 1; i <= 2; ++i) {
      slaves.push_back({.ifindex = IfIndex{i},
                        .name = "s" + std::to_string(i),
                        .slot = SlotId{i},
                        .permanent_mac = MacAddress({2, 0, 0, 0, 1, i}),
                        .mac = kBondMac,
                        .link = {.carrier = true},
                        .monitor = {MiiStatus::up, 0, std::nullopt}});
    }
  }
  /// The first that passes, and the active one for as long as it does.
  const Slave* active() {
    if (active_index && !slaves[*active_index].path.is_open()) active_index.reset();
    for (std::size_t i = 0; i < slaves.size() && !active_index; ++i) {
      if (slaves[i].path.is_open()) active_index = i;
    }
    return active_index ? &slaves[*active_index] : nullptr;
  }
  Scene view() {
    return {.options = options,
            .slaves = slaves,
            .active = active(),
            .bond_mac = kBondMac,
            .admin_up = true,
            .has_active_slave = true,
            .around = around};
  }
  void take(JudgeNews news) {
    for (const auto& judged : news.judged) {
      slaves[static_cast<std::size_t>(judged.slave) - 1].path.judged(judged.verdict, now);
      said.push_back(judged.verdict.why);
    }
    for (const auto& [slave, frame] : news.probes) {
      if (!dead[static_cast<int>(slave)]) reach_router(slave, frame);
    }
  }
  void reach_router(IfIndex slave, const wire::Bytes& frame) {
    const auto parsed = wire::parse_ethernet(frame);
    const auto& header = parsed->header;
    ways_to[header.source] = slave;  // what the switches learned
    if (header.ethertype == wire::ethertype::kArp) {
      const auto arp = wire::parse_arp(parsed->payload);
      if (arp->sender_ip != wire::Ipv4Address{}) arp_cache = arp->sender_mac;
      const ArpPacket reply{ArpPacket::Operation::reply, kRouterMac, arp->target_ip, arp->sender_mac,
                            arp->sender_ip};
      from_router.emplace_back(header.source, wire::build_arp(header.source, kRouterMac, {}, reply));
    } else if (const auto packet = read_frame(*parsed, {.ours = kRouter, .theirs = kOurs})) {
      if (router_speaks_bfd) router.hear(*packet, now);
    }
  }
  void pass(Duration duration) {
    for (const auto end = now + duration; now < end; now += 1ms) {
      take(watch.advance(view(), now));
      take(watch.follow(view(), now));
      router.expire(now);
      while (router_speaks_bfd) {
        const auto packet = router.take_packet(now);
        if (!packet || arp_cache.is_zero()) break;
        from_router.emplace_back(
            arp_cache, make_frame(arp_cache, kRouterMac, {}, {.ours = kRouter, .theirs = kOurs}, *packet));
      }
      for (const auto& [to, frame] : std::exchange(from_router, {})) {
        const auto way = ways_to.find(to);
        if (way == ways_to.end() || dead[static_cast<int>(way->second)]) continue;
        const auto& slave = slaves[static_cast<std::size_t>(way->second) - 1];
        take(watch.heard(view(), slave, *wire::parse_ethernet(frame), now));
      }
    }
  }
  bool passes(std::size_t i) const { return slaves[i - 1].path.is_open(); }
  bool is_up() const { return watch.session(kRouter) && watch.session(kRouter)->is_up(); }

  TimePoint now{1000s};
  BondOptions options;
  Surroundings around;
  std::vector<Slave> slaves;
  std::optional<std::size_t> active_index;
  BfdJudge watch;
  Session router{{.interval = Milliseconds{10}, .multiplier = 3}, 99, now};
  bool router_speaks_bfd = true;
  MacAddress arp_cache;
  std::map<int, bool> dead;  ///< the way beyond the slave's switch
  std::map<MacAddress, IfIndex> ways_to;
  std::vector<std::pair<MacAddress, wire::Bytes>> from_router;
  std::vector<std::string> said;
};

TEST_F(BfdOverABond, FindsTheRouterAndComesUpThroughTheActiveSlave) {
  pass(2s);
  EXPECT_TRUE(is_up());
  EXPECT_TRUE(router.is_up());
  EXPECT_TRUE(passes(1) && passes(2));
  EXPECT_EQ(arp_cache, kBondMac);
  EXPECT_EQ(ways_to.at(kBondMac), IfIndex{1}) << "no backup speaks from the bond's MAC";
  EXPECT_EQ(ways_to.at(slaves[1].permanent_mac), IfIndex{2}) << "it has its own";
  EXPECT_TRUE(said.empty());
}

TEST_F(BfdOverABond, LeavesASlaveWhoseUplinkDiedInThreeIntervals) {
  pass(2s);
  dead[1] = true;
  pass(18ms);
  EXPECT_TRUE(passes(1));
  pass(14ms);
  EXPECT_FALSE(passes(1));
  EXPECT_EQ(said.back(), "no BFD packets from 192.0.2.254");
  pass(2s);
  EXPECT_TRUE(is_up()) << "it goes on through the next";
  EXPECT_EQ(ways_to.at(kBondMac), IfIndex{2});
  EXPECT_TRUE(passes(2));
  EXPECT_FALSE(passes(1));
}

TEST_F(BfdOverABond, TakesASlaveBackOnceTheRouterAnswersThroughIt) {
  pass(2s);
  dead[1] = true;
  pass(10s);
  EXPECT_FALSE(passes(1));
  dead.clear();
  pass(300ms);
  EXPECT_TRUE(passes(1));
  EXPECT_EQ(said.back(), "192.0.2.254 answered");
}

TEST_F(BfdOverABond, KnowsThatABackupIsDeadBeforeItIsNeeded) {
  pass(2s);
  dead[2] = true;
  pass(600ms);
  EXPECT_FALSE(passes(2));
  EXPECT_TRUE(passes(1));
  dead.clear();
  pass(4s);
  EXPECT_TRUE(passes(2));
}

TEST_F(BfdOverABond, HoldsNobodyOutForARouterThatDoesNotSpeakBfd) {
  router_speaks_bfd = false;
  pass(20s);
  EXPECT_TRUE(passes(1) && passes(2));
  EXPECT_TRUE(said.empty());
}

TEST_F(BfdOverABond, PaysForARouterWhoseBfdEndedWithOneFailoverAtMost) {
  pass(2s);
  router_speaks_bfd = false;
  pass(30s);
  EXPECT_TRUE(passes(1) && passes(2));
  EXPECT_EQ(said.size(), 2U) << "held, and taken back";
}

TEST_F(BfdOverABond, GoesBackToTheFirstThatIsProvedWhenAllWereLost) {
  pass(2s);
  dead[1] = dead[2] = true;
  pass(3s);
  EXPECT_FALSE(passes(1) || passes(2));
  dead[2] = false;
  pass(1500ms);
  EXPECT_TRUE(passes(2));
  EXPECT_TRUE(is_up());
}

TEST_F(BfdOverABond, IgnoresPacketsThatComeInThroughABackup) {
  pass(2s);
  dead[1] = true;
  for (int i = 0; i < 40; ++i) {
    pass(1ms);
    const wire::BfdControl packet{.state = BfdState::up,
                                  .my_discriminator = router.local_discriminator(),
                                  .your_discriminator = watch.session(kRouter)->local_discriminator(),
                                  .desired_min_tx_us = 10'000,
                                  .required_min_rx_us = 10'000};
    const auto frame = make_frame(kBondMac, kRouterMac, {}, {.ours = kRouter, .theirs = kOurs}, packet);
    if (passes(1)) take(watch.heard(view(), slaves[1], *wire::parse_ethernet(frame), now));
  }
  EXPECT_FALSE(passes(1));
}

}  // namespace
}  // namespace ebond::core::bfd
