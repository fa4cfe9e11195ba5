#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <thread>

#include "lab/eventually.h"
#include "os/multicast.h"
#include "os/netns.h"
#include "os/packet_socket.h"
#include "os/rtnetlink.h"
#include "tests/e2e/os_namespace.h"
#include "wire/lacpdu.h"

namespace ebond::os {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using enum FrameReceiver::SlowFrames;
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

/// `at`: bytes of the payload that are not zero.
wire::Bytes frame(std::uint16_t ethertype, const std::map<std::size_t, std::uint8_t>& at = {}) {
  wire::Writer writer;
  writer.mac(wire::kSlowProtocolsGroup).mac(kSender).u16(ethertype).zeros(80);
  auto bytes = std::move(writer).finish();
  for (const auto& [offset, value] : at) bytes.at(14 + offset) = value;
  return bytes;
}

const auto kArp = frame(0x0806);
const auto kSolicitation = frame(0x86dd, {{6, 58}, {40, 135}});
const auto kAdvertisement = frame(0x86dd, {{6, 58}, {40, 136}});
const auto kRouterAdvertisement = frame(0x86dd, {{6, 58}, {40, 134}});
const auto kPing = frame(0x0800, {{0, 0x45}, {9, 1}, {20, 8}});
const auto kPong = frame(0x0800, {{0, 0x45}, {9, 1}, {20, 0}});
const auto kPongWithOptions = frame(0x0800, {{0, 0x46}, {9, 1}, {20, 7}, {24, 0}});
const auto kPongFragment = frame(0x0800, {{0, 0x45}, {7, 1}, {9, 1}});
const auto kPong6 = frame(0x86dd, {{6, 58}, {40, 129}});
const auto kBfd = frame(0x0800, {{0, 0x45}, {9, 17}, {22, 0x0e}, {23, 0xc8}});
const auto kBfd6 = frame(0x86dd, {{6, 17}, {42, 0x0e}, {43, 0xc8}});
const auto kOtherUdp = frame(0x0800, {{0, 0x45}, {9, 17}, {22, 0x0e}, {23, 0xc9}});
const auto kLacpdu = wire::build_lacpdu(kSender, {});

TEST_F(Receivers, ProbesAreHeardByTheirKindAndNothingElseIs) {
  auto arp = must(FrameReceiver::open_probes(home, eth0, {.arp = true}));
  auto nd = must(FrameReceiver::open_probes(home, eth0, {.nd = true}));
  auto icmp = must(FrameReceiver::open_probes(home, eth0, {.icmp = true}));
  auto bfd = must(FrameReceiver::open_probes(home, eth0, {.bfd = true}));
  auto all =
      must(FrameReceiver::open_probes(home, eth0, {.arp = true, .nd = true, .icmp = true, .bfd = true}));
  for (const auto& each : {kArp, kSolicitation, kAdvertisement, kRouterAdvertisement, kPing, kPong,
                           kPongWithOptions, kPongFragment, kPong6, kBfd, kBfd6, kOtherUdp, kLacpdu}) {
    send(each);
  }
  EXPECT_EQ(drain(arp, 1), (std::vector<wire::Bytes>{kArp}));
  EXPECT_EQ(drain(nd, 2), (std::vector<wire::Bytes>{kSolicitation, kAdvertisement}));
  EXPECT_EQ(drain(icmp, 3), (std::vector<wire::Bytes>{kPong, kPongWithOptions, kPong6}));
  EXPECT_EQ(drain(bfd, 2), (std::vector<wire::Bytes>{kBfd, kBfd6}));
  EXPECT_EQ(drain(all, 8), (std::vector<wire::Bytes>{kArp, kSolicitation, kAdvertisement, kPong,
                                                     kPongWithOptions, kPong6, kBfd, kBfd6}));
}

TEST_F(Receivers, SlowProtocolsAreHeardAndTheirGroupIsTakenForAsLong) {
  const auto lists = must(MulticastLists::open(home));
  {
    auto receiver = must(FrameReceiver::open_slow_protocols(home, eth0, lacpdus));
    EXPECT_THAT(must(lists.list(eth0)), Contains(wire::kSlowProtocolsGroup));
    send(kArp);
    send(kLacpdu);
    must(sender.send(eth0, kLacpdu));  // its own
    EXPECT_EQ(drain(receiver, 1), (std::vector<wire::Bytes>{kLacpdu}));
  }
  EXPECT_THAT(must(lists.list(eth0)), Not(Contains(wire::kSlowProtocolsGroup)));
}

TEST_F(Receivers, LacpdusAreHeardApartFromWhatOnlySharesTheirEtherType) {
  auto partner = must(FrameReceiver::open_slow_protocols(home, eth0, lacpdus));
  auto rubbish = must(FrameReceiver::open_slow_protocols(home, eth0, others));
  const auto spoilt = [](std::size_t at, std::uint8_t octet) {
    auto frame = kLacpdu;
    frame.at(at) = octet;
    return frame;
  };
  const auto shorter = wire::Bytes(kLacpdu.begin(), kLacpdu.end() - 1);
  const auto marker = spoilt(14, 2), version_zero = spoilt(15, 0), no_actor = spoilt(16, 3),
             no_partner = spoilt(37, 19), version_two = spoilt(15, 2);
  for (const auto& frame : {shorter, marker, version_zero, no_actor, no_partner, kLacpdu, version_two}) {
    send(frame);
  }
  EXPECT_EQ(drain(partner, 2), (std::vector<wire::Bytes>{kLacpdu, version_two}));
  EXPECT_EQ(drain(rubbish, 5),
            (std::vector<wire::Bytes>{shorter, marker, version_zero, no_actor, no_partner}));
}

TEST_F(Receivers, WhatComesFasterThanItIsReceivedIsLostAndCounted) {
  auto receiver = must(FrameReceiver::open_slow_protocols(home, eth0, lacpdus));
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
