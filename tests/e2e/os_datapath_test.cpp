// The programs in the kernel by themselves: no daemon, no core.
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "os/bond_device.h"
#include "os/datapath.h"
#include "os/packet_socket.h"
#include "os/rtnetlink.h"
#include "os/sysctl.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/os_namespace.h"

namespace ebond::os {
namespace {

using core::SlotId;
using testing::fresh_namespace;
using testing::must;

//   bond0 ── lower half ── ebond_tx ──┬── s0 ── far0
//                                     ├── s1 ── far1    …
class DatapathTest : public ::testing::Test {
 protected:
  static constexpr int kSlaves = 4;
  const std::filesystem::path pins =
      std::filesystem::path("/sys/fs/bpf/ebond") / ("test-" + std::to_string(::getpid()));
  Namespace home = fresh_namespace();
  NamespaceScope inside = must(NamespaceScope::enter(home));
  Rtnetlink net = must(Rtnetlink::open(home));
  FrameSender sender = must(FrameSender::open(home));
  BondDevice device = must(BondDevice::create(home, net, "bond0"));
  LinkBits links = open_links();
  Datapath path =
      must(Datapath::create(pins / "bond", {.mode = core::Mode::active_backup}, device.lower(), links));

  LinkBits open_links() {
    must(make_pin_dir(pins));
    return must(LinkBits::open_or_create(pins));
  }
  void SetUp() override {
    must(write_interface_sysctl(home, IpFamily::ipv6, "bond0", "disable_ipv6", "1"));
    must(net.set_up(device.upper(), true));
    must(net.set_up(device.lower(), true));
    for (int i = 0; i < kSlaves; ++i) {
      must(net.create_veth({.name = name(i), .peer_name = "far" + std::to_string(i)}));
      for (const auto& end : {name(i), "far" + std::to_string(i)}) {
        // Nothing speaks but the test.
        must(write_interface_sysctl(home, IpFamily::ipv6, end, "disable_ipv6", "1"));
        must(net.set_up(must(net.link(end)).ifindex, true));
      }
      must(add_clsact(index(i)));
      must(path.attach_slave(index(i), SlotId(i)));
    }
  }
  void TearDown() override {
    path.remove();
    std::filesystem::remove_all(pins);
  }

  static std::string name(int slave) { return "s" + std::to_string(slave); }
  core::IfIndex index(int slave) { return must(net.link(name(slave))).ifindex; }
  void publish(const std::vector<SlotId>& buckets, const std::vector<SlotId>& standby) {
    core::Table table{.buckets = buckets, .standby = standby, .slots = {}};
    for (int i = 0; i < kSlaves; ++i) {
      table.slots.push_back({.slot = SlotId(i), .ifindex = index(i), .source_mac = {}});
    }
    path.publish(table);
  }
  void set_alive(int slave, bool alive) { links.set(path.link_of(SlotId(slave)), alive); }

  std::vector<std::uint64_t> sent_by_each() {
    std::vector<std::uint64_t> sent;
    for (int i = 0; i < kSlaves; ++i) sent.push_back(must(net.link(name(i))).counters.tx_packets);
    return sent;
  }
  /// The slave a frame out of bond0 leaves by; kNone where none does in the time given.
  int way_of_a_frame(std::chrono::milliseconds at_most = std::chrono::seconds(10)) {
    const auto before = sent_by_each();
    wire::Writer frame;
    frame.mac(MacAddress::broadcast()).mac(MacAddress({2, 0, 0, 0, 0, 1})).u16(0x88b5).zeros(46);
    must(sender.send(device.upper(), std::move(frame).finish()));
    lab::eventually([&] { return sent_by_each() != before; }, at_most);
    const auto after = sent_by_each();
    const auto changed = std::ranges::mismatch(before, after).in1;
    return changed == before.end() ? kNone : static_cast<int>(changed - before.begin());
  }
  bool drops_a_frame() { return way_of_a_frame(std::chrono::milliseconds(200)) == kNone; }
  static constexpr int kNone = -1;
};

TEST_F(DatapathTest, AFrameOfADeadLinkTakesTheNextLivingBucketThenTheStandbysInTheirOrder) {
  publish({SlotId(0), SlotId(1)}, {SlotId(2), SlotId(3)});
  EXPECT_EQ(way_of_a_frame(), 0);
  set_alive(0, false);
  EXPECT_EQ(way_of_a_frame(), 1);
  set_alive(1, false);
  EXPECT_EQ(way_of_a_frame(), 2);
  set_alive(2, false);
  EXPECT_EQ(way_of_a_frame(), 3);
  set_alive(3, false);
  EXPECT_TRUE(drops_a_frame());
  set_alive(1, true);
  EXPECT_EQ(way_of_a_frame(), 1);
}

TEST_F(DatapathTest, AStandbyAloneIsFoundBehindATableOfManyBuckets) {
  publish(std::vector<SlotId>(200, SlotId(0)), {SlotId(3)});
  EXPECT_EQ(way_of_a_frame(), 0);
  set_alive(0, false);
  EXPECT_EQ(way_of_a_frame(), 3);
}

TEST_F(DatapathTest, AnEmptyTableSendsNothing) {
  publish({}, {});
  EXPECT_TRUE(drops_a_frame());
  publish({SlotId(2)}, {});
  EXPECT_EQ(way_of_a_frame(), 2);
}

}  // namespace
}  // namespace ebond::os
