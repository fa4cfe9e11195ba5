// What stands behind a bond, and says nothing: switches learn its new port all the same.
#include <fmt/format.h>

#include <fstream>
#include <thread>

#include "lab/must.h"
#include "tests/e2e/bond_lab.h"
#include "tests/e2e/two_switches.h"

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;

//   server br0 (tap0, bond0) eth0 --- p1 sw p3 --- eth0 client
//                            eth1 --- p2
class BehindABridge : public OneSwitch {
 protected:
  Host& guest = lab.host("guest");
  Cable& tap = lab.cable(guest, "eth0", server, "tap0");

  void bridge(const Arguments& more = {}) {
    Arguments options{"mode", "active-backup", "miimon", "100", "primary", "eth0"};
    options.insert(options.end(), more.begin(), more.end());
    bond(options);
    must(server.net().create_bridge("br0"));
    for (const auto* port : {"tap0", "bond0"}) server.must_run({"ip", "link", "set", port, "master", "br0"});
    server.set_up("br0");
    server.set_up("tap0");
  }
  static std::string mac(unsigned number) {
    return fmt::format("00:00:5e:00:{:02x}:{:02x}", number >> 8, number & 0xff);
  }
  /// A guest that never speaks: an entry of the bridge, no more.
  void add_silent_guests(unsigned count) {
    const auto path = ebond.run_dir() / "guests";
    std::ofstream file(path);
    for (unsigned i = 0; i < count; ++i) file << "fdb add " << mac(i) << " dev tap0 master static\n";
    file.close();
    server.must_run({"bridge", "-batch", path.string()});
  }
  /// How many of the guests the switch knows at that port.
  std::size_t learned_at(const std::string& port) {
    const auto table = sw.must_run({"bridge", "fdb", "show", "brport", port});
    std::size_t count = 0;
    for (std::size_t at = 0; (at = table.find("00:00:5e:00:", at)) != std::string::npos; ++at) ++count;
    return count;
  }
};

TEST_F(BehindABridge, GuestsThatSayNothingAreLearnedAtTheNewPort) {
  bridge();
  add_silent_guests(3);
  EXPECT_EQ(learned_at("p2"), 0U);
  left.pull();
  EXPECT_TRUE(eventually([&] { return learned_at("p2") == 3; }));
  plug_and_wait(left);
  right.pull();
  EXPECT_TRUE(eventually([&] { return learned_at("p1") == 3 && learned_at("p2") == 0; }));
}

TEST_F(BehindABridge, ThousandsAreTaughtAFewAtATime) {
  bridge();
  add_silent_guests(2000);
  left.pull();
  ASSERT_TRUE(eventually([&] { return learned_at("p2") > 0; }));
  EXPECT_TRUE(eventually([&] { return learned_at("p2") == 2000; }));
  // The silent ones, and one or two that have spoken.
  EXPECT_THAT(ebond.log(), ::testing::ContainsRegex("announce .200[12] MACs behind the bond"));
}

TEST_F(BehindABridge, NoneIsTaughtIfTheOptionIsOff) {
  bridge({"announce_behind", "off"});
  add_silent_guests(3);
  left.pull();
  EXPECT_TRUE(eventually([&] { return active_is(server, "eth1"); }));
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(learned_at("p2"), 0U);
}

//   server br0 (tap0, bond0) eth0 --- p1 left  p2 --- p1 core p3 --- eth0 router
//                            eth1 --- p1 right p2 --- p2
TEST_F(TwoSwitchLab, AGuestThatOnlyListensIsReachedByTheOtherSwitch) {
  Host& guest = lab.host("guest");
  lab.cable(guest, "eth0", server, "tap0");
  guest.add_address("eth0", "192.0.2.3/24");
  bond({"mode", "active-backup", "miimon", "100", "primary", "eth0"});
  must(server.net().create_bridge("br0"));
  for (const auto* port : {"tap0", "bond0"}) server.must_run({"ip", "link", "set", port, "master", "br0"});
  server.set_up("br0");
  server.set_up("tap0");
  // The core has the guest behind the left switch, whose own link to the core stays up.
  Stream stream(router, guest, "192.0.2.3");
  stream.wait_for_arrivals(100);
  left_down.pull();
  stream.wait_for_arrivals(500);
  const auto report = stream.stop();
  EXPECT_LE(report.longest_gap_ms, 1000) << report.lost << " lost";
}

//   server bond0 eth0 --- p1 sw        container mv0 (a macvlan on bond0)
//                eth1 --- p2
TEST_F(OneSwitch, AMacvlanInAnotherNamespaceThatSaysNothingIsLearnedAtTheNewPort) {
  const std::string mac = "00:00:5e:00:53:77";
  Host& container = lab.host("container");
  bond({"mode", "active-backup", "miimon", "100", "primary", "eth0"});
  server.must_run({"ip", "link", "add", "link", "bond0", "name", "mv0", "address", mac, "type", "macvlan",
                   "mode", "bridge"});
  server.must_run({"ip", "link", "set", "mv0", "netns", container.netns_name()});
  container.must_run({"ip", "link", "set", "mv0", "arp", "off", "addrgenmode", "none", "up"});
  const auto is_known = [&](const std::string& port) {
    return sw.must_run({"bridge", "fdb", "show", "brport", port}).find(mac) != std::string::npos;
  };
  left.pull();
  EXPECT_TRUE(eventually([&] { return is_known("p2"); }));
}

}  // namespace
}  // namespace ebond::lab
