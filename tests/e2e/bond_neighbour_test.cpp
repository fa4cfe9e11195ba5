// What switches say of themselves by LLDP and CDP is heard by every slave, and shown.
#include "lab/must.h"
#include "os/packet_socket.h"
#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

using ::testing::HasSubstr;

wire::Bytes lldp_of(std::string_view system) {
  wire::Bytes frame{0x01, 0x80, 0xc2, 0, 0, 0x0e, 2, 0, 0, 0, 0, 9, 0x88, 0xcc};
  const auto put = [&](std::uint8_t type, std::uint8_t subtype, std::string_view text) {
    frame.insert(frame.end(),
                 {static_cast<std::uint8_t>(type << 1), static_cast<std::uint8_t>(text.size() + 1), subtype});
    frame.insert(frame.end(), text.begin(), text.end());
  };
  put(1, 7, system);
  put(2, 5, "Ethernet1/7");
  frame.insert(frame.end(), {0x06, 0x02, 0x00, 120, 0, 0});
  frame.resize(60);
  return frame;
}

const wire::Bytes kCdp{0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc, 2,    0,    0,    0,   0,    9,    0x00, 0x1c,
                       0xaa, 0xaa, 0x03, 0x00, 0x00, 0x0c, 0x20, 0x00, 0x02, 180, 0x00, 0x00, 0x00, 0x01,
                       0x00, 0x07, 's',  'w',  '2',  0x00, 0x03, 0x00, 0x09, 'G', 'i',  '0',  '/',  '1'};

class Neighbour : public OneSwitch {
 protected:
  /// The switch sends it by one of its ports.
  void say(const std::string& port, const wire::Bytes& frame) {
    const auto sender = must(os::FrameSender::open(sw.netns()));
    must(sender.send(sw.link(port).ifindex, frame));
  }
  bool shows(const std::string& text) {
    return eventually([&] { return ebond.must_run(server, {"show"}).find(text) != std::string::npos; });
  }
};

TEST_F(Neighbour, IsShownOfTheActiveSlaveAndOfABackup) {
  bond({"mode", "active-backup"});
  say("p1", lldp_of("sw1"));
  say("p2", kCdp);
  EXPECT_TRUE(shows("sw1 Ethernet1/7"));
  EXPECT_TRUE(shows("sw2 Gi0/1"));
  EXPECT_THAT(ebond.must_run(server, {"show", "-v"}), HasSubstr("LARGEST FRAME"));
  EXPECT_THAT(ebond.must_run(server, {"metrics"}),
              HasSubstr("ebond_slave_neighbour_info{bond=\"bond0\",netns=\""));
  EXPECT_THAT(ebond.log(), HasSubstr("neighbour eth0  -> sw1 Ethernet1/7 (by LLDP)"));
}

TEST_F(Neighbour, IsKnownToTheNextDaemonAndShownWhenTheCableIsDead) {
  bond({"mode", "active-backup"});
  say("p1", lldp_of("sw1"));
  ASSERT_TRUE(shows("sw1 Ethernet1/7"));
  ebond.kill(SIGKILL);
  ebond.start();
  left.pull();
  EXPECT_TRUE(active_is(server, "eth1"));
  EXPECT_TRUE(shows("sw1 Ethernet1/7"));
}

TEST_F(Neighbour, OneSwitchForBothIsSaid) {
  bond({"mode", "active-backup"});
  say("p1", lldp_of("sw1"));
  say("p2", lldp_of("sw1"));
  EXPECT_TRUE(shows("eth0 and eth1 are at one switch, sw1: the bond does not outlive it"));
}

}  // namespace
}  // namespace ebond::lab
