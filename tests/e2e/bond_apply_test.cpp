// `ebond apply` on a machine that runs: what differs, all of it or nothing, and back if nobody confirms it.
#include <fstream>

#include "tests/e2e/bond_lab.h"
#include "tests/e2e/connection.h"

namespace ebond::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Applying : public OneSwitch {
 protected:
  std::string file(const std::string& text) {
    const auto path = ebond.run_dir() / "lan.toml";
    std::ofstream(path) << text;
    return path.native();
  }
  std::string apply(const std::string& text, const Arguments& flags = {}) {
    Arguments command{"apply"};
    command.insert(command.end(), flags.begin(), flags.end());
    command.push_back(file(text));
    return ebond.must_run(server, command);
  }
  std::string exported() { return ebond.must_run(server, {"export"}); }
  bool has_bond() const { return server.run({"ip", "link", "show", "dev", "bond0"}).exit_code == 0; }
};

constexpr auto kLan =
    "[bond.bond0]\nmode = \"active-backup\"\nslaves = [\"eth0\", \"eth1\"]\n"
    "addresses = [\"192.0.2.1/24\", \"2001:db8::1/64\"]\ngateways = [\"192.0.2.254\"]\n";

TEST_F(Applying, WhatWasAppliedOrExportedIsNoChange) {
  apply(kLan);
  EXPECT_THAT(apply(kLan, {"--dry-run"}), HasSubstr("nothing to do"));
  EXPECT_THAT(apply(exported(), {"--dry-run"}), HasSubstr("nothing to do"));
  const auto before = exported();
  apply(kLan);
  EXPECT_EQ(exported(), before);
}

TEST_F(Applying, ADryRunSaysWhatWouldBeDoneAndDoesNothing) {
  EXPECT_THAT(apply(kLan, {"--dry-run"}),
              HasSubstr("ebond add bond0 mode active-backup\nip link set bond0 up\n"
                        "ebond enslave --wait bond0 eth0 eth1\n"));
  EXPECT_FALSE(has_bond());
  apply(kLan);
  const auto before = exported();
  EXPECT_EQ(apply(std::string(kLan) + "miimon = 50\n", {"--dry-run"}), "ebond set bond0 miimon 50\n");
  EXPECT_EQ(exported(), before);
}

TEST_F(Applying, AChangeThatNeedsNoInterruptionLosesNoFrame) {
  apply(kLan);
  ASSERT_TRUE(pings(client, "192.0.2.1"));
  Stream out(server, client, "192.0.2.2", {.frames_per_second = 2000});
  Stream in(client, server, "192.0.2.1", {.frames_per_second = 2000});
  out.wait_for_arrivals(500);
  apply(
      "[bond.bond0]\nmode = \"active-backup\"\nslaves = [\"eth0\"]\nmiimon = 50\nnum_grat_arp = 3\n"
      "addresses = [\"192.0.2.1/24\", \"192.0.2.11/24\"]\n[slave.eth0]\nprio = 5\n");
  out.wait_for_arrivals(1000);
  EXPECT_EQ(out.stop().lost, 0U);
  EXPECT_EQ(in.stop().lost, 0U);
  const auto now = exported();
  for (const auto* each : {"miimon = 50", "192.0.2.11/24", "prio = 5"}) EXPECT_THAT(now, HasSubstr(each));
  for (const auto* each : {"eth1", "2001:db8::1", "192.0.2.254"}) EXPECT_THAT(now, Not(HasSubstr(each)));
}

TEST_F(Applying, WhatIsRefusedHalfWayIsTakenBack) {
  apply(kLan);
  const auto before = exported();
  const auto changed = file(std::string(kLan) + "miimon = 50\n[bond.bond1]\nslaves = [\"lo\"]\n");
  const auto refused = ebond.run(server, {"apply", changed});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("loopback"));
  EXPECT_EQ(exported(), before);
  EXPECT_THAT(ebond.run(server, {"confirm"}).output, HasSubstr("nothing to confirm"));
}

/// Somebody is logged in over eth0, which is to become a slave.
class Trial : public Applying {
 protected:
  void SetUp() override {
    Applying::SetUp();
    // Or eth1 answers for eth0's address, and the client keeps that until eth1 wears another MAC as a slave.
    server.must_run({"sysctl", "-qw", "net.ipv4.conf.all.arp_ignore=1"});
    server.add_address("eth0", "192.0.2.1/24");
    server.must_run({"ip", "route", "add", "default", "via", "192.0.2.2"});
    ASSERT_TRUE(pings(client, "192.0.2.1"));
    before = look(server, "eth0");
  }
  static constexpr auto kAdopting =
      "[bond.bond0]\nmode = \"active-backup\"\nslaves = [\"eth0\", \"eth1\"]\nadopt = \"eth0\"\n";
  bool is_back() {
    return eventually([&] { return !has_bond() && look(server, "eth0") == before; });
  }
  std::string before;
};

TEST_F(Trial, IsTakenBackUnlessItIsConfirmed) {
  Connection login(server, "192.0.2.1", client, "192.0.2.2");
  EXPECT_THAT(apply(kAdopting, {"--confirm", "3"}), HasSubstr("ebond confirm"));
  EXPECT_TRUE(has_bond());
  EXPECT_TRUE(login.goes_on());
  EXPECT_TRUE(is_back()) << look(server, "eth0") << before;
  EXPECT_TRUE(login.goes_on());
  EXPECT_EQ(ebond.run(server, {"confirm"}).exit_code, 1);
}

TEST_F(Trial, IsTakenBackByTheNextDaemonToo) {
  Connection login(server, "192.0.2.1", client, "192.0.2.2");
  apply(kAdopting, {"--confirm", "3"});
  ebond.kill(SIGKILL);
  ebond.start();
  EXPECT_TRUE(login.goes_on());
  EXPECT_TRUE(is_back()) << look(server, "eth0") << before;
  EXPECT_TRUE(login.goes_on());
}

TEST_F(Trial, ThatCutsEverybodyOffEndsByItself) {
  // The addresses are lost: nobody can come to confirm.
  apply("[bond.bond0]\nmode = \"active-backup\"\nslaves = [\"eth0\", \"eth1\"]\n", {"--confirm", "3"});
  EXPECT_NE(client.run({"ping", "-c", "1", "-W", "1", "192.0.2.1"}).exit_code, 0);
  EXPECT_TRUE(is_back()) << look(server, "eth0") << before;
  EXPECT_TRUE(pings(client, "192.0.2.1"));
}

TEST_F(Trial, IsKeptWhenItIsConfirmed) {
  apply(kAdopting, {"--confirm", "3"});
  ebond.must_run(server, {"confirm"});
  std::this_thread::sleep_for(std::chrono::seconds(4));
  EXPECT_TRUE(has_bond());
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  // And what a later one changes of it goes back to that.
  const auto kept = exported();
  apply(std::string(kAdopting) + "miimon = 50\naddresses = [\"192.0.2.66/24\"]\n", {"--confirm", "60"});
  EXPECT_THAT(exported(), HasSubstr("192.0.2.66"));
  ebond.must_run(server, {"confirm", "--undo"});
  EXPECT_EQ(exported(), kept);
}

}  // namespace
}  // namespace ebond::lab
