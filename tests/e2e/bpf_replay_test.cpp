// The sending program in the kernel and the same program in this process (os/replay.h): each frame leaves by
// the same slave.
#include <random>

#include "os/replay.h"
#include "tests/e2e/bpf_bench.h"
#include "wire/ip_header.h"

namespace ebond::os {
namespace {

/// Frames of all kinds that the program tells apart, and some that are none of them.
class Frames {
 public:
  explicit Frames(std::uint32_t seed) : random_(seed) {}

  wire::Bytes next() {
    auto made = untagged();
    constexpr int kTagged = 3;  // one of so many
    if (below(kTagged) == 0) made = tag(std::move(made), below(2) == 0 ? 0x8100 : 0x88a8);
    if (below(kTagged * kTagged) == 0) made = tag(std::move(made), 0x8100);
    constexpr std::uint32_t kCut = 20;
    if (below(kCut) == 0) made.resize(60);
    return made;
  }

 private:
  std::uint32_t below(std::uint32_t end) { return random_() % end; }
  std::uint8_t octet() { return static_cast<std::uint8_t>(below(256)); }

  wire::Bytes tag(wire::Bytes frame, std::uint16_t protocol) {
    const auto id = static_cast<std::uint16_t>(1 + below(4000) + (below(8) << 13));
    const std::uint8_t octets[] = {static_cast<std::uint8_t>(protocol >> 8),
                                   static_cast<std::uint8_t>(protocol & 0xff),
                                   static_cast<std::uint8_t>(id >> 8), static_cast<std::uint8_t>(id & 0xff)};
    frame.insert(frame.begin() + 12, std::begin(octets), std::end(octets));
    return frame;
  }
  wire::Bytes untagged() {
    wire::Writer out;
    const auto to =
        below(5) == 0 ? MacAddress::broadcast() : MacAddress({2, 0, octet(), octet(), octet(), octet()});
    out.mac(to).mac(MacAddress({2, octet(), octet(), octet(), octet(), octet()}));
    switch (below(8)) {
      case 0:
        out.u16(0x0806).u16(1).u16(0x0800).u8(6).u8(4).u16(1);
        break;
      case 1:
        out.u16(0x88b5);
        break;
      case 2:
      case 3:
        out.u16(0x86dd).bytes(packet6(2));
        break;
      default:
        out.u16(0x0800).bytes(packet4(2));
    }
    for (int i = 0; i < 64; ++i) out.u8(octet());
    return std::move(out).finish();
  }
  std::uint8_t protocol() {
    constexpr std::uint8_t kSome[] = {1, 6, 6, 17, 17, 50, 51, 58, 132, 136, 2, 99};
    return kSome[below(std::size(kSome))];
  }
  wire::Bytes payload(std::uint8_t& next, int deeper) {
    wire::Writer out;
    const auto kind = deeper == 0 ? 9 : below(10);
    if (kind == 0) {
      next = 4;
      out.bytes(packet4(deeper - 1));
    } else if (kind == 1) {
      next = 41;
      out.bytes(packet6(deeper - 1));
    } else if (kind == 2) {
      next = 47;
      out.u16(0).u16(0x0800).bytes(packet4(deeper - 1));
    } else {
      next = protocol();
      constexpr std::uint8_t kTypes[] = {0, 3, 8, 11, 13, 128, 129, 135, 1};
      out.u8(next == 1 || next == 58 ? kTypes[below(std::size(kTypes))] : octet());
      for (int i = 0; i < 11; ++i) out.u8(octet());
    }
    return std::move(out).finish();
  }
  wire::Bytes packet4(int deeper) {
    std::uint8_t next = 0;
    const auto inside = payload(next, deeper);
    wire::Writer out;
    const std::uint16_t fragment = below(8) == 0 ? 0x2000 : 0;
    out.u8(0x45)
        .u8(0)
        .u16(static_cast<std::uint16_t>(20 + inside.size()))
        .u16(0)
        .u16(fragment)
        .u8(64)
        .u8(next)
        .u16(0);
    for (int i = 0; i < 8; ++i) out.u8(octet());
    return std::move(out.bytes(inside)).finish();
  }
  wire::Bytes packet6(int deeper) {
    std::uint8_t next = 0;
    const auto inside = payload(next, deeper);
    wire::Writer out;
    out.u32(0x60000000).u16(static_cast<std::uint16_t>(inside.size())).u8(next).u8(64);
    for (int i = 0; i < 32; ++i) out.u8(octet());
    return std::move(out.bytes(inside)).finish();
  }

  std::mt19937 random_;
};

class ReplayTest : public DatapathBench {
 protected:
  void compare(const core::DatapathSpec& spec, const core::Table& table, int frames) {
    specialise(spec);
    path.publish(table);
    const Replay replay(spec, table);
    Frames source(static_cast<std::uint32_t>(std::to_underlying(spec.mode)) * 16 +
                  static_cast<std::uint32_t>(std::to_underlying(spec.xmit_hash_policy)));
    std::set<int> used;
    for (int i = 0; i < frames; ++i) {
      const auto sent = source.next();
      std::vector<int> foretold;
      for (const auto slot : replay.leaves_by(sent)) foretold.push_back(static_cast<int>(slot));
      std::ranges::sort(foretold);
      ASSERT_FALSE(foretold.empty());
      const auto ways = foretold.size() > 1 ? ways_of(sent, foretold.size()) : std::vector{way_of(sent)};
      ASSERT_EQ(ways, foretold) << "frame " << i;
      used.insert(ways.begin(), ways.end());
    }
    EXPECT_EQ(used.size(), spec.mode == Mode::active_backup ? 1U : std::size_t{kSlaves});
  }
  core::Table four() { return table({2, 0, 3, 1}, {}, {0, 1, 2, 3}); }
};

TEST_F(ReplayTest, ChoosesAsTheKernelDoesByEachPolicy) {
  for (const auto policy :
       {core::XmitHashPolicy::layer2, core::XmitHashPolicy::layer34, core::XmitHashPolicy::layer23,
        core::XmitHashPolicy::encap23, core::XmitHashPolicy::encap34, core::XmitHashPolicy::vlan_srcmac}) {
    SCOPED_TRACE(static_cast<int>(policy));
    compare({.mode = Mode::balance_xor, .xmit_hash_policy = policy}, four(), 150);
  }
}

TEST_F(ReplayTest, ChoosesAsTheKernelDoesInModesThatLookAtMore) {
  compare({.mode = Mode::active_backup}, table({2}, {0, 1}), 20);
  compare({.mode = Mode::broadcast}, four(), 10);
  compare({.mode = Mode::ieee8023ad,
           .xmit_hash_policy = core::XmitHashPolicy::layer34,
           .broadcast_neighbor = true},
          four(), 60);
  auto balanced = four();
  balanced.unbalanced = SlotId(1);
  balanced.bond_mac = kBondMac;
  for (auto& slot : balanced.slots) {
    slot.own_mac = mac(static_cast<std::uint8_t>(0x40 + std::to_underlying(slot.slot)));
    slot.rewrites_source = slot.slot != SlotId(1);
  }
  compare({.mode = Mode::balance_tlb, .xmit_hash_policy = core::XmitHashPolicy::layer34}, balanced, 100);
  compare({.mode = Mode::balance_alb, .by_destination = true}, balanced, 100);
  compare({.mode = Mode::balance_slb}, balanced, 100);
}

}  // namespace
}  // namespace ebond::os
