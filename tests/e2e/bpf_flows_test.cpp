// Which slave each of ten thousand flows leaves by, and which of them move: the core's tables in the kernel,
// counted at the far ends of the slaves.
#include <chrono>
#include <vector>

#include "core/bond.h"
#include "tests/e2e/bpf_bench.h"
#include "wire/ip_header.h"

namespace ebond::os {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::Eq;

constexpr int kFlows = 10'000;
using Ways = std::vector<int>;  ///< by flow: the slave it leaves by

class FlowsTest : public DatapathBench {
 protected:
  const core::TimePoint now{1s};
  /// A bond of `speeds.size()` slaves, each up.
  core::Bond bond_of(const core::BondOptions& options, const std::vector<std::uint32_t>& speeds) {
    core::Bond bond("bond0", device.upper(), MacAddress({2, 0, 0, 0, 0, 1}), true, options);
    bond.admin_state(true, now);
    for (std::size_t i = 0; i < speeds.size(); ++i) {
      const MacAddress mac({2, 0, 0, 0, 1, static_cast<std::uint8_t>(i)});
      const auto slave = static_cast<int>(i);
      must_be(bond.enslave({index(slave), name(slave), mac, mac, link(true, speeds[i])}, now));
    }
    return bond;
  }
  static core::LinkState link(bool carrier, std::uint32_t speed = 1000) {
    return {carrier, carrier ? speed : 0, core::Duplex::full};
  }
  void report(core::Bond& bond, int slave, bool carrier) {
    bond.link_report(index(slave), link(carrier), core::LinkSource::netlink, now);
  }
  static void must_be(const core::Outcome<>& done) {
    if (!done) throw std::runtime_error(done.error().message);
  }

  void load(const core::Bond& bond) { specialise(bond.datapath_spec()); }

  /// UDP between two hosts, a port for each flow.
  static wire::Bytes frame_of(int flow) {
    wire::Writer udp;
    udp.u16(static_cast<std::uint16_t>(10'000 + flow))
        .u16(4789)
        .u16(12)
        .u16(0)
        .u32(static_cast<std::uint32_t>(flow));
    wire::Writer frame;
    frame.mac(MacAddress({2, 0, 0, 0, 0, 2})).mac(MacAddress({2, 0, 0, 0, 0, 1})).u16(kIpv4);
    wire::write_ipv4(
        frame, {.protocol = wire::ip_protocol::kUdp, .source = {192, 0, 2, 1}, .destination = {192, 0, 2, 2}},
        std::move(udp).finish());
    return std::move(frame).finish();
  }
  static int flow_in(const wire::Bytes& frame) {
    constexpr std::size_t kHeaders = 14 + 20 + 8;
    wire::Reader read(wire::ByteView(frame).subspan(kHeaders));
    return static_cast<int>(read.u32());
  }

  /// Sends a frame of every flow and says where each came out.
  Ways ways(const core::Bond& bond) {
    constexpr int kBatch = 100;
    path.publish(bond.table());
    Ways ways(kFlows, -1);
    for (int first = 0; first < kFlows; first += kBatch) {
      for (int flow = first; flow < first + kBatch; ++flow) must(sender.send(device.upper(), frame_of(flow)));
      // Frames cross veths as they are sent; a busy machine may take its time.
      for (int left = kBatch, tries = 0; left > 0 && tries < 5000; ++tries) {
        for (int slave = 0; slave < kSlaves; ++slave) {
          while (const auto frame = must(far[static_cast<std::size_t>(slave)].receive())) {
            ways[static_cast<std::size_t>(flow_in(*frame))] = slave;
            --left;
          }
        }
        if (left > 0) ::usleep(1000);
      }
    }
    return ways;
  }
  static int count(const Ways& ways, int slave) { return static_cast<int>(std::ranges::count(ways, slave)); }
  /// Where the flows came from that are elsewhere now.
  static std::vector<int> origins_of_moved(const Ways& before, const Ways& after) {
    std::vector<int> origins;
    for (std::size_t flow = 0; flow < before.size(); ++flow) {
      if (before[flow] != after[flow]) origins.push_back(before[flow]);
    }
    return origins;
  }
  static core::BondOptions balance_xor() {
    core::BondOptions options;
    options.mode = core::Mode::balance_xor;
    options.xmit_hash_policy = core::XmitHashPolicy::layer34;
    return options;
  }
};

TEST_F(FlowsTest, AResilientTableMovesTheLostSlavesQuarterAndGivesItBack) {
  auto options = balance_xor();
  options.tx_table = core::TxTable::resilient;
  auto bond = bond_of(options, {1000, 1000, 1000, 1000});
  load(bond);
  const auto four = ways(bond);
  for (int slave = 0; slave < kSlaves; ++slave) EXPECT_NEAR(count(four, slave), kFlows / 4, kFlows / 40);
  ASSERT_EQ(count(four, -1), 0);

  report(bond, 2, false);
  const auto three = ways(bond);
  const auto moved = origins_of_moved(four, three);
  EXPECT_EQ(static_cast<int>(moved.size()), count(four, 2)) << "all of its own";
  EXPECT_THAT(moved, Each(Eq(2))) << "and no other's";
  RecordProperty("flows", kFlows);
  RecordProperty("moved", static_cast<int>(moved.size()));

  report(bond, 2, true);
  const auto again = ways(bond);
  EXPECT_NEAR(count(again, 2), kFlows / 4, kFlows / 40) << "its share";
  EXPECT_EQ(static_cast<int>(origins_of_moved(three, again).size()), count(again, 2)) << "and no more";
}

TEST_F(FlowsTest, ATableOfTheDriversKindMovesMost) {
  auto bond = bond_of(balance_xor(), {1000, 1000, 1000, 1000});
  load(bond);
  const auto four = ways(bond);
  report(bond, 2, false);
  EXPECT_GT(origins_of_moved(four, ways(bond)).size(), kFlows / 2U);
}

TEST_F(FlowsTest, WeightSpeedGivesOneAndTenGigabitTheirElevenths) {
  auto options = balance_xor();
  options.weight = core::Weight::speed;
  auto bond = bond_of(options, {1000, 10'000});
  load(bond);
  const auto shared = ways(bond);
  EXPECT_NEAR(count(shared, 0), kFlows / 11, kFlows / 110);
  EXPECT_EQ(count(shared, 0) + count(shared, 1), kFlows);
}

}  // namespace
}  // namespace ebond::os
