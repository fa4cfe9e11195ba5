// The programs of balance-tlb and balance-alb by themselves: which frames are balanced, by the driver's
// rules, and what is written into them.
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/balance/rx_balance.h"
#include "os/bond_device.h"
#include "os/datapath.h"
#include "os/packet_socket.h"
#include "os/rtnetlink.h"
#include "os/sysctl.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/os_namespace.h"
#include "wire/arp.h"
#include "wire/ethernet.h"

namespace ebond::os {
namespace {

using core::Mode;
using core::SlotId;
using testing::fresh_namespace;
using testing::must;

MacAddress mac(std::uint8_t last) {
  return MacAddress({2, 0, 0, 0, 0, last});
}
const MacAddress kBondMac = mac(1), kOtherMac = mac(2), kClientMac = mac(0x99);
constexpr wire::Ipv4Address kServer{192, 0, 2, 1}, kClient{192, 0, 2, 10};

//   bond0 ── lower half ──┬── s0 ── far0    the active slave: the bond's MAC
//                         └── s1 ── far1    all buckets
class BalanceDatapath : public ::testing::TestWithParam<Mode> {
 protected:
  const std::filesystem::path pins =
      std::filesystem::path("/sys/fs/bpf/ebond") / ("test-balance-" + std::to_string(::getpid()));
  Namespace home = fresh_namespace();
  NamespaceScope inside = must(NamespaceScope::enter(home));
  Rtnetlink net = must(Rtnetlink::open(home));
  FrameSender sender = must(FrameSender::open(home));
  BondDevice device = must(BondDevice::create(home, net, "bond0"));
  LinkBits links = open_links();
  Datapath path = must(Datapath::create(
      pins / "bond", {.mode = mode(), .count_tx = true, .by_destination = mode() == Mode::balance_alb},
      device.lower(), links));
  std::vector<FrameReceiver> far;
  std::optional<FrameReceiver> up;
  bool takes_others = false;

  static Mode mode() { return GetParam(); }
  static bool is_alb() { return mode() == Mode::balance_alb; }

  LinkBits open_links() {
    must(make_pin_dir(pins));
    return must(LinkBits::open_or_create(pins));
  }
  void SetUp() override {
    for (const auto* each : {"bond0"}) {
      must(write_interface_sysctl(home, IpFamily::ipv6, each, "disable_ipv6", "1"));
    }
    must(net.set_mac(device.upper(), kBondMac));
    must(net.set_up(device.upper(), true));
    must(net.set_up(device.lower(), true));
    for (int i = 0; i < 2; ++i) {
      must(net.create_veth({.name = name(i), .peer_name = "far" + std::to_string(i)}));
      must(net.set_mac(index(name(i)), i == 0 || !is_alb() ? kBondMac : kOtherMac));
      for (const auto& end : {name(i), "far" + std::to_string(i)}) {
        must(write_interface_sysctl(home, IpFamily::ipv6, end, "disable_ipv6", "1"));
        must(net.set_up(index(end), true));
      }
      must(add_clsact(index(name(i))));
      must(path.attach_slave(index(name(i)), SlotId(i)));
      far.push_back(must(FrameReceiver::open(home, index("far" + std::to_string(i)), {})));
    }
    up.emplace(must(FrameReceiver::open(home, device.upper(), {})));
    publish();
  }
  void TearDown() override {
    path.remove();
    std::filesystem::remove_all(pins);
  }

  static std::string name(int slave) { return "s" + std::to_string(slave); }
  core::IfIndex index(const std::string& interface) { return must(net.link(interface)).ifindex; }
  void publish() {
    core::Table table{.buckets = std::vector<SlotId>(256, SlotId(1)), .standby = {SlotId(1)}, .slots = {}};
    table.unbalanced = SlotId(0);
    table.takes_others = takes_others;
    if (is_alb()) {
      table.bond_mac = kBondMac;
      table.receivers = std::vector<SlotId>(256, SlotId(0));
      table.receivers[core::RxBalance::hash(kClient)] = SlotId(1);
    }
    table.slots.push_back({.slot = SlotId(0), .ifindex = index("s0"), .accepts = true, .own_mac = kBondMac});
    table.slots.push_back({.slot = SlotId(1),
                           .ifindex = index("s1"),
                           .accepts = is_alb(),
                           .unicast_only = is_alb(),
                           .own_mac = kOtherMac,
                           .rewrites_source = true});
    path.publish(table);
  }

  static wire::Bytes frame(const MacAddress& to, std::uint16_t ethertype, const wire::Bytes& payload,
                           const MacAddress& from = kBondMac) {
    wire::Writer out;
    out.mac(to).mac(from).u16(ethertype).bytes(payload).zeros(60);
    return std::move(out).finish();
  }
  static wire::Bytes ipv4(std::uint8_t protocol, const wire::Ipv4Address& to) {
    wire::Writer out;
    out.u8(0x45).u8(0).u16(40).u32(0).u8(64).u8(protocol).u16(0).bytes(kServer).bytes(to);
    return std::move(out).finish();
  }
  static wire::Bytes ipv6(std::uint8_t next, std::uint8_t type, std::uint8_t source_last) {
    wire::Writer out;
    out.u32(0x60000000).u16(20).u8(next).u8(64);
    out.u32(source_last == 0 ? 0 : 0x20010db8).zeros(11).u8(source_last);
    out.u32(0x20010db8).zeros(11).u8(2).u8(type);
    return std::move(out).finish();
  }

  struct Seen {
    int where;
    wire::EthernetHeader header;
    wire::Bytes frame;
  };
  /// What left by which slave, of the next frame.
  std::optional<Seen> left_by(const wire::Bytes& sent) {
    must(sender.send(device.upper(), sent));
    std::optional<Seen> seen;
    lab::eventually(
        [&] {
          for (int i = 0; i < 2 && !seen; ++i) {
            if (auto got = must(far[i].receive())) seen = Seen{i, wire::parse_ethernet(*got)->header, *got};
          }
          return seen.has_value();
        },
        std::chrono::seconds(10));
    return seen;
  }
  void expect_balanced(const wire::Bytes& sent) {
    const auto seen = left_by(sent);
    ASSERT_TRUE(seen.has_value());
    EXPECT_EQ(seen->where, 1);
    EXPECT_EQ(seen->header.source, kOtherMac);
  }
  void expect_not_balanced(const wire::Bytes& sent) {
    const auto seen = left_by(sent);
    ASSERT_TRUE(seen.has_value());
    EXPECT_EQ(seen->where, 0);
    EXPECT_EQ(seen->header.source, kBondMac);
  }
  /// The destination of what came out of bond0 after this frame came in on a slave; none where nothing did.
  std::optional<MacAddress> taken(int slave, const wire::Bytes& came,
                                  std::chrono::milliseconds at_most = std::chrono::seconds(10)) {
    must(sender.send(index("far" + std::to_string(slave)), came));
    std::optional<MacAddress> to;
    lab::eventually(
        [&] {
          if (auto got = must(up->receive())) to = wire::parse_ethernet(*got)->header.destination;
          return to.has_value();
        },
        at_most);
    return to;
  }
  bool drops(int slave, const wire::Bytes& came) {
    return !taken(slave, came, std::chrono::milliseconds(200));
  }
  wire::Bytes from_client(const MacAddress& to) { return frame(to, 0x0800, ipv4(17, kServer), kClientMac); }
};
INSTANTIATE_TEST_SUITE_P(Modes, BalanceDatapath, ::testing::Values(Mode::balance_tlb, Mode::balance_alb),
                         [](const auto& tested) {
                           return tested.param == Mode::balance_tlb ? "BalanceTlb" : "BalanceAlb";
                         });

constexpr std::uint16_t kIpv4 = 0x0800, kIpv6 = 0x86dd;
const MacAddress kMulticast4({0x01, 0, 0x5e, 0, 0, 0xfb}), kMulticast6({0x33, 0x33, 0, 0, 0, 0xfb}),
    kAllNodes({0x33, 0x33, 0, 0, 0, 1});

TEST_P(BalanceDatapath, BalancesUnicastIpAndWritesTheSlavesMac) {
  expect_balanced(frame(kClientMac, kIpv4, ipv4(17, kClient)));
  expect_balanced(frame(kClientMac, kIpv6, ipv6(17, 0, 1)));
}

TEST_P(BalanceDatapath, SendsBroadcastsNeighbourDiscoveryAndOtherProtocolsByTheActiveSlave) {
  expect_not_balanced(frame(MacAddress::broadcast(), kIpv4, ipv4(17, {192, 0, 2, 255})));
  expect_not_balanced(frame(kClientMac, 0x88b5, {}));
  for (const std::uint8_t solicitation_or_advertisement : {135, 136}) {
    expect_not_balanced(frame(kClientMac, kIpv6, ipv6(58, solicitation_or_advertisement, 1)));
  }
  expect_balanced(frame(kClientMac, kIpv6, ipv6(58, 128, 1)));
}

TEST_P(BalanceDatapath, BalancesMulticastInBalanceAlbAlone) {
  for (const auto& sent :
       {frame(kMulticast4, kIpv4, ipv4(17, {224, 0, 0, 251})), frame(kMulticast6, kIpv6, ipv6(17, 0, 1))}) {
    if (is_alb()) {
      expect_balanced(sent);
    } else {
      expect_not_balanced(sent);
    }
  }
  expect_not_balanced(frame(kAllNodes, kIpv6, ipv6(17, 0, 1)));
  expect_not_balanced(frame(kMulticast4, kIpv4, ipv4(2, {224, 0, 0, 251})));
  expect_not_balanced(frame(kMulticast6, kIpv6, ipv6(17, 0, 0)));
}

TEST_P(BalanceDatapath, CountsBytesByBucketAndWhatIsNotBalanced) {
  left_by(frame(kClientMac, kIpv4, ipv4(17, kClient)));
  left_by(frame(MacAddress::broadcast(), 0x88b5, {}));
  const auto totals = must(path.tx_totals());
  EXPECT_EQ(std::ranges::count_if(totals.buckets, [](auto bytes) { return bytes > 0; }), 1);
  if (is_alb()) {
    EXPECT_EQ(totals.buckets[core::RxBalance::hash(kClient)], 94U);
  }
  EXPECT_EQ(totals.unbalanced, 74U);
}

TEST_P(BalanceDatapath, SendsWhatIsNotBalancedByTheStandbyOnceTheActiveSlaveIsDead) {
  links.set(path.link_of(SlotId(0)), false);
  const auto seen = left_by(frame(MacAddress::broadcast(), 0x88b5, {}));
  ASSERT_TRUE(seen.has_value());
  EXPECT_EQ(seen->where, 1);
  EXPECT_EQ(seen->header.source, kBondMac) << "it is about to be the active one";
  EXPECT_TRUE(taken(1, frame(MacAddress::broadcast(), 0x88b5, {}, kClientMac)).has_value());
}

TEST_P(BalanceDatapath, TakesBroadcastsFromTheActiveSlaveAlone) {
  const auto broadcast = frame(MacAddress::broadcast(), 0x88b5, {}, kClientMac);
  EXPECT_EQ(taken(0, broadcast), MacAddress::broadcast());
  EXPECT_TRUE(drops(1, broadcast));
}

TEST_P(BalanceDatapath, TakesUnicastOfTheOtherSlaveInBalanceAlbAndMakesItsMacTheBonds) {
  EXPECT_EQ(taken(0, from_client(kBondMac)), kBondMac);
  if (is_alb()) {
    EXPECT_EQ(taken(1, from_client(kOtherMac)), kBondMac);
    EXPECT_EQ(taken(1, from_client(mac(0x55))), mac(0x55)) << "somebody's above the bond";
  } else {
    EXPECT_TRUE(drops(1, from_client(kBondMac)));
  }
}

TEST_P(BalanceDatapath, TakesFramesForALostSlavesMacByTheActiveOneInBalanceAlb) {
  if (!is_alb()) return;
  EXPECT_EQ(taken(0, from_client(kOtherMac)), kOtherMac);
  takes_others = true;
  publish();
  EXPECT_EQ(taken(0, from_client(kOtherMac)), kBondMac);
  EXPECT_EQ(taken(0, from_client(mac(0x55))), mac(0x55));
}

TEST_P(BalanceDatapath, NamesTheClientsSlaveInAnArpToItInBalanceAlb) {
  const wire::ArpPacket reply{wire::ArpPacket::Operation::reply, kBondMac, kServer, kClientMac, kClient};
  const auto seen = left_by(wire::build_arp(kClientMac, kBondMac, {}, reply));
  ASSERT_TRUE(seen.has_value());
  const auto told = wire::parse_arp(wire::parse_ethernet(seen->frame)->payload);
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(seen->where, is_alb() ? 1 : 0);
  EXPECT_EQ(seen->header.source, is_alb() ? kOtherMac : kBondMac);
  EXPECT_EQ(told->sender_mac, is_alb() ? kOtherMac : kBondMac);
}

TEST_P(BalanceDatapath, NamesTheBondsMacInABroadcastRequestAndLeavesABridgedHostsArpAlone) {
  const auto request = left_by(wire::arp_request(kBondMac, kServer, kClient));
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->where, is_alb() ? 1 : 0);
  EXPECT_EQ(wire::parse_arp(wire::parse_ethernet(request->frame)->payload)->sender_mac, kBondMac);
  const auto bridged = left_by(wire::arp_request(mac(0x77), {192, 0, 2, 77}, kClient));
  ASSERT_TRUE(bridged.has_value());
  EXPECT_EQ(bridged->where, 0);
  EXPECT_EQ(bridged->header.source, mac(0x77));
  const auto announcement = left_by(wire::gratuitous_arp(kBondMac, kServer));
  ASSERT_TRUE(announcement.has_value());
  EXPECT_EQ(announcement->where, 0);
}

}  // namespace
}  // namespace ebond::os
