// That the soak's invariants hold of what is right, and that each of them can fail.
#include <gmock/gmock.h>

#include "tests/soak/checks.h"
#include "tests/soak/ledger.h"

namespace ebond::soak {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Json = nlohmann::json;

// ---- Frames.

/// A flow of a frame every 10 ms, whose frames arrive unless they are told not to.
class FlowBook : public ::testing::Test {
 protected:
  const Time start{std::chrono::hours(1)};
  Clock::duration late{};
  Excuses excuses{[this](Time, Time) { return late; }}, doubling{[this](Time, Time) { return late; }};
  Ledger ledger{{.name = "there"}};

  static Time at(Time start, Milliseconds time) { return start + time; }
  void send(unsigned first, unsigned last, bool arrives = true) {
    for (unsigned i = first; i < last; ++i) {
      const auto now = start + i * 10ms;
      ledger.sent(now, now);
      if (arrives) ledger.arrived(i, now + 1ms);
    }
  }
  auto judged() { return ledger.judge(start + 60s, excuses, doubling); }
};

TEST_F(FlowBook, HoldsOfFramesThatAllArrive) {
  send(0, 500);
  EXPECT_THAT(judged(), IsEmpty());
  EXPECT_EQ(ledger.arrived_count(), 500U);
}

TEST_F(FlowBook, FailsOfALostFrameWhileAPathWorks) {
  send(0, 100);
  send(100, 101, false);
  send(101, 200);
  EXPECT_THAT(judged(), ElementsAre(HasSubstr("frames flow: there: 1 frames lost")));
  EXPECT_THAT(judged(), IsEmpty()) << "said once";
}

TEST_F(FlowBook, ExcusesLossFromAnOperationUntilItsBoundAndNotLonger) {
  send(0, 100);
  excuses.add("pull", start + 1s, start + 1010ms, 200ms);
  send(100, 121, false);
  EXPECT_THAT(judged(), IsEmpty());
  EXPECT_EQ(ledger.lost_count(), 21U);
  send(121, 130, false);
  EXPECT_THAT(judged(), ElementsAre(HasSubstr("8 frames lost")));
}

TEST_F(FlowBook, ExtendsABoundByTwiceTheTimeTheMachineKeptUsWaiting) {
  excuses.add("pull", start, start, 100ms);
  send(0, 50, false);
  late = 200ms;
  EXPECT_THAT(judged(), IsEmpty());
  send(50, 60, false);
  EXPECT_THAT(judged(), ElementsAre(HasSubstr("9 frames lost")));
}

TEST_F(FlowBook, ExcusesLossWhileNoWayIsLeft) {
  excuses.open("no way", start);
  send(0, 300, false);
  EXPECT_THAT(judged(), IsEmpty());
  excuses.close("no way", start + 3s, 100ms);
  send(300, 320, false);
  EXPECT_THAT(judged(), ElementsAre(HasSubstr("9 frames lost")));
}

TEST_F(FlowBook, ForgetsAnExcuseThatWasNoneAfterAll) {
  excuses.open("waits", start + 1s);
  excuses.drop("waits");
  send(0, 200, false);
  EXPECT_THAT(judged(), ElementsAre(HasSubstr("200 frames lost")));
}

TEST_F(FlowBook, WaitsForStragglers) {
  send(0, 100, false);
  EXPECT_THAT(ledger.judge(start + 2s, excuses, doubling), IsEmpty());
  for (unsigned i = 0; i < 100; ++i) ledger.arrived(i, start + 2s);
  EXPECT_THAT(judged(), IsEmpty());
}

TEST_F(FlowBook, FailsOfADuplicate) {
  send(0, 10);
  ledger.arrived(5, start + 1s);
  EXPECT_THAT(judged(), ElementsAre(HasSubstr("no duplicate: there: frame 5")));
}

TEST_F(FlowBook, ExcusesDuplicatesWhileAnotherInterfaceHasTheMacAndNotLonger) {
  doubling.open("a twin", start + 500ms);
  doubling.close("a twin", start + 1s, 0ms);
  send(0, 10);
  ledger.arrived(5, start + 900ms);
  ledger.arrived(6, start + 1100ms);
  EXPECT_THAT(judged(), ElementsAre(HasSubstr("no duplicate: there: frame 6")));
}

TEST_F(FlowBook, TakesDuplicatesOfABondThatSendsByEverySlave) {
  ledger = Ledger({.name = "there", .may_double = true});
  send(0, 10);
  ledger.arrived(5, start + 1s);
  EXPECT_THAT(judged(), IsEmpty());
}

TEST_F(FlowBook, FailsOfAFrameThatComesBack) {
  send(0, 10);
  ledger.came_back(7, start + 1s);
  EXPECT_THAT(judged(), ElementsAre(HasSubstr("no loop: there: frame 7")));
}

TEST_F(FlowBook, RemembersADuplicateOfWhatWasJudgedLongAgo) {
  send(0, 1000);
  EXPECT_THAT(ledger.judge(start + 12s, excuses, doubling), IsEmpty());
  ledger.arrived(900, start + 12s);
  EXPECT_THAT(judged(), ElementsAre(HasSubstr("no duplicate")));
}

// ---- `ebond show`.

Json slave(const std::string& name, bool up = true) {
  const auto status = up ? "UP" : "DOWN";
  return {{"ifname", name},
          {"link_status", status},
          {"mii_status", status},
          {"carrier", up},
          {"state", up ? "ACTIVE" : "BACKUP"}};
}

/// A bond of eth0 and eth1, and what it says.
class Shown : public ::testing::Test {
 protected:
  BondPlan plan{.mode = "active-backup", .shape = Shape::one_switch, .slaves = 2};
  Situation situation{{plan}};
  Json shown{{"carrier", true},
             {"verdict", "ok"},
             {"active_slave", "eth0"},
             {"slaves", Json::array({slave("eth0"), slave("eth1")})}};

  auto checked() { return check_show(expected_bond("near", plan, situation.sites[0], Side::near), shown); }
  SlaveSituation& second() { return situation.sites[0].slaves[1]; }
};

TEST_F(Shown, HoldsOfABondThatIsWhole) {
  EXPECT_THAT(checked(), IsEmpty());
}

TEST_F(Shown, HoldsOfABondWithACablePulled) {
  second().pulled = true;
  shown["slaves"][1] = slave("eth1", false);
  shown["verdict"] = "degraded";
  EXPECT_THAT(checked(), IsEmpty());
}

TEST_F(Shown, FailsOfALinkThatIsShownUpAndIsNot) {
  second().pulled = true;
  shown["verdict"] = "degraded";
  EXPECT_THAT(checked(), ::testing::Contains(HasSubstr("eth1: link_status UP, but the link is down")));
}

TEST_F(Shown, FailsOfALinkThatIsShownDownAndIsNot) {
  shown["slaves"][1] = slave("eth1", false);
  EXPECT_THAT(checked(), ::testing::Contains(HasSubstr("eth1: link_status DOWN, but the link is up")));
}

TEST_F(Shown, FailsOfASlaveThatIsActiveWithoutALink) {
  second().pulled = true;
  shown["slaves"][1] = slave("eth1", false);
  shown["slaves"][1]["state"] = "ACTIVE";
  shown["verdict"] = "degraded";
  EXPECT_THAT(checked(), ElementsAre(HasSubstr("eth1: ACTIVE without a link")));
}

TEST_F(Shown, FailsOfAPathThatIsHeldOutThoughItWorks) {
  shown["slaves"][1]["mii_status"] = "DOWN";
  EXPECT_THAT(checked(), ElementsAre(HasSubstr("eth1: mii_status DOWN, but its path works")));
}

TEST_F(Shown, FailsOfASlaveThatIsNone) {
  second().released = true;
  EXPECT_THAT(checked(), ElementsAre(HasSubstr(R"(its slaves are ["eth0"], shown are ["eth0","eth1"])")));
}

TEST_F(Shown, FailsOfARenamedSlaveUnderItsOldName) {
  second().renamed = 1;
  EXPECT_THAT(checked(), ElementsAre(HasSubstr(R"(its slaves are ["eth0","eth1x1"])")));
}

TEST_F(Shown, FailsOfAnActiveSlaveWithoutALink) {
  situation.sites[0].slaves[0].pulled = true;
  shown["slaves"][0] = slave("eth0", false);
  shown["verdict"] = "degraded";
  EXPECT_THAT(checked(), ElementsAre(HasSubstr("the active slave is eth0, which does not work")));
}

TEST_F(Shown, FailsOfACarrierWithoutAWay) {
  for (auto& each : situation.sites[0].slaves) each.pulled = true;
  shown = {{"carrier", true},
           {"verdict", "ok"},
           {"active_slave", nullptr},
           {"slaves", Json::array({slave("eth0", false), slave("eth1", false)})}};
  EXPECT_THAT(checked(), ElementsAre(HasSubstr("carrier up, but no slave works"),
                                     HasSubstr("verdict ok, it should be down")));
}

TEST_F(Shown, FailsOfAnOkThatIsNone) {
  second().pulled = true;
  shown["slaves"][1] = slave("eth1", false);
  EXPECT_THAT(checked(), ElementsAre(HasSubstr("verdict ok, it should be degraded")));
  EXPECT_THAT(check_not_ok("near", shown), ElementsAre(StartsWith("never OK: near")));
  shown["verdict"] = "down";
  EXPECT_THAT(check_not_ok("near", shown), IsEmpty());
}

TEST_F(Shown, FailsOfAnLacpPortThatDoesNotTakePart) {
  plan = {.mode = "802.3ad", .shape = Shape::back_to_back, .slaves = 2};
  shown["slaves"][1]["state"] = "BACKUP";
  EXPECT_THAT(checked(), ElementsAre(HasSubstr("eth1: is not ACTIVE, though both ends take part")));
}

TEST_F(Shown, LeavesASlaveThatLosesFramesToItsMonitor) {
  second().lossy = true;
  shown["slaves"][1]["mii_status"] = "DOWN";
  shown["verdict"] = "degraded";
  EXPECT_THAT(checked(), IsEmpty());
}

TEST(SoakWorn, FailsOfAMacOrMtuThatIsNotTheBonds) {
  const Json shown{{"address", "02:00:00:00:00:01"}};
  EXPECT_THAT(check_worn("near", {"eth0", "02:00:00:00:00:01", 1500, 1500}, shown), IsEmpty());
  EXPECT_THAT(check_worn("near", {"eth0", "02:00:00:00:00:77", 1500, 1500}, shown),
              ElementsAre(HasSubstr("shown with MAC 02:00:00:00:00:01, it has 02:00:00:00:00:77")));
  EXPECT_THAT(check_worn("near", {"eth0", "02:00:00:00:00:01", 1300, 1500}, shown),
              ElementsAre(HasSubstr("MTU 1300, its bond has 1500")));
}

// ---- Counters.

class Counted : public ::testing::Test {
 protected:
  CounterRules rules{.where = "near", .copies = 1, .slaves = 2, .seconds = 1};
  CounterReading first;
  CounterReading second{.sent_before = 1000,
                        .sent_after = 1010,
                        .sent_to_before = 990,
                        .sent_to_after = 1000,
                        .bond_sent = 1005,
                        .bond_received = 995,
                        .slaves_sent = 1010,
                        .slaves_received = 1000};
  auto checked() { return check_counters(first, second, rules); }
};

TEST_F(Counted, HoldsWhenAllAgree) {
  EXPECT_THAT(checked(), IsEmpty());
}
TEST_F(Counted, FailsOfFramesThatBondDidNotCount) {
  second.bond_sent = second.slaves_sent = 500;
  EXPECT_THAT(checked(), ElementsAre(HasSubstr("sent by bond0: 500")));
}
TEST_F(Counted, FailsOfFramesThatNobodySent) {
  second.bond_sent = second.slaves_sent = 2000;
  EXPECT_THAT(checked(), ElementsAre(HasSubstr("sent by bond0: 2000")));
}
TEST_F(Counted, FailsOfFramesThatBondDidNotReceive) {
  second.bond_received = 500;
  EXPECT_THAT(checked(), ElementsAre(HasSubstr("received by bond0: 500")));
}
TEST_F(Counted, FailsOfFramesThatGoRound) {
  second.slaves_sent = 5000;
  EXPECT_THAT(checked(), ElementsAre(HasSubstr("sent by its slaves: 5000")));
}
TEST_F(Counted, FailsOfFramesThatLeftBondAndNoSlave) {
  second.slaves_sent = 500;
  EXPECT_THAT(checked(), ElementsAre(HasSubstr("sent by its slaves: 500")));
}
TEST_F(Counted, FailsOfFramesThatCameByNoSlave) {
  second.slaves_received = 500;
  EXPECT_THAT(checked(), ElementsAre(HasSubstr("bond0 received 995, its slaves only 500")));
}
TEST_F(Counted, FailsOfFramesToASlaveThatDoesNotCollect) {
  second.not_for_it = 1;
  EXPECT_THAT(checked(), IsEmpty());
  rules.collects_all = true;
  EXPECT_THAT(checked(), ElementsAre(StartsWith("collecting: near: 1 frames")));
}
TEST_F(Counted, FailsOfFramesThatFoundNoSlaveWhileOneWorks) {
  second.dropped = 3;
  EXPECT_THAT(checked(), ElementsAre(HasSubstr("bond0 dropped 3 frames")));
}
TEST_F(Counted, ExpectsACopyForEachSlaveInBroadcast) {
  rules.copies = 2;
  EXPECT_THAT(checked(), ElementsAre(HasSubstr("sent by its slaves: 1010")));
  second.slaves_sent = 2010;
  second.bond_received = second.slaves_received = 1990;
  EXPECT_THAT(checked(), IsEmpty());
}

// ---- What is left.

TEST(SoakFooting, FailsOfWhatIsNotPutBackAndOfWhatIsLeftBehind) {
  EXPECT_THAT(check_restored("eth0", {"MTU 1500", "up"}, {"up", "MTU 1500"}), IsEmpty());
  EXPECT_THAT(
      check_restored("eth0", {"MTU 1500"}, {"MTU 1400", "qdisc clsact"}),
      ElementsAre("nothing leaks: eth0: not put back: MTU 1500", "nothing leaks: eth0: left behind: MTU 1400",
                  "nothing leaks: eth0: left behind: qdisc clsact"));
}

TEST(SoakFooting, FailsOfADaemonThatHoldsMoreThanBefore) {
  const Holdings before{.descriptors = 20, .memory_kib = 4000};
  EXPECT_THAT(check_holdings("near", before, {.descriptors = 25, .memory_kib = 9000}), IsEmpty());
  EXPECT_THAT(check_holdings("near", before, {.descriptors = 26, .memory_kib = 4000}),
              ElementsAre(HasSubstr("26 descriptors, 20 before")));
  EXPECT_THAT(check_holdings("near", before, {.descriptors = 20, .memory_kib = 40000}),
              ElementsAre(HasSubstr("40000 KiB of memory")));
}

}  // namespace
}  // namespace ebond::soak
