// `ebond drain` under traffic: a slave is taken out, and nobody loses a frame.
#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

using ::testing::HasSubstr;

/// Streams out of the bond and into it while the slave that is active, or each in turn, is drained and comes
/// back.
void expect_no_loss_while_draining(Ebond& ebond, const Host& bonded, const Host& other,
                                   std::string_view mode) {
  const bool waits_for_lacp = mode == "802.3ad";
  Stream out(bonded, other, "192.0.2.2", {.frames_per_second = 2000});
  Stream in(other, bonded, "192.0.2.1", {.frames_per_second = 2000});
  for (int round = 0; round < 4; ++round) {
    const auto* slave = round % 2 == 0 ? "eth0" : "eth1";
    out.wait_for_arrivals(400);
    ebond.must_run(bonded, {"drain", slave});
    out.wait_for_arrivals(800);
    ebond.must_run(bonded, {"undrain", slave});
    out.wait_for_arrivals(waits_for_lacp ? 6000 : 800);
  }
  for (const auto& [way, told] : {std::pair{"out", out.stop()}, std::pair{"in", in.stop()}}) {
    EXPECT_EQ(told.lost, 0U) << way;
    // One flow takes every slave in turn in balance-rr, and all of them in broadcast.
    if (mode != "balance-rr" && mode != "broadcast") {
      EXPECT_EQ(told.reordered, 0U) << way;
    }
  }
}

class DrainThroughASwitch : public OneSwitch, public ::testing::WithParamInterface<const char*> {};

TEST_P(DrainThroughASwitch, LosesNoFrame) {
  bond({"mode", GetParam()});
  ASSERT_TRUE(pings(server, "192.0.2.2"));
  ASSERT_TRUE(pings(client, "192.0.2.1"));
  expect_no_loss_while_draining(ebond, server, client, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Modes, DrainThroughASwitch,
                         ::testing::Values("active-backup", "balance-tlb", "balance-alb", "balance-slb"),
                         [](const auto& each) {
                           std::string name = each.param;
                           std::erase(name, '-');
                           return name;
                         });

class DrainOfTwoCables : public TwoCables, public ::testing::WithParamInterface<const char*> {};

TEST_P(DrainOfTwoCables, LosesNoFrame) {
  bond(GetParam());
  ASSERT_TRUE(
      eventually([&] { return alpha.run({"ping", "-c", "1", "-W", "1", "192.0.2.2"}).exit_code == 0; }));
  expect_no_loss_while_draining(ebond, alpha, beta, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Modes, DrainOfTwoCables,
                         ::testing::Values("balance-rr", "balance-xor", "broadcast", "802.3ad"),
                         [](const auto& each) {
                           std::string name = each.param;
                           std::erase_if(name, [](char letter) { return letter == '-' || letter == '.'; });
                           return name;
                         });

using Draining = OneSwitch;

TEST_F(Draining, TheLastOneIsRefusedUnlessItIsForcedAndOutlivesTheDaemon) {
  bond({"mode", "active-backup"});
  ebond.must_run(server, {"drain", "eth0"});
  EXPECT_TRUE(active_is(server, "eth1"));
  const auto refused = ebond.run(server, {"drain", "eth1"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("--force"));
  ebond.kill(SIGKILL);
  ebond.start();
  EXPECT_TRUE(active_is(server, "eth1"));
  EXPECT_EQ(ebond.run(server, {"drain", "eth1"}).exit_code, 1);
  ebond.must_run(server, {"undrain", "eth0"});
  ebond.must_run(server, {"drain", "eth1"});
  EXPECT_TRUE(eventually([&] { return active_is(server, "eth0"); }));
}

}  // namespace
}  // namespace ebond::lab
