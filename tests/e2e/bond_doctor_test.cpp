// `ebond doctor`: silent about healthy labs in each mode, and right about what is provoked.
#include <filesystem>
#include <fstream>

#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class DoctorOfModes : public TwoCables, public ::testing::WithParamInterface<const char*> {};

TEST_P(DoctorOfModes, FindsNothingInAHealthyLab) {
  bond(GetParam());
  EXPECT_TRUE(eventually([&] { return ebond.run(alpha, {"doctor"}).exit_code == 0; }, 15s))
      << ebond.run(alpha, {"doctor"}).output;
}

INSTANTIATE_TEST_SUITE_P(Modes, DoctorOfModes,
                         ::testing::Values("balance-rr", "active-backup", "balance-xor", "broadcast",
                                           "802.3ad", "balance-tlb", "balance-alb", "balance-slb"),
                         [](const auto& each) {
                           std::string name = each.param;
                           std::erase_if(name, [](char letter) { return letter == '-' || letter == '.'; });
                           return name;
                         });

class Doctor : public OneSwitch {
 protected:
  void SetUp() override {
    OneSwitch::SetUp();
    bond({"mode", "active-backup"});
  }
  std::string says() { return ebond.run(server, {"doctor"}).output; }
};

TEST_F(Doctor, SaysWhatACutCableDoesBeforeAllElse) {
  server.must_run({"ip", "address", "add", "198.51.100.9/24", "dev", "eth1"});
  left.pull();
  ASSERT_TRUE(active_is(server, "eth1"));
  const auto text = says();
  EXPECT_THAT(text, StartsWith("broken  bond0: eth0 does not carry"));
  EXPECT_THAT(text, HasSubstr("something gives eth1 addresses of its own"));
  EXPECT_THAT(text, HasSubstr("198.51.100.9/24"));
  EXPECT_EQ(ebond.run(server, {"doctor"}).exit_code, 1);
}

TEST_F(Doctor, FindsAFilterInFrontOfOurs) {
  server.must_run({"tc", "filter",   "add",    "dev",    "eth0",     "ingress", "prio",
                   "7",  "protocol", "ip",     "u32",    "match",    "u32",     "0",
                   "0",  "action",   "mirred", "egress", "redirect", "dev",     "lo"});
  EXPECT_THAT(says(), HasSubstr("a filter on eth0 decides about frames before the bond does"));
}

TEST_F(Doctor, FindsADhcpClientOnASlave) {
  EXPECT_THAT(says(), Not(HasSubstr("DHCP")));
  const auto program = ebond.run_dir() / "udhcpc";
  std::ofstream(program) << "#!/bin/sh\nsleep 100\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  auto process = server.start({program.native(), "-i", "eth1"});
  EXPECT_TRUE(eventually([&] { return says().contains("a DHCP client is at work on eth1"); }));
  EXPECT_THAT(says(), HasSubstr(fmt::format("udhcpc (pid {})", process.pid())));
}

TEST_F(Doctor, FindsABondThatIsSetDown) {
  server.must_run({"ip", "link", "set", "bond0", "down"});
  EXPECT_TRUE(eventually([&] { return says().find("it is set down") != std::string::npos; }));
}

}  // namespace
}  // namespace ebond::lab
