// Socket filters: what they let pass of frames as they come, each rule with a frame that breaks just one of
// its conditions; and that the core's own protocols work through them.
#include "os/frame_filter.h"

#include <gmock/gmock.h>

#include "core/bfd/frames.h"
#include "tests/unit/core/arp_lab.h"
#include "tests/unit/os/classic_bpf.h"
#include "wire/icmp_echo.h"
#include "wire/marker.h"

namespace ebond::os {
namespace {

using core::kOurs;
using core::kOurs6;
using core::kRouter;
using core::kRouter6;
using core::kRouterMac;
using testing::passes;
using wire::Bytes;
using Kind = wire::NeighborMessage::Kind;

constexpr wire::Ipv4Address kStranger{198, 51, 100, 9};
constexpr wire::MacAddress kUs({2, 0, 0, 0, 0, 1});

Bytes with(Bytes frame, std::size_t at, std::uint8_t octet) {
  frame.at(at) = octet;
  return frame;
}
Bytes cut(Bytes frame, std::size_t size) {
  frame.resize(size);
  return frame;
}

Bytes arp(wire::ArpPacket::Operation operation, wire::Ipv4Address from, wire::Ipv4Address to,
          wire::MacAddress target = kUs) {
  return wire::build_arp(target, kRouterMac, {}, {operation, kRouterMac, from, target, to});
}
constexpr auto kRequest = wire::ArpPacket::Operation::request, kReply = wire::ArpPacket::Operation::reply;

TEST(ArpFilter, LetsThoseInThatMeetEveryConditionOfOneRule) {
  const auto filter = arp_filter(std::vector<core::ArpRule>{
      {.is_reply = true, .senders = {kRouter}, .target_macs = {kUs}, .targets = {kOurs, {}}},
      {.senders = {kOurs}, .targets = {kRouter, {192, 0, 2, 253}}},
      {.sender_mac = core::mac(9)}});
  EXPECT_TRUE(passes(filter, arp(kReply, kRouter, kOurs)));
  EXPECT_TRUE(passes(filter, arp(kReply, kRouter, {})));
  EXPECT_TRUE(passes(filter, arp(kRequest, kOurs, kRouter)));
  EXPECT_TRUE(passes(filter, arp(kReply, kOurs, {192, 0, 2, 253})));
  EXPECT_TRUE(passes(filter, wire::arp_request(core::mac(9), kStranger, kStranger)));
  EXPECT_FALSE(passes(filter, arp(kRequest, kRouter, kOurs)));
  EXPECT_FALSE(passes(filter, arp(kReply, kStranger, kOurs)));
  EXPECT_FALSE(passes(filter, arp(kReply, kRouter, kStranger)));
  EXPECT_FALSE(passes(filter, arp(kReply, kRouter, kOurs, core::mac(3))));
  EXPECT_FALSE(passes(filter, arp(kRequest, kStranger, kRouter)));
}

TEST(ArpFilter, LetsNothingInThatIsNoArpOfEthernetAndIpv4) {
  const auto filter = arp_filter(std::vector<core::ArpRule>{{.senders = {kRouter}}});
  const auto good = arp(kReply, kRouter, kOurs);
  EXPECT_TRUE(passes(filter, good));
  for (const std::size_t at : {12, 13, 14, 15, 16, 17, 18, 19, 20}) {
    EXPECT_FALSE(passes(filter, with(good, at, 0x77))) << at;
  }
  EXPECT_FALSE(passes(filter, with(good, 21, 3))) << "neither request nor reply";
  EXPECT_FALSE(passes(filter, cut(good, 30)));
  EXPECT_FALSE(passes(arp_filter({}), good)) << "no rule";
}

TEST(ArpFilter, LeavesAConditionOutThatHasTooManyValues) {
  core::ArpRule rule{.senders = {kRouter}};
  for (std::uint8_t i = 0; i < kMaxChoices; ++i) rule.targets.push_back({10, 0, 0, i});
  EXPECT_FALSE(passes(arp_filter(std::vector{rule}), arp(kReply, kRouter, kOurs)));
  EXPECT_TRUE(passes(arp_filter(std::vector{rule}), arp(kReply, kRouter, rule.targets.back())));
  rule.targets.push_back(kStranger);
  EXPECT_TRUE(passes(arp_filter(std::vector{rule}), arp(kReply, kRouter, kOurs)));
  EXPECT_FALSE(passes(arp_filter(std::vector{rule}), arp(kReply, kStranger, kOurs)));
}

/// As a socket filter sees it: without the outermost tag.
Bytes untagged_once(Bytes frame) {
  frame.erase(frame.begin() + 12, frame.begin() + 16);
  return frame;
}
const wire::VlanTags kTwo{{.protocol = wire::ethertype::kServiceVlan, .id = 4}, {.id = 5}};
const wire::VlanTags kAsManyAsThereMayBe(wire::kMaxVlanTags, {.id = 7});

TEST(ArpFilter, LooksBehindTheTagsThatTheKernelLeavesInTheFrame) {
  const auto filter = arp_filter(std::vector<core::ArpRule>{{.senders = {kOurs}, .targets = {kRouter}}});
  for (const auto& tags : {wire::VlanTags{{.id = 5}}, kTwo, kAsManyAsThereMayBe}) {
    EXPECT_TRUE(passes(filter, untagged_once(wire::arp_request(kUs, kOurs, kRouter, tags)))) << tags.size();
    EXPECT_FALSE(passes(filter, untagged_once(wire::arp_request(kUs, kStranger, kRouter, tags))));
  }
  auto too_many = kAsManyAsThereMayBe;
  too_many.insert(too_many.end(), {kTwo.front(), kTwo.front()});
  EXPECT_FALSE(passes(filter, untagged_once(wire::arp_request(kUs, kOurs, kRouter, too_many))));
}

constexpr std::size_t kHopLimit = 21, kNdType = 54;

TEST(NdFilter, LetsThoseInThatMeetEveryConditionOfOneRule) {
  const auto solicitation = wire::neighbor_solicitation(kUs, kOurs6, kRouter6);
  const auto advertisement = wire::unsolicited_na(kRouterMac, kRouter6, false);
  const auto group = wire::multicast_mac({0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  const auto filter = nd_filter(
      std::vector<core::NdRule>{{.kind = Kind::solicitation, .sources = {kOurs6}, .targets = {kRouter6}},
                                {.kind = Kind::advertisement, .to = {group}, .sources = {kRouter6}}});
  EXPECT_TRUE(passes(filter, solicitation));
  EXPECT_TRUE(passes(filter, advertisement));
  EXPECT_FALSE(passes(filter, wire::neighbor_solicitation(kUs, kRouter6, kRouter6)));
  EXPECT_FALSE(passes(filter, wire::neighbor_solicitation(kUs, kOurs6, kOurs6)));
  EXPECT_FALSE(passes(filter, with(advertisement, 0, 0x02))) << "to another MAC";
  EXPECT_FALSE(passes(filter, with(advertisement, 37, 0x77))) << "from another";
  EXPECT_FALSE(passes(filter, with(advertisement, kNdType, 134)));
  EXPECT_FALSE(passes(filter, with(advertisement, kHopLimit, 254)));
  EXPECT_FALSE(passes(filter, with(advertisement, 20, 17))) << "no ICMPv6";
}

TEST(NdFilter, KnowsBothKindsWhereNoneIsAskedFor) {
  const auto filter = nd_filter(std::vector<core::NdRule>{{.sources = {kRouter6}}});
  const auto frame = wire::unsolicited_na(kRouterMac, kRouter6, false);
  EXPECT_TRUE(passes(filter, frame));
  EXPECT_TRUE(passes(filter, with(frame, kNdType, 135)));
  EXPECT_FALSE(passes(filter, with(frame, kNdType, 133)));
  EXPECT_FALSE(passes(filter, with(frame, kNdType, 137)));
}

TEST(AnyNeighbourFilter, LetsArpAndNdInAndNothingElse) {
  const auto filter = any_neighbour_filter();
  EXPECT_TRUE(passes(filter, arp(kRequest, kStranger, kStranger)));
  EXPECT_TRUE(passes(filter, wire::neighbor_solicitation(kUs, kOurs6, kOurs6)));
  EXPECT_FALSE(passes(filter, with(wire::unsolicited_na(kUs, kOurs6, false), kNdType, 134)));
  EXPECT_FALSE(passes(filter, wire::build_lacpdu(kUs, {})));
}

Bytes echo4(wire::Ipv4Address from, wire::Ipv4Address to, std::uint16_t identifier, bool reply = true) {
  return wire::build_echo(
      {.destination = kUs, .source = kRouterMac, .tags = {}},
      {from, to, {.reply = reply, .identifier = identifier, .sequence = 1, .data = {1, 2}}});
}
/// `frame`, its IPv4 header longer by four octets of options.
Bytes with_options(Bytes frame) {
  frame.at(14) = 0x46;
  frame.insert(frame.begin() + 34, {1, 1, 1, 0});
  return frame;
}

TEST(EchoFilter, LetsRepliesInFromATargetToUsWithOurIdentifier) {
  const auto filter = echo_filter(
      std::vector<core::EchoRule>{{.source = kRouter, .destination = kOurs, .identifier = 0x1234},
                                  {.source = kRouter6, .destination = kOurs6, .identifier = 0x5678}});
  const auto good = echo4(kRouter, kOurs, 0x1234);
  EXPECT_TRUE(passes(filter, good));
  EXPECT_TRUE(passes(filter, with_options(good)));
  EXPECT_FALSE(passes(filter, echo4(kStranger, kOurs, 0x1234)));
  EXPECT_FALSE(passes(filter, echo4(kRouter, kStranger, 0x1234)));
  EXPECT_FALSE(passes(filter, echo4(kRouter, kOurs, 0x1235)));
  EXPECT_FALSE(passes(filter, echo4(kRouter, kOurs, 0x1234, false)));
  EXPECT_FALSE(passes(filter, with(good, 21, 1))) << "a later fragment";
  EXPECT_FALSE(passes(filter, with(good, 20, 0x20))) << "the first fragment";
  const auto six = [](wire::Ipv6Address from, std::uint16_t identifier) {
    return wire::build_echo(
        {.destination = kUs, .source = kRouterMac, .tags = {}},
        wire::EchoPacket6{
            from, kOurs6, {.reply = true, .identifier = identifier, .sequence = 1, .data = {}}});
  };
  EXPECT_TRUE(passes(filter, six(kRouter6, 0x5678)));
  EXPECT_FALSE(passes(filter, six(kOurs6, 0x5678)));
  EXPECT_FALSE(passes(filter, six(kRouter6, 0x1234)));
}

TEST(EchoFilter, LetsRequestsInWhereTheyAreToBeAnsweredAndRepliesBesideThem) {
  const auto filter =
      echo_filter(std::vector<core::EchoRule>{{.source = kRouter, .destination = kOurs, .identifier = 0x1234},
                                              {.source = kRouter, .destination = kOurs, .is_reply = false}});
  EXPECT_TRUE(passes(filter, echo4(kRouter, kOurs, 0x1234)));
  EXPECT_FALSE(passes(filter, echo4(kRouter, kOurs, 0x1235)));
  EXPECT_TRUE(passes(filter, echo4(kRouter, kOurs, 0x1235, false)));
  EXPECT_FALSE(passes(filter, echo4(kStranger, kOurs, 0x1235, false)));
  EXPECT_FALSE(passes(filter, echo4(kRouter, kStranger, 0x1235, false)));
}

class BfdFilters : public ::testing::TestWithParam<bool> {
 protected:
  bool is_ip4() const { return GetParam(); }
  wire::IpAddress ours() const { return is_ip4() ? wire::IpAddress(kOurs) : wire::IpAddress(kOurs6); }
  wire::IpAddress theirs() const { return is_ip4() ? wire::IpAddress(kRouter) : wire::IpAddress(kRouter6); }
  core::bfd::Ends from_them() const { return {.ours = theirs(), .theirs = ours()}; }
  static Bytes frame(const core::bfd::Ends& ends, std::uint32_t my = 7, std::uint32_t your = 9) {
    return core::bfd::make_frame(
        kUs, kRouterMac, {}, ends,
        {.state = wire::BfdState::up, .my_discriminator = my, .your_discriminator = your});
  }
  std::size_t udp() const { return is_ip4() ? 34 : 54; }
  core::BfdRule rule() const { return {.source = theirs(), .destination = ours(), .ours = 9, .theirs = 7}; }
};

TEST_P(BfdFilters, LetThePeerInAndNobodyWhoWasRouted) {
  const auto filter = bfd_filter(std::vector{rule()});
  const auto good = frame(from_them());
  EXPECT_TRUE(passes(filter, good));
  EXPECT_FALSE(passes(filter, with(good, is_ip4() ? 22 : 21, 254))) << "GTSM";
  EXPECT_FALSE(passes(filter, with(good, is_ip4() ? 29 : 37, 77))) << "source";
  EXPECT_FALSE(passes(filter, with(good, is_ip4() ? 33 : 53, 77))) << "destination";
  auto ends = from_them();
  ends.port = core::bfd::kMemberPort;
  EXPECT_FALSE(passes(filter, frame(ends)));
  EXPECT_TRUE(passes(micro_bfd_filter(std::vector{rule()}), frame(ends)));
  EXPECT_FALSE(passes(micro_bfd_filter(std::vector{rule()}), good));
  if (is_ip4()) {
    EXPECT_TRUE(passes(filter, with_options(good)));
  }
}

TEST_P(BfdFilters, LetInWhatTheSessionBelieves) {
  auto wanted = rule();
  const auto up = bfd_filter(std::vector{wanted});
  EXPECT_TRUE(passes(up, frame(from_them(), 7, 0))) << "a peer that hears us no more";
  EXPECT_FALSE(passes(up, frame(from_them(), 8, 9)));
  EXPECT_FALSE(passes(up, frame(from_them(), 7, 8)));
  wanted.theirs.reset();
  const auto down = bfd_filter(std::vector{wanted});
  EXPECT_TRUE(passes(down, frame(from_them(), 8, 0)));
  EXPECT_FALSE(passes(down, frame(from_them(), 0, 9)));
  EXPECT_FALSE(passes(down, frame(from_them(), 7, 8)));
}

TEST_P(BfdFilters, LookBehindTagsAndIpv4Options) {
  const auto filter = bfd_filter(std::vector{rule()});
  const auto tagged = [&](std::uint32_t your) {
    return untagged_once(core::bfd::make_frame(
        kUs, kRouterMac, kTwo, from_them(),
        {.state = wire::BfdState::up, .my_discriminator = 7, .your_discriminator = your}));
  };
  EXPECT_TRUE(passes(filter, tagged(9)));
  EXPECT_FALSE(passes(filter, tagged(8)));
}

TEST_P(BfdFilters, KnowEveryPeerOfSixteenAndNoOther) {
  std::vector<core::BfdRule> rules;
  for (std::uint32_t i = 0; i < 16; ++i) {
    auto each = rule();
    std::visit([&](auto& source) { source.back() = static_cast<std::uint8_t>(100 + i); }, each.source);
    each.ours = 1000 + i;
    each.theirs = 0x80000000 + i;
    rules.push_back(each);
  }
  const auto filter = bfd_filter(rules);
  for (const auto& each : rules) {
    const core::bfd::Ends ends{.ours = each.source, .theirs = each.destination};
    EXPECT_TRUE(passes(filter, frame(ends, *each.theirs, each.ours)));
    EXPECT_FALSE(passes(filter, frame(ends, *each.theirs + 1, each.ours)));
    EXPECT_FALSE(passes(filter, frame(ends, *each.theirs, each.ours + 1)));
  }
  EXPECT_FALSE(passes(filter, frame(from_them(), *rules[0].theirs, rules[0].ours)));
}

TEST_P(BfdFilters, LetNothingInThatIsNoControlPacketOfOurs) {
  const auto filter = bfd_filter(std::vector{rule()});
  const auto good = frame(from_them());
  EXPECT_FALSE(passes(filter, with(good, udp() + 8, 0x40))) << "version 2";
  EXPECT_FALSE(passes(filter, with(good, udp() + 9, 0xc4))) << "authenticated";
  EXPECT_FALSE(passes(filter, with(good, udp() + 9, 0xc1))) << "multipoint";
  EXPECT_FALSE(passes(filter, with(good, udp() + 10, 0))) << "Detect Mult 0";
  EXPECT_FALSE(passes(filter, cut(good, udp() + 18)));
}

INSTANTIATE_TEST_SUITE_P(Families, BfdFilters, ::testing::Bool(),
                         [](const auto& ip4) { return ip4.param ? "Ipv4" : "Ipv6"; });

constexpr wire::Marker kMarker{.kind = wire::Marker::Kind::information, .requester_system = kUs};

TEST(SlowProtocolsFilters, TellLacpdusFromMarkersAndBothFromTheRest) {
  const auto lacpdu = wire::build_lacpdu(kUs, {});
  const auto marker = wire::build_marker(kUs, kMarker);
  EXPECT_TRUE(passes(lacpdu_filter(), lacpdu));
  EXPECT_TRUE(passes(lacpdu_filter(), with(lacpdu, 15, 2))) << "version 2";
  EXPECT_TRUE(passes(marker_filter(), marker));
  EXPECT_FALSE(passes(lacpdu_filter(), marker));
  EXPECT_FALSE(passes(marker_filter(), lacpdu));
  const std::pair<std::size_t, std::uint8_t> spoilt[] = {{0, 2},  {5, 3},   {13, 8}, {14, 10}, {15, 0},
                                                         {16, 3}, {17, 19}, {36, 1}, {37, 19}};
  for (const auto& [at, octet] : spoilt) EXPECT_FALSE(passes(lacpdu_filter(), with(lacpdu, at, octet))) << at;
  EXPECT_FALSE(passes(lacpdu_filter(), cut(lacpdu, lacpdu.size() - 1)));
  EXPECT_FALSE(passes(marker_filter(), cut(marker, marker.size() - 1)));
  EXPECT_FALSE(passes(marker_filter(), with(marker, 16, 2))) << "a response: nobody here asked";
  EXPECT_FALSE(passes(marker_filter(), with(marker, 17, 21)));
}

TEST(DiscoveryFilters, PassLldpAndCdpAloneAndOnlyWithTheirHeads) {
  const wire::Bytes lldp{0x01, 0x80, 0xc2, 0,    0, 0x0e, 2, 0, 0,    0, 0,    1,    0x88, 0xcc,
                         0x02, 0x02, 7,    0x61, 4, 2,    5, 0, 0x62, 6, 0x02, 0x00, 0x78, 0};
  const wire::Bytes cdp{0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc, 2,    0,    0,    0,    0,   1, 0,
                        0x10, 0xaa, 0xaa, 0x03, 0,    0,    0x0c, 0x20, 0x00, 0x02, 180, 0, 0};
  EXPECT_TRUE(passes(lldp_filter(), lldp));
  EXPECT_TRUE(passes(lldp_filter(), with(lldp, 5, 0x03))) << "nearest non-TPMR bridge";
  EXPECT_TRUE(passes(lldp_filter(), with(lldp, 5, 0x00))) << "nearest customer bridge";
  for (const auto& [at, octet] : {std::pair<std::size_t, std::uint8_t>{0, 0}, {5, 2}, {13, 0xcd}, {14, 4}}) {
    EXPECT_FALSE(passes(lldp_filter(), with(lldp, at, octet))) << at;
  }
  EXPECT_TRUE(passes(cdp_filter(), cdp));
  for (const auto& [at, octet] :
       {std::pair<std::size_t, std::uint8_t>{0, 0}, {5, 0}, {14, 0}, {20, 0}, {21, 3}}) {
    EXPECT_FALSE(passes(cdp_filter(), with(cdp, at, octet))) << at;
  }
  EXPECT_FALSE(passes(lldp_filter(), cdp));
  EXPECT_FALSE(passes(cdp_filter(), lldp));
}

/// Two bonds back to back, micro-BFD between them; a frame comes in only if the filter of that moment lets
/// it.
class FilteredBonds : public ::testing::Test {
 protected:
  struct End {
    explicit End(wire::Ipv4Address ours, wire::Ipv4Address theirs) : lab(options(theirs)) {
      core::Surroundings around;
      around.own_ipv4 = {ours};
      around.paths = {{.target = theirs, .kind = core::WayKind::bond, .next_hop = theirs, .source = ours}};
      lab.bond.surroundings(around);
      lab.with_slaves(2);
    }
    static core::BondOptions options(wire::Ipv4Address theirs) {
      auto options = core::BondLab::unpolled(core::Mode::balance_xor);
      options.path_monitor = core::PathMonitor::micro_bfd;
      options.path_target = {theirs};
      options.path_interval = core::Milliseconds{10};
      return options;
    }
    core::BondLab lab;
  };
  void carry(End& from, End& to, const core::Actions& actions) {
    for (const auto& action : actions) {
      const auto* sent = std::get_if<core::action::Transmit>(&action);
      if (!sent || is_cut) continue;
      const auto wanted = to.lab.bond.listening(sent->slave);
      if (!passes(micro_bfd_filter(*wanted.micro_bfd), sent->frame)) continue;
      ++heard;
      carry(to, from, to.lab.bond.frame_received(sent->slave, sent->frame, to.lab.now));
    }
  }
  void pass(core::Duration duration) {
    for (const auto end = here.lab.now + duration; here.lab.now < end;) {
      carry(here, there, here.lab.after(core::Milliseconds{1}));
      carry(there, here, there.lab.after(core::Milliseconds{1}));
    }
  }
  bool all_up() const {
    for (const auto* end : {&here, &there}) {
      for (const auto& slave : end->lab.status().slaves) {
        if (slave.mii_status != core::MiiStatus::up) return false;
      }
    }
    return true;
  }
  End here{kOurs, kRouter}, there{kRouter, kOurs};
  bool is_cut = false;
  unsigned heard = 0;
};

TEST_F(FilteredBonds, ComeUpByBfdFallApartAndComeBack) {
  pass(std::chrono::seconds(2));  // sessions come up slowly
  heard = 0;
  pass(std::chrono::seconds(1));
  EXPECT_TRUE(all_up());
  EXPECT_GT(heard, 400U) << "every 10 ms at the latest, on two links in two directions";
  is_cut = true;
  pass(std::chrono::milliseconds(100));
  EXPECT_FALSE(all_up());
  is_cut = false;
  pass(std::chrono::seconds(3));
  EXPECT_TRUE(all_up());
}

TEST(ArpThroughFilters, EveryAnswerAndEveryQuestionOfOurOwnPasses) {
  auto options = core::watched(core::Mode::active_backup);
  options.ns_ip6_target = {kRouter6};
  core::ArpLab lab(options);
  lab.run(std::chrono::seconds(1));
  const auto wanted = lab.bond.listening(core::nic(1));
  const auto arps = arp_filter(*wanted.arp), nds = nd_filter(*wanted.nd);
  unsigned asked = 0;
  for (const auto& [slave, frame] : lab.sent) {
    const bool is_arp = wire::parse_ethernet(frame)->header.ethertype == wire::ethertype::kArp;
    EXPECT_TRUE(passes(is_arp ? arps : nds, frame)) << "a backup hears the active slave ask";
    EXPECT_FALSE(passes(is_arp ? nds : arps, frame));
    ++asked;
  }
  EXPECT_GT(asked, 10U);
  EXPECT_TRUE(passes(arps, lab.reply(core::mac(1))));
  EXPECT_FALSE(passes(arps, lab.reply(core::mac(1), kStranger)));
  EXPECT_FALSE(passes(arps, lab.reply(core::mac(1), kRouter, kStranger)));
}

}  // namespace
}  // namespace ebond::os
