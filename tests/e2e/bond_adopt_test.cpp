// `ebond add … --adopt eth0`: the card by which the machine is reached becomes a slave, and nobody who talks
// over it notices.
#include "tests/e2e/bond_lab.h"
#include "tests/e2e/connection.h"

namespace ebond::lab {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

/// eth0 is what the server is reached by; the client is beyond a gateway, too (at 198.51.100.2).
class Adopting : public OneSwitch {
 protected:
  void SetUp() override {
    client.add_address("eth0", "192.0.2.2/24");
    client.add_address("eth0", "2001:db8::2/64");
    client.add_address("lo", "198.51.100.2/32");
    server.add_address("eth0", "192.0.2.1/24");
    server.add_address("eth0", "2001:db8::1/64");
    server.must_run({"sh", "-e", "-c",
                     "ip address add 192.0.2.11/24 label eth0:web dev eth0\n"
                     "ip route add default via 192.0.2.2 metric 50\n"
                     "ip route add 203.0.113.0/24 via 192.0.2.2 table 100 mtu 1300\n"
                     "ip -6 route add default via 2001:db8::2 metric 77\n"
                     "ip neigh add 192.0.2.77 lladdr 02:00:00:00:00:77 dev eth0\n"
                     "ip rule add iif eth0 table 100 priority 1000\n"});
    ASSERT_TRUE(pings(client, "192.0.2.1"));
    // The address that the kernel gives has a route of its own once nobody else turns out to have it.
    ASSERT_TRUE(eventually([&] {
      return listen(server, "ip -6 route show table local dev eth0").contains("local fe80") &&
             listen(server, "ip address show dev eth0 tentative").empty();
    }));
  }
  std::string belongings(const std::string& interface) const {
    return listen(server, fmt::format("ip address show dev {0}; ip route show table all dev {0} | sort; "
                                      "ip -6 route show dev {0} | sort; "
                                      "ip neigh show nud permanent dev {0}; ip rule show",
                                      interface));
  }
  /// Is what eth0 had on bond0, and there alone?
  void expect_moved() const {
    const auto bond = belongings("bond0"), card = belongings("eth0");
    for (const auto* each :
         {"192.0.2.1/24", "2001:db8::1/64", "192.0.2.11/24", "bond0:web", "default via 192.0.2.2",
          "metric 50", "203.0.113.0/24", "table 100", "mtu 1300", "default via 2001:db8::2", "metric 77",
          "192.0.2.77 lladdr 02:00:00:00:00:77", "iif bond0 lookup 100"}) {
      EXPECT_THAT(bond, HasSubstr(each));
    }
    EXPECT_THAT(card, Not(HasSubstr("192.0.2.1/24")));
    EXPECT_THAT(card, Not(HasSubstr("default via")));
    EXPECT_THAT(card, Not(HasSubstr("iif eth0")));
  }
};

TEST_F(Adopting, AConnectionOverTheCardGoesOnAndEverythingComesBack) {
  const auto before = belongings("eth0");
  Connection near(server, "192.0.2.1", client, "192.0.2.2");
  Connection far(server, "192.0.2.11", client, "198.51.100.2");
  Connection six(server, "2001:db8::1", client, "2001:db8::2");
  ASSERT_TRUE(near.goes_on() && far.goes_on() && six.goes_on());

  ebond.must_run(server, {"add", "bond0", "mode", "active-backup", "--adopt", "eth0"});
  expect_moved();
  EXPECT_TRUE(near.goes_on() && far.goes_on() && six.goes_on());

  // What a bond is for: the other card, and the first one pulled.
  ebond.must_run(server, {"enslave", "bond0", "eth1"});
  ASSERT_TRUE(eventually([&] { return link_is(server, "eth1", "up") && sw.forwards("p2"); }));
  left.pull();
  EXPECT_TRUE(near.goes_on() && far.goes_on() && six.goes_on());
  plug_and_wait(left);

  // The next daemon knows what is to be given back.
  ebond.kill(SIGKILL);
  ebond.start();
  expect_moved();
  EXPECT_TRUE(near.goes_on() && far.goes_on() && six.goes_on());

  ebond.must_run(server, {"del", "bond0"});
  EXPECT_TRUE(eventually([&] { return belongings("eth0") == before; })) << belongings("eth0") << before;
  EXPECT_TRUE(near.goes_on() && far.goes_on() && six.goes_on());
  for (const auto* each : {&near, &far, &six}) {
    std::printf("longest silence %d ms\n", static_cast<int>(each->longest_silence().count()));
  }
}

TEST_F(Adopting, AReleaseMovesBackWhatWasMoved) {
  const auto before = belongings("eth0");
  ebond.must_run(server, {"add", "bond0", "--adopt", "eth0"});
  ebond.must_run(server, {"release", "bond0", "eth0"});
  EXPECT_TRUE(eventually([&] { return belongings("eth0") == before; })) << belongings("eth0") << before;
  EXPECT_THAT(listen(server, "ip address show dev bond0"), Not(HasSubstr("192.0.2.1/24")));
  EXPECT_TRUE(pings(client, "192.0.2.1"));
}

TEST_F(Adopting, WhatIsRefusedLeavesTheCardAsItWas) {
  const auto before = belongings("eth0");
  // Both halves of the reason: an option that is wrong, and an interface that cannot be had.
  EXPECT_EQ(ebond.run(server, {"add", "bond0", "mode", "sideways", "--adopt", "eth0"}).exit_code, 1);
  EXPECT_EQ(ebond.run(server, {"add", "bond0", "--adopt", "lo"}).exit_code, 1);
  const auto absent = ebond.run(server, {"add", "bond0", "--adopt", "eth9"});
  EXPECT_EQ(absent.exit_code, 1);
  EXPECT_THAT(absent.output, HasSubstr("eth9"));
  EXPECT_NE(server.run({"ip", "link", "show", "dev", "bond0"}).exit_code, 0);
  EXPECT_EQ(belongings("eth0"), before);
  EXPECT_EQ(ebond.must_run(server, {"-j", "show"}), "[]\n");
}

TEST_F(Adopting, ALeaseIsRefusedUnlessItIsForcedAndKeepsItsTime) {
  server.must_run(
      {"ip", "address", "add", "192.0.2.9/24", "dev", "eth0", "valid_lft", "3600", "preferred_lft", "1800"});
  const auto refused = ebond.run(server, {"add", "bond0", "--adopt", "eth0"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("192.0.2.9, for"));
  EXPECT_THAT(refused.output, HasSubstr("--force"));
  EXPECT_NE(server.run({"ip", "link", "show", "dev", "bond0"}).exit_code, 0);
  const auto forced = ebond.must_run(server, {"add", "bond0", "--adopt", "eth0", "--force"});
  EXPECT_THAT(forced, HasSubstr("start one on bond0"));
  const auto bond = listen(server, "ip address show dev bond0 to 192.0.2.9");
  EXPECT_THAT(bond, ContainsRegex("valid_lft (3600|35[0-9][0-9])sec preferred_lft (1800|17[0-9][0-9])sec"));
}

TEST_F(Adopting, AClientOnTheCardIsFoundByItsSockets) {
  // A DHCP client's two: UDP port 68, and frames of the interface.
  const auto log = ebond.run_dir() / "client";
  auto process =
      server.start({"python3", "-c",
                    "import socket, time\n"
                    "a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); a.bind(('', 68))\n"
                    "b = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x0008); b.bind(('eth0', 0x0800))\n"
                    "print('ready', flush=True); time.sleep(100)"},
                   log);
  ASSERT_TRUE(eventually([&] {
    return listen(server, fmt::format("cat {}", log.native())).find("ready") != std::string::npos;
  }));
  const auto refused = ebond.run(server, {"add", "bond0", "--adopt", "eth0"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr(fmt::format("(pid {})", process.pid())));
  EXPECT_EQ(ebond.run(server, {"add", "bond1", "--adopt", "eth1"}).exit_code, 0);
}

TEST_F(Adopting, AFileSaysItWithAdopt) {
  const auto file = ebond.run_dir() / "lan.toml";
  listen(server,
         fmt::format("printf '[bond.bond0]\\nmode = \"active-backup\"\\nslaves = [\"eth0\", \"eth1\"]\\n"
                     "adopt = \"eth0\"\\naddresses = [\"192.0.2.1/24\"]\\n' >{}",
                     file.native()));
  Connection near(server, "192.0.2.1", client, "192.0.2.2");
  ebond.must_run(server, {"apply", file.native()});
  expect_moved();
  EXPECT_TRUE(near.goes_on());
  EXPECT_TRUE(proc_says(server, "Slave Interface: eth1\n"));
}

}  // namespace
}  // namespace ebond::lab
