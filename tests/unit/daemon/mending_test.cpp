// What others do to a bond's device behind the daemon's back, seen and put right.
#include <gtest/gtest.h>
#include <net/if.h>

#include "world.h"

namespace ebond::daemon {
namespace {

struct MendingLab : World {
  MendingLab() {
    kernel.add_nic("eth0", 2);
    start();
    EXPECT_EQ(add("bond0"), "");
    EXPECT_EQ(enslave("bond0", {"eth0"}), "");
    kernel.at("bond0").info.flags |= IFF_UP;
    hands().tell_of("bond0");
    EXPECT_TRUE(lower().is_up());
    events.clear();
  }
  os::LinkInfo& lower() { return kernel.at("ebl101").info; }
};

TEST(LowerHalf, ThatIsSetDownIsSetUpAgain) {
  MendingLab lab;
  lab.lower().flags &= ~static_cast<std::uint32_t>(IFF_UP);
  lab.hands().tell_of("ebl101");
  EXPECT_TRUE(lab.lower().is_up());
  EXPECT_TRUE(lab.has_event("warning  its lower half was set down, and is put right"));
  // And so by a daemon that finds it down.
  lab.kill();
  lab.lower().flags &= ~static_cast<std::uint32_t>(IFF_UP);
  lab.start();
  EXPECT_TRUE(lab.lower().is_up());
}

TEST(LowerHalf, OfABondWithoutCarrierIsNotSetUpByOthers) {
  MendingLab lab;
  lab.kernel.at("eth0").nic.carrier = false;
  lab.hands().tell_of("eth0");
  ASSERT_FALSE(lab.lower().is_up());
  lab.lower().flags |= IFF_UP;
  lab.hands().tell_of("ebl101");
  EXPECT_FALSE(lab.lower().is_up());
}

TEST(LowerHalf, KeepsTheBondsMtuAndItsSilence) {
  MendingLab lab;
  lab.lower().mtu = 1000;
  lab.lower().flags &= ~static_cast<std::uint32_t>(IFF_NOARP);
  lab.hands().tell_of("ebl101");
  EXPECT_EQ(lab.lower().mtu, 1500U);
  EXPECT_TRUE(lab.lower().noarp());
  EXPECT_TRUE(lab.has_event("warning  its lower half got MTU 1000"));
}

TEST(LowerHalf, IsNotTouchedForNewsOfTheDaemonsOwnDoing) {
  MendingLab lab;
  const auto news = lab.kernel.at("ebl101").as_told();
  lab.kernel.at("eth0").nic.carrier = false;
  lab.hands().tell_of("eth0");
  lab.events.clear();
  lab.hands().tell({.events = {os::LinkChanged{news}}, .overrun = false});  // from before
  EXPECT_FALSE(lab.lower().is_up());
  EXPECT_TRUE(lab.events.empty());
}

TEST(Slave, ThatIsPutIntoABridgeIsTakenOut) {
  MendingLab lab;
  lab.kernel.add("br0", 30, "bridge");
  lab.kernel.at("eth0").info.master = os::IfIndex(30);
  lab.hands().tell_of("eth0");
  EXPECT_FALSE(lab.kernel.at("eth0").info.master);
  EXPECT_TRUE(lab.has_event("warning eth0 was made a port of another device"));
  EXPECT_EQ(lab.slaves("bond0"), "eth0");
}

TEST(Overrun, ShowsThatTheBondsDeviceIsGone) {
  MendingLab lab;
  const auto addresses = lab.kernel.at("eth0").addresses.size();
  lab.kernel.remove(lab.kernel.at("bond0").info.ifindex);
  lab.hands().tell({.events = {}, .overrun = true});
  EXPECT_EQ(lab.show("bond0").status.name, "");
  EXPECT_EQ(lab.kernel.at("eth0").addresses.size(), addresses + 1);
  EXPECT_FALSE(lab.kernel.at("eth0").rx);
  EXPECT_TRUE(lab.files().files.empty());
}

TEST(Overrun, ShowsThatAnotherInterfaceHasASlavesNumber) {
  MendingLab lab;
  lab.kernel.remove(os::IfIndex(2));
  lab.kernel.add_nic("eth7", 2).info.permanent_mac = *wire::MacAddress::parse("02:00:00:00:aa:07");
  lab.hands().tell({.events = {}, .overrun = true});
  EXPECT_EQ(lab.slaves("bond0"), "");
  EXPECT_EQ(lab.kernel.at("eth7").addresses.size(), 1U);
}

}  // namespace
}  // namespace ebond::daemon
