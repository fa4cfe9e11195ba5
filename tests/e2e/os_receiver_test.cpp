#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <span>
#include <thread>

#include "lab/eventually.h"
#include "os/multicast.h"
#include "os/netns.h"
#include "os/packet_socket.h"
#include "os/rtnetlink.h"
#include "tests/e2e/os_namespace.h"
#include "wire/arp.h"
#include "wire/lacpdu.h"
#include "wire/marker.h"

namespace ebond::os {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using testing::fresh_namespace;
using testing::must;
using ::testing::Not;

constexpr MacAddress kSender({2, 0, 0, 0, 0, 1});

/// far0 sends, eth0 hears.
class Receivers : public ::testing::Test {
 protected:
  Namespace home = fresh_namespace();
  Rtnetlink net = must(Rtnetlink::open(home));
  FrameSender sender = must(FrameSender::open(home));
  IfIndex eth0{}, far0{};
  void SetUp() override {
    must(net.create_veth({.name = "eth0", .peer_name = "far0"}));
    eth0 = must(net.link("eth0")).ifindex;
    far0 = must(net.link("far0")).ifindex;
    must(net.set_up(eth0, true));
    must(net.set_up(far0, true));
  }
  void send(const wire::Bytes& frame) { must(sender.send(far0, frame)); }

  /// What the test sent, until `enough` frames are here, and a little longer; not what the kernel asks for
  /// its own addresses meanwhile.
  static std::vector<wire::Bytes> drain(FrameReceiver& receiver, std::size_t enough) {
    std::vector<wire::Bytes> heard;
    const auto read = [&] {
      while (auto frame = must(receiver.receive())) {
        if (std::ranges::equal(std::span(*frame).subspan(6, 6), kSender.octets()))
          heard.push_back(std::move(*frame));
      }
      return heard.size() >= enough;
    };
    lab::eventually(read, 10s);
    std::this_thread::sleep_for(50ms);
    read();
    return heard;
  }
};

constexpr wire::Ipv4Address kOurs{192, 0, 2, 1}, kTarget{192, 0, 2, 254}, kOtherAddress{192, 0, 2, 253};
const auto kLacpdu = wire::build_lacpdu(kSender, {});

wire::Bytes question_for(const wire::Ipv4Address& target) {
  return wire::arp_request(kSender, kOurs, target);
}
FrameFilter asking_for(const wire::Ipv4Address& target) {
  return arp_filter(std::vector<core::ArpRule>{{.senders = {kOurs}, .targets = {target}}});
}

TEST_F(Receivers, WhatPassesTheFilterIsHeardAndNothingElseIs) {
  auto one = must(FrameReceiver::open_filtered(home, eth0, asking_for(kTarget)));
  auto nobody = must(FrameReceiver::open_filtered(home, eth0, arp_filter({})));
  for (const auto& each : {question_for(kOtherAddress), question_for(kTarget), kLacpdu}) send(each);
  EXPECT_EQ(drain(one, 1), (std::vector<wire::Bytes>{question_for(kTarget)}));
  EXPECT_TRUE(drain(nobody, 0).empty());
}

TEST_F(Receivers, AnotherFilterTakesThePlaceOfTheFirstOnTheOpenSocket) {
  auto receiver = must(FrameReceiver::open_filtered(home, eth0, asking_for(kTarget)));
  must(receiver.filter(asking_for(kOtherAddress)));
  for (const auto& each : {question_for(kTarget), question_for(kOtherAddress)}) send(each);
  EXPECT_EQ(drain(receiver, 1), (std::vector<wire::Bytes>{question_for(kOtherAddress)}));
}

/// The kernel takes the tag off before the filter sees the frame.
TEST_F(Receivers, AFilterLooksBehindTheVlanTagWhichIsHeardAsItWas) {
  auto receiver = must(FrameReceiver::open_filtered(home, eth0, asking_for(kTarget)));
  const auto tagged = wire::arp_request(kSender, kOurs, kTarget, {{.priority = 3, .id = 7}});
  send(tagged);
  EXPECT_EQ(drain(receiver, 1), (std::vector<wire::Bytes>{tagged}));
}

/// Two tags: the filter finds one of them still in the frame.
TEST_F(Receivers, AFilterLooksBehindASecondTag) {
  auto receiver = must(FrameReceiver::open_filtered(home, eth0, asking_for(kTarget)));
  const wire::VlanTags tags{{.protocol = wire::ethertype::kServiceVlan, .id = 4}, {.id = 5}};
  const auto tagged = wire::arp_request(kSender, kOurs, kTarget, tags);
  send(wire::arp_request(kSender, kOurs, kOtherAddress, tags));
  send(tagged);
  EXPECT_EQ(drain(receiver, 1), (std::vector<wire::Bytes>{tagged}));
}

/// The largest programs there can be: a kernel before 6.8, which has less room, takes them too, also in place
/// of one another.
TEST_F(Receivers, TheKernelTakesTheLargestFilters) {
  constexpr std::size_t kTargets = 16;
  {
    const auto inside = must(NamespaceScope::enter(home));
    std::ofstream("/proc/sys/net/core/optmem_max")
        << 20480;  // no such file in a namespace of an older kernel
  }
  std::vector<core::ArpRule> arps(2);
  std::vector<core::NdRule> nds(3);
  std::vector<core::BfdRule> bfds;
  std::vector<core::EchoRule> echoes;
  for (std::uint8_t i = 0; i < kMaxChoices; ++i) {
    for (auto& rule : arps) {
      rule.senders.push_back({10, 0, 0, i});
      rule.targets.push_back({10, 0, 1, i});
      rule.target_macs.push_back(MacAddress({2, 0, 0, 0, 1, i}));
    }
    for (auto& rule : nds) {
      rule.sources.push_back({0xfd, i});
      rule.destinations.push_back({0xfe, i});
      if (i < kTargets) rule.targets.push_back({0xfc, i});
    }
    if (i < kTargets) {
      bfds.push_back({.source = wire::Ipv6Address{0xfd, i},
                      .destination = wire::Ipv6Address{0xfe},
                      .ours = ~0U,
                      .theirs = ~0U});
      echoes.push_back({.source = wire::Ipv6Address{0xfd, i}, .destination = wire::Ipv6Address{0xfe}});
    }
  }
  auto receiver = must(FrameReceiver::open_filtered(home, eth0, nd_filter(nds)));
  for (int i = 0; i < 3; ++i) {
    must(receiver.filter(arp_filter(arps)));
    must(receiver.filter(nd_filter(nds)));
    must(receiver.filter(bfd_filter(bfds)));
    must(receiver.filter(bfd_filter(bfds)));
    must(receiver.filter(echo_filter(echoes)));
  }
}

TEST_F(Receivers, SlowProtocolsAreHeardAndTheirGroupIsTakenForAsLong) {
  const auto lists = must(MulticastLists::open(home));
  {
    auto receiver = must(FrameReceiver::open_groups(home, eth0, wire::kSlowProtocolsEtherType,
                                                    {&wire::kSlowProtocolsGroup, 1}, lacpdu_filter()));
    EXPECT_THAT(must(lists.list(eth0)), Contains(wire::kSlowProtocolsGroup));
    send(question_for(kTarget));
    send(kLacpdu);
    must(sender.send(eth0, kLacpdu));  // its own
    EXPECT_EQ(drain(receiver, 1), (std::vector<wire::Bytes>{kLacpdu}));
  }
  EXPECT_THAT(must(lists.list(eth0)), Not(Contains(wire::kSlowProtocolsGroup)));
}

TEST_F(Receivers, LacpdusAreHeardApartFromMarkersAndRubbishByNobody) {
  auto partner = must(FrameReceiver::open_groups(home, eth0, wire::kSlowProtocolsEtherType,
                                                 {&wire::kSlowProtocolsGroup, 1}, lacpdu_filter()));
  auto markers = must(FrameReceiver::open_groups(home, eth0, wire::kSlowProtocolsEtherType,
                                                 {&wire::kSlowProtocolsGroup, 1}, marker_filter()));
  const auto marker =
      wire::build_marker(kSender, {.kind = wire::Marker::Kind::information, .requester_system = kSender});
  auto rubbish = kLacpdu;
  rubbish.at(15) = 0;
  for (const auto& frame : {rubbish, marker, kLacpdu}) send(frame);
  EXPECT_EQ(drain(partner, 1), (std::vector<wire::Bytes>{kLacpdu}));
  EXPECT_EQ(drain(markers, 1), (std::vector<wire::Bytes>{marker}));
}

TEST_F(Receivers, WhatComesFasterThanItIsReceivedIsLostAndCounted) {
  auto receiver = must(FrameReceiver::open_groups(home, eth0, wire::kSlowProtocolsEtherType,
                                                  {&wire::kSlowProtocolsGroup, 1}, lacpdu_filter()));
  constexpr std::uint64_t kFlood = 2000;
  for (std::uint64_t i = 0; i < kFlood; ++i) send(kLacpdu);
  std::size_t heard = 0;
  std::uint64_t lost = 0;
  EXPECT_TRUE(lab::eventually([&] {
    heard += drain(receiver, 1).size();
    lost += receiver.take_overflow();
    return heard + lost >= kFlood;
  }));
  EXPECT_EQ(heard + lost, kFlood);
  EXPECT_GT(heard, 10u);
  EXPECT_LT(heard, 500u);
  EXPECT_EQ(receiver.take_overflow(), 0u);
}

}  // namespace
}  // namespace ebond::os
