// What counts as heard: arp_validate in all its values, and frames somebody forged.
#include "core/judges/arp_evidence.h"

#include "arp_lab.h"
#include "wire/checksum.h"
#include "wire/ip_header.h"

namespace ebond::core {
namespace {

using testing::IsEmpty;
using Operation = wire::ArpPacket::Operation;

/// The kinds of frames a slave may hear, in the words of the driver's manual.
struct Heard {
  bool anything, arp, answer, own_probe;
};
struct EvidenceCase {
  ArpValidate validate;
  Heard active, backup;  ///< does it keep such a slave alive?
};
// The table of the manual's "arp_validate". A backup hears the active slave's probes, and it is those that
// are looked at if it is validated.
constexpr EvidenceCase kCases[] = {
    {ArpValidate::none, {true, true, true, true}, {true, true, true, true}},
    {ArpValidate::active, {false, false, true, false}, {true, true, true, true}},
    {ArpValidate::backup, {true, true, true, true}, {false, false, false, true}},
    {ArpValidate::all, {false, false, true, false}, {false, false, false, true}},
    {ArpValidate::filter, {false, true, true, true}, {false, true, true, true}},
    {ArpValidate::filter_active, {false, false, true, false}, {false, true, true, true}},
    {ArpValidate::filter_backup, {false, true, true, true}, {false, false, false, true}},
};

/// eth0 is active and eth1 stands by; the network is silent, and the test says what is heard.
class Validate : public testing::TestWithParam<EvidenceCase> {
 protected:
  static ArpLab silent_lab() {
    ArpLab lab(watched(Mode::active_backup, GetParam().validate));
    lab.run(1ms);
    return lab;
  }
  enum class Frame { none, anything, arp, answer, own_probe };
  /// Lets one slave hear only such frames and the other all it needs; is the first alive after two seconds?
  static bool lives(unsigned number, Frame kind) {
    ArpLab lab = silent_lab();
    lab.dead = {number};
    for (int round = 0; round < 20; ++round) {
      lab.run(100ms);
      const unsigned other = 1 - number;
      lab.stamps[other] = lab.now;
      if (number == 1) lab.hear(0, lab.reply(mac(1)));
      switch (kind) {
        case Frame::none:
          break;
        case Frame::anything:
          lab.stamps[number] = lab.now;
          break;
        case Frame::arp:
          lab.stamps[number] = lab.now;
          lab.hear(number, wire::arp_request(kRouterMac, kSecond, {192, 0, 2, 77}));
          break;
        case Frame::answer:
          lab.stamps[number] = lab.now;
          lab.hear(number, lab.reply(mac(1)));
          break;
        case Frame::own_probe:
          lab.stamps[number] = lab.now;
          lab.hear(number, wire::arp_request(mac(1), kOurs, kRouter));
          break;
      }
      if (lab.status_of(number) != MiiStatus::up) return false;
    }
    return true;
  }
};

TEST_P(Validate, WhatKeepsTheActiveSlaveAlive) {
  const auto& counts = GetParam().active;
  EXPECT_FALSE(lives(0, Frame::none));
  EXPECT_EQ(lives(0, Frame::anything), counts.anything);
  EXPECT_EQ(lives(0, Frame::arp), counts.arp);
  EXPECT_EQ(lives(0, Frame::answer), counts.answer);
  EXPECT_EQ(lives(0, Frame::own_probe), counts.own_probe);
}

TEST_P(Validate, WhatKeepsABackupAlive) {
  const auto& counts = GetParam().backup;
  EXPECT_FALSE(lives(1, Frame::none));
  EXPECT_EQ(lives(1, Frame::anything), counts.anything);
  EXPECT_EQ(lives(1, Frame::arp), counts.arp);
  EXPECT_EQ(lives(1, Frame::answer), counts.answer);
  EXPECT_EQ(lives(1, Frame::own_probe), counts.own_probe);
}

TEST_P(Validate, AsksTheDataPathForStampsOnlyWhereAnyFrameCounts) {
  const ArpLab lab(watched(Mode::active_backup, GetParam().validate));
  EXPECT_EQ(lab.bond.datapath_spec().stamp_rx, GetParam().active.anything || GetParam().backup.anything);
}

INSTANTIATE_TEST_SUITE_P(ArpValidate, Validate, testing::ValuesIn(kCases));

TEST(ArpListening, HearsWhatItsTargetsNeedAndNothingWhereAnyFrameWillDo) {
  auto options = watched(Mode::active_backup);
  const std::vector<ArpRule> arp{{.senders = {kRouter}, .targets = {kOurs}},
                                 {.senders = {kOurs}, .targets = {kRouter}}};
  EXPECT_EQ(ArpLab(options).bond.listening(nic(0)), (Listening{.discovery = true, .arp = arp}));
  EXPECT_EQ(ArpLab(options).bond.listening(nic(7)), Listening{}) << "not a slave";
  options.ns_ip6_target = {kRouter6};
  const Ipv6Address all_nodes{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const std::vector<NdRule> nd{
      {.sources = {kRouter6}, .destinations = {kOurs6, all_nodes}},
      {.kind = wire::NeighborMessage::Kind::solicitation, .sources = {kOurs6}, .targets = {kRouter6}}};
  EXPECT_EQ(ArpLab(options).bond.listening(nic(1)), (Listening{.discovery = true, .arp = arp, .nd = nd}));
  options.arp_validate = ArpValidate::none;
  EXPECT_EQ(ArpLab(options).bond.listening(nic(0)), Listening{.discovery = true});
  options.arp_interval = 0ms;
  EXPECT_EQ(ArpLab(options).bond.listening(nic(0)), Listening{.discovery = true});
}

TEST(ArpListening, HearsWhomeverWhereAnyNeighbourWillDoAndItsTargetsApart) {
  for (const auto validate : {ArpValidate::filter, ArpValidate::filter_active, ArpValidate::filter_backup}) {
    const ArpLab lab(watched(Mode::active_backup, validate));
    EXPECT_TRUE(lab.bond.listening(nic(0)).any_neighbour);
    EXPECT_EQ(lab.bond.listening(nic(0)).arp->size(), 2U);
  }
  EXPECT_FALSE(ArpLab(watched(Mode::active_backup)).bond.listening(nic(0)).any_neighbour);
}

TEST(ArpListening, HearsAnswersToNobodyWhereItAsksAsNobody) {
  ArpLab lab(watched(Mode::active_backup));
  lab.around.own_ipv4.clear();
  lab.bond.surroundings(lab.around);
  EXPECT_EQ(lab.bond.listening(nic(0)).arp,
            (std::vector<ArpRule>{{.senders = {kRouter}, .targets = {Ipv4Address{}}},
                                  {.senders = {Ipv4Address{}}, .targets = {kRouter}}}));
  const ArpLab lacp(watched(Mode::ieee8023ad));
  EXPECT_EQ(lacp.bond.listening(nic(0)).arp,
            (std::vector<ArpRule>{{.senders = {kRouter}, .targets = {kOurs, Ipv4Address{}}}}))
      << "ports ask as nobody, and nobody is proved by hearing another ask";
}

/// The frames' own rules, one forgery each.
class Forged : public testing::Test {
 protected:
  Surroundings around{.ipv4 = {}, .ipv6 = {}, .own_ipv4 = {kOurs}, .own_ipv6 = {kOurs6}};
  std::vector<Ipv4Address> arp_targets{kRouter, kSecond};
  std::vector<Ipv6Address> ns_targets{kRouter6};
  std::vector<MacAddress> own{mac(1), mac(2)};

  NeighborFrame::Known known(bool anonymous = false) const {
    return {.arp_targets = arp_targets,
            .ns_targets = ns_targets,
            .around = around,
            .own_macs = own,
            .asked_anonymously = anonymous};
  }
  std::optional<TargetIndex> answer(const wire::Bytes& bytes, bool anonymous = false) const {
    const auto frame = wire::parse_ethernet(bytes);
    const auto parsed = frame ? NeighborFrame::parse(*frame) : std::nullopt;
    return parsed ? parsed->from_target(known(anonymous)) : std::nullopt;
  }
  std::optional<TargetIndex> own_probe(const wire::Bytes& bytes) const {
    const auto frame = wire::parse_ethernet(bytes);
    const auto parsed = frame ? NeighborFrame::parse(*frame) : std::nullopt;
    return parsed ? parsed->own_probe(known(), mac(1)) : std::nullopt;
  }
  static wire::ArpPacket good() {
    return {.operation = Operation::reply,
            .sender_mac = kRouterMac,
            .sender_ip = kRouter,
            .target_mac = mac(1),
            .target_ip = kOurs};
  }
  static wire::Bytes arp(const wire::ArpPacket& packet, MacAddress source = kRouterMac) {
    return wire::build_arp(mac(1), source, {}, packet);
  }
  struct Advertisement {
    Ipv6Address source = kRouter6, destination = kOurs6, target = kRouter6;
    std::uint8_t hop_limit = 255, type = 136, code = 0;
    bool solicited = true;
    MacAddress mac = kRouterMac;
    int checksum_error = 0;
  };
  static wire::Bytes nd(const Advertisement& what) {
    wire::Writer icmp;
    icmp.u8(what.type).u8(what.code).u16(0).u8(what.solicited ? 0x60 : 0x20).zeros(3).bytes(what.target);
    icmp.u8(2).u8(1).mac(what.mac);
    auto body = std::move(icmp).finish();
    wire::InternetChecksum sum;
    sum.add_ipv6_pseudo_header(what.source, what.destination, body.size(), wire::ip_protocol::kIcmpv6)
        .add(body);
    wire::store_checksum(body, 2, static_cast<std::uint16_t>(sum.value() + what.checksum_error));
    wire::Writer out;
    wire::write_ethernet(
        out,
        {.destination = core::mac(1), .source = what.mac, .tags = {}, .ethertype = wire::ethertype::kIpv6});
    wire::write_ipv6(out,
                     {.traffic_class = 0,
                      .next_header = wire::ip_protocol::kIcmpv6,
                      .hop_limit = what.hop_limit,
                      .source = what.source,
                      .destination = what.destination},
                     body);
    return std::move(out).finish();
  }
};

TEST_F(Forged, ATargetsAnswerCountsForThatTarget) {
  EXPECT_EQ(answer(arp(good())), TargetIndex{0});
  auto second = good();
  second.sender_ip = kSecond;
  EXPECT_EQ(answer(arp(second)), TargetIndex{1});
  EXPECT_EQ(answer(nd({})), TargetIndex{2});
}

TEST_F(Forged, ATargetThatAsksIsHeardAsWell) {
  auto question = good();
  question.operation = Operation::request;
  EXPECT_EQ(answer(arp(question)), TargetIndex{0});
}

TEST_F(Forged, AnAnswerInAVlanIsAnAnswer) {
  EXPECT_EQ(answer(wire::build_arp(mac(1), kRouterMac, {{.id = 5}}, good())), TargetIndex{0});
}

TEST_F(Forged, AStrangersAnswerIsNone) {
  auto stranger = good();
  stranger.sender_ip = {192, 0, 2, 9};
  EXPECT_EQ(answer(arp(stranger)), std::nullopt);
  EXPECT_EQ(answer(nd({.source = kOurs6, .target = kOurs6})), std::nullopt);
}

TEST_F(Forged, AnAnswerToSomebodyElseIsNone) {
  auto elsewhere = good();
  elsewhere.target_ip = {192, 0, 2, 9};
  EXPECT_EQ(answer(arp(elsewhere)), std::nullopt);
  elsewhere.target_ip = kRouter;  // gratuitous
  EXPECT_EQ(answer(arp(elsewhere)), std::nullopt);
  EXPECT_EQ(answer(nd({.destination = kRouter6})), std::nullopt);
}

TEST_F(Forged, AnAnswerToNobodyCountsOnlyForWhoAskedFromNobody) {
  auto to_nobody = good();
  to_nobody.target_ip = {};
  EXPECT_EQ(answer(arp(to_nobody)), std::nullopt);
  EXPECT_EQ(answer(arp(to_nobody), true), TargetIndex{0});
  around.own_ipv4.clear();
  EXPECT_EQ(answer(arp(to_nobody)), TargetIndex{0});
}

TEST_F(Forged, AnEchoOfWhatWeSentIsNoAnswer) {
  EXPECT_EQ(answer(wire::arp_request(mac(1), kOurs, kRouter)), std::nullopt);
  EXPECT_EQ(answer(wire::neighbor_solicitation(mac(1), kOurs6, kRouter6)), std::nullopt);
  EXPECT_EQ(answer(arp(good(), mac(2))), std::nullopt) << "in the target's name, from our own MAC";
  auto ours = good();
  ours.sender_mac = mac(1);
  EXPECT_EQ(answer(arp(ours)), std::nullopt);
}

TEST_F(Forged, AMacNobodyCanHaveProvesNothing) {
  auto group = good();
  group.sender_mac = MacAddress::broadcast();
  EXPECT_EQ(answer(arp(group)), std::nullopt);
  EXPECT_EQ(answer(arp(good(), MacAddress{})), std::nullopt);
}

TEST_F(Forged, EveryTruncationOfAnAnswerIsNone) {
  for (const auto& whole : {arp(good()), nd({})}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_EQ(answer({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}), std::nullopt)
          << size;
    }
  }
}

TEST_F(Forged, AnyBitOfAnAdvertisementThatIsWrongMakesItNone) {
  const auto whole = nd({});
  constexpr std::size_t kHeader = 14;
  for (std::size_t bit = kHeader * 8; bit < whole.size() * 8; ++bit) {
    // Traffic class and flow label are routers' to change, and no checksum holds them.
    if (bit >= kHeader * 8 + 4 && bit < kHeader * 8 + 32) continue;
    auto wrong = whole;
    wrong[bit / 8] ^= static_cast<std::uint8_t>(0x80U >> bit % 8);
    EXPECT_EQ(answer(wrong), std::nullopt) << "bit " << bit;
  }
}

TEST_F(Forged, AnAdvertisementMustComeFromThisLinkAndSpeakOfItsSender) {
  EXPECT_EQ(answer(nd({.hop_limit = 254})), std::nullopt);
  EXPECT_EQ(answer(nd({.code = 1})), std::nullopt);
  EXPECT_EQ(answer(nd({.target = kOurs6})), std::nullopt) << "not of the address that was asked for";
  EXPECT_EQ(answer(nd({.type = 134})), std::nullopt) << "a router's advertisement";
  EXPECT_EQ(answer(nd({.checksum_error = 1})), std::nullopt);
  EXPECT_EQ(answer(nd({.mac = mac(2)})), std::nullopt) << "our own MAC";
}

TEST_F(Forged, AnUnsolicitedAdvertisementToAllNodesCountsAsInTheDriver) {
  EXPECT_EQ(answer(wire::unsolicited_na(kRouterMac, kRouter6, true)), TargetIndex{2});
}

TEST_F(Forged, OurProbeIsOurProbeOnlyAsWeSentIt) {
  EXPECT_EQ(own_probe(wire::arp_request(mac(1), kOurs, kSecond)), TargetIndex{1});
  EXPECT_EQ(own_probe(wire::neighbor_solicitation(mac(1), kOurs6, kRouter6)), TargetIndex{2});
  EXPECT_EQ(own_probe(wire::arp_request(mac(2), kOurs, kSecond)), std::nullopt) << "another slave's MAC";
  EXPECT_EQ(own_probe(wire::arp_request(kRouterMac, kOurs, kSecond)), std::nullopt) << "a stranger's";
  EXPECT_EQ(own_probe(wire::arp_request(mac(1), kRouter, kSecond)), std::nullopt) << "from another address";
  EXPECT_EQ(own_probe(wire::arp_request(mac(1), kOurs, {192, 0, 2, 9})), std::nullopt) << "for no target";
  EXPECT_EQ(own_probe(wire::arp_request(mac(1), {}, kRouter)), std::nullopt) << "we have an address";
  EXPECT_EQ(own_probe(wire::neighbor_solicitation(mac(1), {}, kRouter6)), std::nullopt);
  EXPECT_EQ(own_probe(arp(good())), std::nullopt) << "an answer";
}

/// Whole forgeries against a whole bond.
class ForgedAtABond : public Forged {};

TEST_F(ForgedAtABond, NothingForgedKeepsADeadPathAlive) {
  auto stranger = good();
  stranger.sender_ip = {192, 0, 2, 9};
  auto to_nobody = good();
  to_nobody.target_ip = {};
  const std::vector<wire::Bytes> forgeries = {arp(stranger), arp(to_nobody), arp(good(), mac(2)),
                                              wire::arp_request(mac(1), kOurs, kRouter),
                                              wire::build_arp(mac(9), kRouterMac, {}, good())};
  ArpLab lab(watched(Mode::active_backup));
  lab.run(1001ms);
  lab.dead = {0, 1};
  for (int round = 0; round < 100; ++round) {
    for (const auto& frame : forgeries) {
      lab.hear(0, frame);
      lab.hear(1, frame);
    }
    lab.run(10ms);
  }
  EXPECT_EQ(lab.active(), "");
}

TEST_F(ForgedAtABond, NothingForgedKillsALivingPath) {
  auto stranger = good();
  stranger.sender_ip = {192, 0, 2, 9};
  ArpLab lab(watched(Mode::active_backup));
  for (int round = 0; round < 300; ++round) {
    for (unsigned number : {0U, 1U}) {
      lab.hear(number, arp(stranger));
      lab.hear(number, wire::Bytes(static_cast<std::size_t>(round % 60), 0xff));
    }
    lab.run(10ms);
  }
  EXPECT_THAT(lab.log, IsEmpty());
}

TEST_F(ForgedAtABond, OurOwnProbesPlayedBackProveNoBackupOnceTheActiveSlaveIsUnanswered) {
  ArpLab lab(watched(Mode::active_backup));
  lab.run(1001ms);
  lab.silent = {kRouter};
  for (int round = 0; round < 300; ++round) {
    lab.hear(1, wire::arp_request(mac(1), kOurs, kRouter));
    lab.hear(0, wire::arp_request(mac(1), kOurs, kRouter));
    lab.run(10ms);
  }
  EXPECT_EQ(lab.active(), "");
}

}  // namespace
}  // namespace ebond::core
