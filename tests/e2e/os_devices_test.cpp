#include <gmock/gmock.h>
#include <linux/if_ether.h>
#include <net/if.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "os/bond_device.h"
#include "os/ethtool.h"
#include "os/multicast.h"
#include "os/netns.h"
#include "os/packet_socket.h"
#include "os/rtnetlink.h"
#include "os/rtnetlink_events.h"
#include "os/stacked_elsewhere.h"
#include "os/sysctl.h"
#include "os/tc_filters.h"
#include "tests/e2e/os_namespace.h"

namespace ebond::os {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using testing::fresh_namespace;
using testing::must;
using ::testing::Not;

/// eth0 and far0, up and joined.
class Devices : public ::testing::Test {
 protected:
  Namespace home = fresh_namespace();
  Rtnetlink net = must(Rtnetlink::open(home));
  IfIndex eth0{}, far0{};
  void SetUp() override {
    must(net.create_veth({.name = "eth0", .peer_name = "far0"}));
    eth0 = must(net.link("eth0")).ifindex;
    far0 = must(net.link("far0")).ifindex;
    must(net.set_up(eth0, true));
    must(net.set_up(far0, true));
  }
};

TEST(NamespaceTest, IsFoundAgainByItsIdentityWhileAProcessLivesInIt) {
  const auto home = fresh_namespace();
  EXPECT_EQ(Namespace::find(home.id()).error().errno_value, ENOENT);
  const auto visit = must(NamespaceScope::enter(home));
  EXPECT_EQ(must(Namespace::find(home.id())).id(), home.id());
}

TEST(NamespaceTest, AScopeEndsWhereItBegan) {
  const auto before = must(Namespace::current()).id();
  const auto home = fresh_namespace();
  {
    const auto visit = must(NamespaceScope::enter(home));
    EXPECT_EQ(must(Namespace::current()).id(), home.id());
  }
  EXPECT_EQ(must(Namespace::current()).id(), before);
}

TEST(NamespaceTest, RefusesWhatIsNoNetworkNamespace) {
  EXPECT_EQ(Namespace::open_path("/proc/self/ns/mnt").error().errno_value, EINVAL);
  EXPECT_EQ(Namespace::open_path("/dev/null").error().errno_value, EINVAL);
  EXPECT_EQ(Namespace::open_named("../../proc/self/ns/net").error().errno_value, EINVAL);
  EXPECT_EQ(Namespace::open_named("there-is-none").error().errno_value, ENOENT);
}

TEST_F(Devices, ABondHasQueuesToChooseAmongAndItsLowerHalfHasNone) {
  const auto device =
      must(BondDevice::create(home, net, "bond0", "0123456789abcdef", core::Bond0Device::veth));
  EXPECT_EQ(must(net.link(device.upper())).tx_queues, BondDevice::kTxQueues);
  EXPECT_EQ(must(net.link(device.lower())).tx_queues, 1U);
}

TEST_F(Devices, ABondsMacIsSetFromItsBirthSoThatUdevGivesItNone) {
  for (const auto kind : {core::Bond0Device::veth, core::Bond0Device::automatic}) {
    const auto device = must(BondDevice::create(home, net, "bond0", "0123456789abcdef", kind));
    const auto inside = must(NamespaceScope::enter(home));
    constexpr auto kIsSet =
        "unshare -m sh -c 'mount -t sysfs sysfs /sys && grep -qx 3 /sys/class/net/bond0/addr_assign_type'";
    EXPECT_EQ(std::system(kIsSet), 0);
    EXPECT_NE(must(net.link(device.upper())).mac, must(net.link(device.lower())).mac);
    must(device.destroy(net));
  }
}

TEST_F(Devices, EthtoolSeesTheLinkFallAtOnce) {
  const auto ethtool = must(Ethtool::open(home));
  EXPECT_TRUE(must(ethtool.link_up("eth0")));
  must(net.set_up(far0, false));
  EXPECT_FALSE(must(ethtool.link_up("eth0")));
  must(net.set_up(far0, true));
  EXPECT_TRUE(must(ethtool.link_up("eth0")));
  EXPECT_EQ(ethtool.link_up("nobody").error().errno_value, ENODEV);
}

TEST_F(Devices, EthtoolReadsSpeedAndDuplexAndSaysWhatADeviceLacks) {
  const auto ethtool = must(Ethtool::open(home));
  EXPECT_EQ(must(ethtool.link_state("eth0")), (core::LinkState{true, 10000, core::Duplex::full}));
  EXPECT_EQ(ethtool.mii_link_up("eth0").error().errno_value, EOPNOTSUPP);
  EXPECT_TRUE(must(ethtool.link_state("eth0", false)).carrier);
  EXPECT_EQ(ethtool.permanent_address("eth0").error().errno_value, EOPNOTSUPP);
}

wire::Bytes frame_of(std::uint16_t ethertype) {
  wire::Writer frame;
  frame.mac(MacAddress::broadcast()).mac(MacAddress({2, 0, 0, 0, 0, 1})).u16(ethertype).zeros(46);
  return std::move(frame).finish();
}

TEST_F(Devices, AReceiverHearsItsEthertypesAndNothingItsInterfaceSends) {
  const std::array<std::uint16_t, 2> wanted{0x8809, 0x88cc};
  auto receiver = must(FrameReceiver::open(home, eth0, wanted));
  const auto sender = must(FrameSender::open(home));
  must(sender.send(far0, frame_of(0x88b5)));
  must(sender.send(eth0, frame_of(0x8809)));
  must(sender.send(far0, frame_of(0x88cc)));
  must(sender.send(far0, frame_of(0x8809)));
  std::vector<wire::Bytes> heard;
  for (int i = 0; i < 2000 && heard.size() < 2; ++i) {
    std::this_thread::sleep_for(5ms);
    while (auto frame = must(receiver.receive())) heard.push_back(std::move(*frame));
  }
  EXPECT_EQ(heard, (std::vector{frame_of(0x88cc), frame_of(0x8809)}));
}

TEST_F(Devices, SendingOnAnInterfaceThatIsDownSaysSo) {
  must(net.set_up(far0, false));
  EXPECT_EQ(must(FrameSender::open(home)).send(far0, frame_of(0x8809)).error().errno_value, ENETDOWN);
}

TEST_F(Devices, SysctlsOfAnInterfaceWithADotInItsName) {
  must(net.set_up(eth0, false));
  must(net.set_name(eth0, "eth0.5"));
  EXPECT_EQ(must(read_interface_sysctl(home, IpFamily::ipv6, "eth0.5", "disable_ipv6")), "0");
  must(write_interface_sysctl(home, IpFamily::ipv6, "eth0.5", "disable_ipv6", "1"));
  EXPECT_EQ(must(read_interface_sysctl(home, IpFamily::ipv6, "eth0.5", "disable_ipv6")), "1");
  EXPECT_EQ(read_interface_sysctl(home, IpFamily::ipv4, "../all", "rp_filter").error().errno_value, EINVAL);
}

TEST_F(Devices, MulticastAddressesArePutOnAndTakenOff) {
  const auto lists = must(MulticastLists::open(home));
  const MacAddress group({0x01, 0x00, 0x5e, 0x01, 0x02, 0x03});
  EXPECT_THAT(must(lists.list(eth0)), Not(Contains(group)));
  must(lists.add("eth0", group));
  must(lists.add("eth0", group));
  EXPECT_THAT(must(lists.list(eth0)), Contains(group));
  EXPECT_THAT(must(lists.list(far0)), Not(Contains(group)));
  must(lists.remove("eth0", group));
  EXPECT_THAT(must(lists.list(eth0)), Not(Contains(group)));
  EXPECT_EQ(lists.remove("eth0", group).error().errno_value, ENOENT);
}

/// Reads until `enough` says so or ten seconds have passed.
template <class Enough>
std::vector<LinkEvent> events_until(LinkEvents& source, Enough enough) {
  std::vector<LinkEvent> all;
  for (int i = 0; i < 2000; ++i) {
    auto batch = must(source.read());
    all.insert(all.end(), batch.events.begin(), batch.events.end());
    for (const auto& event : batch.events) {
      if (enough(event)) return all;
    }
    std::this_thread::sleep_for(5ms);
  }
  ADD_FAILURE() << "the event did not come";
  return all;
}

TEST_F(Devices, EventsTellOfACarrierLost) {
  auto events = must(LinkEvents::open(home));
  must(net.set_up(far0, false));
  events_until(events, [&](const LinkEvent& event) {
    const auto* changed = std::get_if<LinkChanged>(&event);
    return changed != nullptr && changed->link.ifindex == eth0 && !changed->link.carrier();
  });
}

TEST_F(Devices, EventsTellOfAddressesThatComeAndGo) {
  auto events = must(LinkEvents::open(home));
  const Address address{.ifindex = eth0, .local = wire::Ipv4Address{192, 0, 2, 1}, .prefix_length = 24};
  const auto tells = [&](bool added) {
    return [&address, added](const LinkEvent& event) {
      const auto* changed = std::get_if<AddressChanged>(&event);
      return changed != nullptr && changed->address.local == address.local && changed->added == added;
    };
  };
  must(net.add_address(address));
  events_until(events, tells(true));
  must(net.delete_address(address));
  events_until(events, tells(false));
}

TEST_F(Devices, ADeletedLinkIsGoneAndAPortThatLeftItsBridgeIsNot) {
  must(net.create_bridge("br0"));
  must(net.set_master(eth0, must(net.link("br0")).ifindex));
  auto events = must(LinkEvents::open(home));
  must(net.set_master(eth0, std::nullopt));
  must(net.set_alias(far0, "marker"));
  const auto before = events_until(events, [](const LinkEvent& event) {
    const auto* changed = std::get_if<LinkChanged>(&event);
    return changed != nullptr && changed->link.alias == "marker";
  });
  for (const auto& event : before) EXPECT_FALSE(std::holds_alternative<LinkGone>(event));
  must(net.delete_link(eth0));
  const auto after = events_until(events, [&](const LinkEvent& event) {
    const auto* gone = std::get_if<LinkGone>(&event);
    return gone != nullptr && gone->link.ifindex == eth0 && gone->link.name == "eth0";
  });
  EXPECT_FALSE(after.empty());
}

TEST_F(Devices, ToAskWhatWasDroppedIsNoNewsAndAQdiscThatWentIs) {
  const auto inside = must(NamespaceScope::enter(home));
  must(add_clsact(eth0));
  auto events = must(LinkEvents::open(home));
  EXPECT_EQ(must(net.ingress_drops(eth0)), 0U);
  must(net.set_alias(far0, "marker"));
  const auto asked = events_until(events, [](const LinkEvent& event) {
    const auto* changed = std::get_if<LinkChanged>(&event);
    return changed != nullptr && changed->link.alias == "marker";
  });
  for (const auto& event : asked) EXPECT_FALSE(std::holds_alternative<FiltersChanged>(event));
  must(remove_empty_clsact(eth0));
  events_until(events, [&](const LinkEvent& event) {
    const auto* changed = std::get_if<FiltersChanged>(&event);
    return changed != nullptr && changed->ifindex == eth0 && changed->asked_by != 0;
  });
}

TEST_F(Devices, AnOverrunIsToldAndReadingGoesOn) {
  auto events = must(LinkEvents::open(home));
  const int tiny = 4096;
  ASSERT_EQ(::setsockopt(events.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &tiny, sizeof tiny), 0);
  for (int i = 0; i < 50; ++i) must(net.set_alias(far0, std::to_string(i)));
  EXPECT_TRUE(must(events.read()).overrun);
  must(net.set_alias(far0, "after"));
  EXPECT_FALSE(must(events.read()).events.empty());
}

TEST_F(Devices, AMacvlanIsSeenWhereNeitherANameNorAProcessLeads) {
  const auto away = fresh_namespace();
  {
    const auto visit = must(NamespaceScope::enter(home));
    ASSERT_EQ(std::system("ip link add link eth0 name mac0 type macvlan"), 0);
  }
  EXPECT_TRUE(links_stacked_elsewhere(home).empty());
  must(net.move_to(must(net.link("mac0")).ifindex, away));
  ASSERT_FALSE(Namespace::find(away.id())) << "something leads there";
  const auto seen = links_stacked_elsewhere(home);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen.front().name, "mac0");
  EXPECT_EQ(seen.front().lower, must(net.link("eth0")).ifindex);
}

}  // namespace
}  // namespace ebond::os
