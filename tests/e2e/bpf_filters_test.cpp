// Our programs among the filters of others: who is asked first, what is never taken away, what is put back.
#include <linux/bpf.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "os/tcx.h"
#include "tests/e2e/bpf_bench.h"

namespace ebond::os {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;
using ::testing::SizeIs;

constexpr std::uint16_t kLast = 0xffff;

/// s0 accepts. `tap` is where filters of others mirror and redirect to.
class Filters : public DatapathBench {
 protected:
  const wire::Bytes came = frame(kBondMac, kIpv4, ipv4(17, kServer), kClientMac);
  core::IfIndex tap{};

  void SetUp() override {
    DatapathBench::SetUp();
    path.publish(table({0}, {}, {0}));
    must(net.create_veth({.name = "tap", .peer_name = "tap-end"}));
    for (const auto* end : {"tap", "tap-end"}) {
      must(write_interface_sysctl(home, IpFamily::ipv6, end, "disable_ipv6", "1"));
      must(net.set_up(must(net.link(end)).ifindex, true));
    }
    tap = must(net.link("tap")).ifindex;
  }
  void tc(const std::string& words) { ASSERT_EQ(std::system(("tc " + words).c_str()), 0) << words; }
  /// All IPv4 frames.
  void add_filter(int priority, const std::string& action) {
    tc("filter add dev s0 ingress prio " + std::to_string(priority) +
       " protocol ip u32 match u32 0 0 action " + action);
  }
  std::vector<TcFilter> on(core::IfIndex interface, TcSide side = TcSide::ingress) {
    auto filters = must(tc_filters(interface, side));
    std::erase_if(filters, [](const TcFilter& filter) { return filter.program == 0; });
    return filters;
  }
  /// The tcx programs on s0 by their ids, if this kernel has such.
  std::optional<std::vector<std::uint32_t>> ahead_of_tc() {
    const auto programs = tcx::programs_on(index(0));
    return programs ? std::optional(*programs) : std::nullopt;
  }
  static UniqueFd load(const char* name, int verdict) {
    const bpf_insn program[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = 0, .imm = verdict},
        {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
    return UniqueFd(
        bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, name, "GPL", program, std::size(program), nullptr));
  }
  std::uint64_t tapped() { return must(net.link(tap)).counters.tx_packets; }
  std::vector<std::string> repaired() {
    std::vector<std::string> said;
    for (const auto& each : must(path.repair())) said.push_back(each.what);
    return said;
  }
};

TEST_F(Filters, OursIsTheLastAndAFilterThatTakesOrGoesOnIsAskedBeforeIt) {
  EXPECT_THAT(on(index(0)), ElementsAre(Field(&TcFilter::priority, kLast)));
  add_filter(5, "mirred egress mirror dev tap continue");
  EXPECT_THAT(repaired(), IsEmpty());
  EXPECT_TRUE(come_in(0, came).has_value());
  EXPECT_EQ(tapped(), 1U);
  add_filter(65000, "mirred egress redirect dev tap");
  EXPECT_THAT(repaired(), IsEmpty());
  EXPECT_TRUE(drops(0, came));
  EXPECT_EQ(tapped(), 3U);
}

TEST_F(Filters, AFilterThatAcceptsIsShownWhatTheBondTook) {
  add_filter(5, "mirred egress mirror dev tap");
  EXPECT_TRUE(drops(0, came)) << "the kernel asks no further";
  EXPECT_THAT(repaired(), ElementsAre(HasSubstr("u32 at priority 5 accepts frames")));
  EXPECT_THAT(repaired(), IsEmpty());
  const StackEar ear(index(0), kTest);
  const auto before = tapped();
  EXPECT_TRUE(come_in(0, came).has_value());
  EXPECT_FALSE(heard(*up, kForNothing).has_value()) << "once";
  EXPECT_EQ(tapped(), before + 1);
  EXPECT_TRUE(come_in(0, frame(kBondMac, kTest, {}, kClientMac)).has_value());
  EXPECT_TRUE(ear.hears());
  tc("filter del dev s0 ingress prio 5");
  EXPECT_THAT(repaired(), ElementsAre(HasSubstr("behind the filters of others again")));
  EXPECT_THAT(on(index(0)), ElementsAre(Field(&TcFilter::priority, kLast)));
  EXPECT_TRUE(come_in(0, came).has_value());
}

TEST_F(Filters, WhatABackupDropsIsShownToAFilterThatAcceptsAndNotTakenByTheSlave) {
  must(path.detach_slave(index(1), SlotId(1), true));
  must(add_clsact(index(1)));
  tc("filter add dev s1 ingress prio 7 protocol ip u32 match u32 0 0 action mirred egress mirror dev tap");
  must(path.attach_slave(index(1), SlotId(1)));
  path.publish(table({0}, {}, {0}));
  EXPECT_TRUE(drops(1, came));
  EXPECT_EQ(tapped(), 1U);
  EXPECT_EQ(must(path.counters(SlotId(1))).rx_inactive, 1U);
}

TEST_F(Filters, FindsAPlaceBesideFiltersOfAnyPriority) {
  must(path.detach_slave(index(0), SlotId(0), true));
  must(add_clsact(index(0)));
  for (const int taken : {1, 49152, 65535}) add_filter(taken, "mirred egress mirror dev tap continue");
  must(path.attach_slave(index(0), SlotId(0)));
  path.publish(table({0}, {}, {0}));
  EXPECT_THAT(on(index(0)), ElementsAre(Field(&TcFilter::priority, kLast - 1)));
  EXPECT_TRUE(come_in(0, came).has_value());
}

// So it is for a moment while it goes to another place, and when a foreign filter comes or goes.
TEST_F(Filters, TakesAFrameOnceWhileOneCopyHangsBeforeTheFiltersOfOthersAndOneBehind) {
  const auto behind = on(index(0)).front();
  const UniqueFd behind_program(bpf_prog_get_fd_by_id(behind.program));
  const auto accepts = load("others", 0);  // TC_ACT_OK
  must(attach_program(index(0), accepts.get(), 7, 0x7));
  EXPECT_THAT(repaired(), ElementsAre(HasSubstr("goes before the filters of others")));
  const auto all = on(index(0));
  const auto others = std::ranges::find(all, 7, &TcFilter::priority);
  ASSERT_NE(others, all.end());
  must(remove_filter(index(0), *others));
  must(attach_program(index(0), behind_program.get(), kLast, 0xeb0d));
  ASSERT_THAT(on(index(0)), SizeIs(2));
  // What is taken by a redirect, and what is shared with the slave.
  for (const auto& sent : {came, frame(kBondMac, kTest, {}, kClientMac)}) {
    EXPECT_TRUE(come_in(0, sent).has_value());
    EXPECT_FALSE(heard(*up, kForNothing).has_value()) << "once";
  }
}

TEST_F(Filters, TakesOverTheProgramOfAnEarlierBuildWithoutLosingAFrame) {
  // Builds before this one stood at priority 1.
  const auto old = on(index(0)).front();
  const UniqueFd program(bpf_prog_get_fd_by_id(old.program));
  must(attach_program(index(0), program.get(), 1, 0xeb0d));
  must(remove_filter(index(0), old));
  ASSERT_THAT(on(index(0)), ElementsAre(Field(&TcFilter::priority, 1)));
  auto heir = must(Datapath::adopt(pins / "bond", {.mode = Mode::active_backup}, device.lower(), links));
  ASSERT_THAT(on(index(0)), ElementsAre(Field(&TcFilter::priority, 1)));

  constexpr int kFrames = 500;
  std::thread stream([&, far0 = must(net.link(far_name(0))).ifindex] {
    const auto there = must(NamespaceScope::enter(home));
    const auto own = must(FrameSender::open(home));
    for (int i = 0; i < kFrames; ++i) {
      must(own.send(far0, came));
      ::usleep(200);
    }
  });
  for (int i = 0; i < 5; ++i) {
    must(heir.respecialise({.mode = Mode::active_backup, .count_tx = i % 2 == 0}, {{SlotId(0), index(0)}}));
  }
  stream.join();
  int got = 0;
  while (got < kFrames && heard(*up, kEnough)) ++got;
  EXPECT_EQ(got, kFrames);
  EXPECT_THAT(on(index(0)), ElementsAre(Field(&TcFilter::priority, kLast)));
}

TEST_F(Filters, KeepsAProgramThatIsAsItWouldBeMade) {
  const auto programs = [&] {
    return std::pair(on(device.lower()).front().program, on(index(0)).front().program);
  };
  const core::DatapathSpec spec{.mode = Mode::active_backup};
  const auto made = programs();
  auto heir = must(Datapath::adopt(pins / "bond", spec, device.lower(), links));
  must(heir.respecialise(spec, {{SlotId(0), index(0)}}));
  EXPECT_EQ(programs(), made);
  EXPECT_THAT(must(heir.repair()), IsEmpty());
  EXPECT_TRUE(come_in(0, came).has_value());

  must(heir.respecialise({.mode = Mode::active_backup, .stamp_rx = true}, {{SlotId(0), index(0)}}));
  const auto stamping = programs();
  EXPECT_NE(stamping.first, made.first);
  EXPECT_NE(stamping.second, made.second);
  must(heir.set_own_vlans(index(0), {{.protocol = kVlan, .id = 7}}));
  EXPECT_EQ(programs().first, stamping.first);
  EXPECT_NE(programs().second, stamping.second);
}

TEST_F(Filters, LoadsAProgramAgainThatUsesAnotherMapOfLinks) {
  const auto old = on(index(0)).front().program;
  must(make_pin_dir(pins / "others"));
  auto others = must(LinkBits::open_or_create(pins / "others"));
  auto heir = must(Datapath::adopt(pins / "bond", {.mode = Mode::active_backup}, device.lower(), others));
  must(heir.respecialise({.mode = Mode::active_backup}, {{SlotId(0), index(0)}}));
  EXPECT_NE(on(index(0)).front().program, old);
  LinkBits::remove(pins / "others");
  std::filesystem::remove(pins / "others");
}

TEST_F(Filters, ReleaseLeavesTheFiltersOfOthersAndTheirQdisc) {
  for (const auto* side : {"ingress", "egress"}) {
    tc(std::string("filter add dev s0 ") + side +
       " prio 7 protocol ip u32 match u32 0 0 action mirred egress mirror dev tap continue");
  }
  must(path.detach_slave(index(0), SlotId(0), true));
  EXPECT_THAT(must(tc_filters(index(0), TcSide::ingress)), Contains(Field(&TcFilter::priority, 7)));
  EXPECT_THAT(must(tc_filters(index(0), TcSide::egress)), Contains(Field(&TcFilter::priority, 7)));
  EXPECT_THAT(on(index(0)), IsEmpty());

  must(path.detach_slave(index(1), SlotId(1), true));
  EXPECT_TRUE(must(add_clsact(index(1)))) << "the qdisc that was ours is gone";
}

TEST_F(Filters, AProgramOfAnotherWithOurHandleIsNotTakenAway) {
  must(path.detach_slave(index(0), SlotId(0), true));
  must(add_clsact(index(0)));
  const auto strange = load("ebond_rx_not", TC_ACT_UNSPEC);
  ASSERT_TRUE(strange);
  const auto id = must(attach_program(index(0), strange.get(), kLast, 0xeb0d));
  must(path.attach_slave(index(0), SlotId(0)));
  EXPECT_THAT(on(index(0)), SizeIs(2));
  must(path.detach_slave(index(0), SlotId(0), true));
  EXPECT_THAT(on(index(0)), ElementsAre(Field(&TcFilter::program, id)));
}

TEST_F(Filters, AnInterfaceOfAnotherBondIsRefusedAndKeepsItsProgram) {
  auto other_device =
      must(BondDevice::create(home, net, "bond1", "123456789abcdef0", core::Bond0Device::veth));
  auto other =
      must(Datapath::create(pins / "other", {.mode = Mode::active_backup}, other_device.lower(), links));
  const auto slave = on(index(0)), lower = on(device.lower());
  for (const auto taken : {index(0), device.lower()}) {
    const auto refused = other.attach_slave(taken, SlotId(0));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().errno_value, EBUSY);
    EXPECT_THAT(refused.error().message(), HasSubstr("carries a program of another bond"));
    must(other.take_off(taken, true));
    must(Datapath::take_remains_off(pins / "other", taken, true));
  }
  EXPECT_EQ(on(index(0)).front().program, slave.front().program);
  EXPECT_EQ(on(device.lower()).front().program, lower.front().program);
  EXPECT_TRUE(come_in(0, came).has_value());
  other.remove();
}

TEST_F(Filters, WhatWasTakenAwayIsPutBack) {
  EXPECT_THAT(repaired(), IsEmpty());
  const bool has_shortcuts = ahead_of_tc().has_value();
  tc("qdisc del dev s0 clsact");
  EXPECT_EQ(drops(0, came), !has_shortcuts);
  EXPECT_THAT(repaired(), ElementsAre(HasSubstr("put back")));
  EXPECT_TRUE(come_in(0, came).has_value());

  tc("filter del dev s0 ingress prio 65535");
  EXPECT_EQ(drops(0, came), !has_shortcuts);
  EXPECT_THAT(repaired(), ElementsAre(HasSubstr("put back")));
  EXPECT_TRUE(come_in(0, came).has_value());

  const auto name = name_of_device(device.lower());
  tc("qdisc del dev " + name + " clsact");
  EXPECT_TRUE(drops_a_frame());
  EXPECT_THAT(repaired(), ElementsAre(HasSubstr("put back")));
  EXPECT_EQ(way_of_a_frame(), 0);
  EXPECT_THAT(repaired(), IsEmpty());
}

TEST_F(Filters, WhatReplacedOursStaysAndOursStandsBesideIt) {
  const auto strange = load("replaces", TC_ACT_UNSPEC);
  ASSERT_TRUE(strange);
  const auto id = must(attach_program(index(0), strange.get(), kLast, 0xeb0d));
  EXPECT_EQ(drops(0, came), !ahead_of_tc());
  EXPECT_THAT(repaired(), ElementsAre(HasSubstr("put back")));
  EXPECT_TRUE(come_in(0, came).has_value());
  EXPECT_THAT(on(index(0)), Contains(Field(&TcFilter::program, id)));
}

// Ahead of tc, by tcx: what goes in there shows when tc has nothing of ours.
class ShortCut : public Filters {
 protected:
  void SetUp() override {
    Filters::SetUp();
    if (!ahead_of_tc()) GTEST_SKIP() << "this kernel has no tcx";
  }
};

TEST_F(ShortCut, TakesFramesWhileNoOthersFilterIsThere) {
  tc("qdisc del dev s0 clsact");
  EXPECT_TRUE(come_in(0, came).has_value());
  EXPECT_FALSE(heard(*up, kForNothing).has_value()) << "once";
  tc("qdisc add dev s0 clsact");
  EXPECT_TRUE(come_in(0, came).has_value()) << "no filter is there";
  add_filter(5, "mirred egress redirect dev tap");
  EXPECT_TRUE(drops(0, came)) << "nobody told ours of it";
  tc("filter del dev s0 ingress prio 5");
  EXPECT_TRUE(come_in(0, came).has_value());
}

TEST_F(ShortCut, LeavesToTcWhatAnyFilterOfOthersIsThereFor) {
  // One behind ours, too: who put it there wants it asked, and ours tells it what it took.
  must(path.detach_slave(index(0), SlotId(0), true));
  must(add_clsact(index(0)));
  add_filter(65535, "mirred egress mirror dev tap continue");
  must(path.attach_slave(index(0), SlotId(0)));
  path.publish(table({0}, {}, {0}));
  ASSERT_THAT(on(index(0)), ElementsAre(Field(&TcFilter::priority, kLast - 1)));
  tc("filter del dev s0 ingress prio 65534");
  EXPECT_TRUE(drops(0, came));
  EXPECT_EQ(tapped(), 1U);
}

TEST_F(ShortCut, LeavesFramesToTcxProgramsOfOthers) {
  const auto drop = load("drops", TC_ACT_SHOT);
  ASSERT_TRUE(drop);
  must(tcx::attach(index(0), drop.get()));
  EXPECT_TRUE(drops(0, came));
  must(tcx::detach(index(0), ahead_of_tc()->at(1)));
  EXPECT_TRUE(come_in(0, came).has_value());
}

TEST_F(ShortCut, LeavesToTheSlaveWhatIsItsOwn) {
  must(path.set_own_vlans(index(0), {{.protocol = kVlan, .id = 7}}));
  tc("qdisc del dev s0 clsact");
  EXPECT_TRUE(drops(0, tagged(kVlan, 7, came)));
  EXPECT_TRUE(come_in(0, tagged(kVlan, 8, came)).has_value());
  const StackEar ear(index(0), kTest);
  EXPECT_TRUE(come_in(0, frame(kBondMac, kTest, {}, kClientMac)).has_value()) << "not IP: both have it";
  EXPECT_TRUE(ear.hears());
}

// Which writes tables and knows of no more.
TEST_F(ShortCut, EndsByTheTableOfAnEarlierBuild) {
  const auto bond = must(PinnedValue<ebond_bond>::open(pins / "bond" / "bond"));
  tc("qdisc del dev s0 clsact");
  EXPECT_TRUE(come_in(0, came).has_value());
  ++bond->head;
  EXPECT_TRUE(drops(0, came));
  path.publish(table({0}, {}, {0}));
  EXPECT_TRUE(come_in(0, came).has_value());
}

// It goes with the device, where it leaves all frames to that; tc's filters do not.
TEST_F(ShortCut, IsOfNoneThatTheSlaveIsLaterWithOnceItWasInAnotherNamespace) {
  const auto elsewhere = fresh_namespace();
  const auto there_and_back = [&] {
    path.forget_slave(SlotId(0));
    must(net.move_to(index(0), elsewhere));
    {
      const auto there = must(NamespaceScope::enter(elsewhere));
      auto out = must(Rtnetlink::open(elsewhere));
      EXPECT_THAT(tcx::programs_on(must(out.link("s0")).ifindex).value(), SizeIs(1));
      must(out.move_to(must(out.link("s0")).ifindex, home));
    }
    must(net.set_up(index(0), true));
  };
  there_and_back();
  EXPECT_FALSE(must(Datapath::is_on(pins / "bond", index(0))));
  must(path.attach_slave(index(0), SlotId(0)));
  path.publish(table({0}, {}, {0}));
  EXPECT_TRUE(come_in(0, came).has_value());

  there_and_back();
  auto other_device =
      must(BondDevice::create(home, net, "bond1", "123456789abcdef0", core::Bond0Device::veth));
  auto other =
      must(Datapath::create(pins / "other", {.mode = Mode::active_backup}, other_device.lower(), links));
  must(other.attach_slave(index(0), SlotId(0)));
  EXPECT_THAT(ahead_of_tc(), Optional(SizeIs(1)));
  must(other.detach_slave(index(0), SlotId(0), true));
  other.remove();
}

// Where no daemon saw it go, and other devices have the numbers of ours.
TEST_F(ShortCut, LeavesAllFramesToASlaveThatIsInAnotherNamespace) {
  const auto elsewhere = fresh_namespace();
  must(net.move_to(index(0), elsewhere));
  const auto there = must(NamespaceScope::enter(elsewhere));
  auto out = must(Rtnetlink::open(elsewhere));
  const auto s0 = must(out.link("s0")).ifindex;
  must(out.set_up(s0, true));
  const StackEar ear(s0, kIpv4);
  must(sender.send(must(net.link(far_name(0))).ifindex, came));
  EXPECT_TRUE(ear.hears());
}

// Another has its slot by now.
TEST_F(ShortCut, LeavesAllFramesToADeviceThatHasItStillAndIsNoSlave) {
  const auto bond = must(PinnedValue<ebond_bond>::open(pins / "bond" / "bond"));
  tc("qdisc del dev s0 clsact");
  ASSERT_TRUE(come_in(0, came).has_value());
  bond->slots[0].ifindex = std::to_underlying(index(1));
  EXPECT_TRUE(drops(0, came));
}

// The kernel takes 10 ms and more to take it off. By then another slave sends, and what a switch floods would
// come back into the bond.
TEST_F(ShortCut, TakesNothingWhileItIsTakenOff) {
  auto others = table({1}, {}, {1});
  std::erase_if(others.slots, [](const auto& each) { return each.slot == SlotId(0); });
  std::atomic<bool> sending = true;
  std::atomic<int> sent = 0;
  std::thread stream([&, far0 = must(net.link(far_name(0))).ifindex] {
    const auto there = must(NamespaceScope::enter(home));
    const auto own = must(FrameSender::open(home));
    for (; sending; ++sent) {
      must(own.send(far0, came));
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  });
  lab::eventually([&] { return sent > 100; });
  path.publish(others);
  const int before = sent;
  must(path.detach_slave(index(0), SlotId(0), false));
  const int meanwhile = sent - before;
  sending = false;
  stream.join();
  int got = 0;
  while (heard(*up, kForNothing)) ++got;
  EXPECT_GT(got, 0);
  EXPECT_LT(got, before + std::max(20, meanwhile / 2)) << meanwhile << " while it was taken off";
}

TEST_F(ShortCut, CountsWhatABackupDropsOnce) {
  path.publish(table({1}, {}, {1}));
  EXPECT_TRUE(drops(0, came));
  EXPECT_EQ(must(path.counters(SlotId(0))).rx_inactive, 1U);
}

TEST_F(ShortCut, IsPutBackWhenMissingAndFoundByTheNextDaemon) {
  const auto made = ahead_of_tc()->at(0);
  specialise({.mode = Mode::active_backup, .stamp_rx = true});
  EXPECT_NE(ahead_of_tc()->at(0), made) << "made anew for another spec";
  must(path.detach_slave(index(0), SlotId(0), true));
  EXPECT_THAT(ahead_of_tc(), Optional(IsEmpty()));
  must(path.attach_slave(index(0), SlotId(0)));
  EXPECT_THAT(ahead_of_tc(), Optional(SizeIs(1)));
  const auto again = ahead_of_tc();
  must(tcx::detach(index(0), again->at(0)));
  EXPECT_THAT(repaired(), IsEmpty()) << "nothing was lost by it";
  EXPECT_THAT(ahead_of_tc(), Optional(SizeIs(1)));

  const auto left = ahead_of_tc();
  const core::DatapathSpec spec{.mode = Mode::active_backup, .stamp_rx = true};
  auto heir = must(Datapath::adopt(pins / "bond", spec, device.lower(), links));
  EXPECT_EQ(ahead_of_tc(), left);
  must(heir.respecialise(spec, {{SlotId(0), index(0)}}));
  EXPECT_EQ(ahead_of_tc(), left) << "it is as it would be made";
  must(Datapath::take_remains_off(pins / "bond", index(0), true));
  EXPECT_THAT(ahead_of_tc(), Optional(IsEmpty()));
}

TEST_F(Filters, ASlaveThatIsGoneIsNoFailure) {
  must(net.delete_link(index(0)));
  EXPECT_THAT(repaired(), IsEmpty());
}

}  // namespace
}  // namespace ebond::os
