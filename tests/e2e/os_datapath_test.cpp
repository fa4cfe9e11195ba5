// The programs in the kernel by themselves: no daemon, no core.
#include <algorithm>
#include <vector>

#include "tests/e2e/datapath_bench.h"
#include "tests/e2e/eventually.h"

namespace ebond::os {
namespace {

class DatapathTest : public DatapathBench {
 protected:
  void publish(const std::vector<SlotId>& buckets, const std::vector<SlotId>& standby) {
    core::Table table{.buckets = buckets, .standby = standby, .slots = {}};
    for (int i = 0; i < kSlaves; ++i) {
      table.slots.push_back({.slot = SlotId(i), .ifindex = index(i)});
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
