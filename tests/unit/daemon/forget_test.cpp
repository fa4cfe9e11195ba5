// Bonds that cannot be taken over as they are: what can be made whole again, and what `ebond forget --force`
// ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.h"

namespace ebond::daemon {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kState = "/run/ebond/state/4026531840-100.json";

/// bond0 with eth0 and eth1, whose daemon has died. `before` is how things were without it.
struct ForgetLab : World {
  ForgetLab() {
    kernel.add_nic("eth0", 2);
    kernel.add_nic("eth1", 3);
    start();
    before = describe();
    EXPECT_EQ(add("bond0"), "");
    EXPECT_EQ(enslave("bond0", {"eth0", "eth1"}), "");
    kill();
  }
  std::string before;
};

TEST(Pins, ThatAreLostAreFoundByThePrograms) {
  ForgetLab lab;
  const auto whole = lab.describe();
  lab.kernel.pins.clear();
  lab.start();
  EXPECT_EQ(lab.show("bond0").failed, "");
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1");
  EXPECT_EQ(lab.describe(), whole);
}

TEST(Pins, ThatAreLostWithTheProgramAboveAreFoundByThoseOnSlaves) {
  ForgetLab lab;
  const auto whole = lab.describe();
  lab.kernel.pins.clear();
  lab.kernel.at("ebl101").tx = false;  // a netkit device's, which goes with its pin
  lab.start();
  EXPECT_EQ(lab.show("bond0").failed, "");
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1");
  EXPECT_EQ(lab.describe(), whole);
}

TEST(Pins, ThatAreLostWithTheProgramsAreMadeNew) {
  ForgetLab lab;
  const auto whole = lab.describe();
  lab.kernel.pins.clear();
  lab.kernel.at("ebl101").tx = false;
  for (const auto* name : {"eth0", "eth1"}) lab.kernel.at(name).rx.reset();
  lab.start();
  EXPECT_EQ(lab.show("bond0").failed, "");
  EXPECT_EQ(lab.describe(), whole);
}

TEST(Pins, OfAnotherBondAreNotTaken) {
  ForgetLab lab;
  lab.kernel.pins.begin()->second.lower = os::IfIndex(77);
  lab.start();
  EXPECT_THAT(lab.show("bond0").failed, HasSubstr("another bond"));
}

TEST(Pins, OfABondThatIsGoneAreRemovedIfNoFileTellsOfIt) {
  ForgetLab lab;
  lab.files().files.clear();
  lab.start();
  EXPECT_EQ(lab.kernel.pins.size(), 1U) << "bond0 is still there";
  lab.kill();
  lab.kernel.remove(lab.kernel.at("bond0").info.ifindex);
  lab.kernel.pins["/sys/fs/bpf/ebond/_run_ebond/watched"] = {};
  lab.start();
  EXPECT_EQ(lab.kernel.pins.size(), 1U) << "that of no bond stays";
  EXPECT_TRUE(lab.kernel.pins.contains("/sys/fs/bpf/ebond/_run_ebond/watched"));
}

TEST(Forget, NamesTheBondWhoseFileCannotBeReadByItsDevice) {
  ForgetLab lab;
  lab.files().files[kState] = "{";
  lab.start();
  EXPECT_THAT(lab.show("bond0").failed, HasSubstr("could not be taken over: cannot read"));
  EXPECT_THAT(lab.del("bond0"), HasSubstr("`ebond forget --force bond0` ends it"));
}

TEST(Forget, EndsABondWhoseFileCannotBeRead) {
  ForgetLab lab;
  const auto mac = *lab.kernel.at("eth1").info.permanent_mac;
  lab.files().files[kState] = "{";
  lab.start();
  ASSERT_EQ(lab.forget("bond0"), "");
  EXPECT_THAT(lab.not_put_back, testing::Contains(HasSubstr("addresses and routes eth0 had")));
  EXPECT_EQ(lab.kernel.find("bond0"), nullptr);
  EXPECT_EQ(lab.kernel.at("eth1").info.mac, mac);
  EXPECT_EQ(lab.kernel.at("eth1").ipv6["disable_ipv6"], "0");
  EXPECT_FALSE(lab.kernel.at("eth1").rx);
  EXPECT_THAT(lab.files().files, IsEmpty());
  EXPECT_THAT(lab.kernel.pins, IsEmpty());
  EXPECT_EQ(lab.show("bond0").status.name, "");
  EXPECT_EQ(lab.add("bond0"), "");
}

TEST(Forget, PutsBackWhatTheFileOfABondThatCannotBeTakenOverTells) {
  ForgetLab lab;
  lab.kernel.pins.begin()->second.lower = os::IfIndex(77);
  lab.start();
  ASSERT_EQ(lab.forget("bond0"), "");
  EXPECT_THAT(lab.not_put_back, IsEmpty());
  EXPECT_EQ(lab.describe(), lab.before);
}

TEST(Forget, EndsABondThatWorksAsDelDoes) {
  ForgetLab lab;
  lab.start();
  ASSERT_EQ(lab.forget("bond0"), "");
  EXPECT_THAT(lab.not_put_back, IsEmpty());
  EXPECT_EQ(lab.describe(), lab.before);
}

TEST(Forget, EndsABondWhoseSlavesRefuseToBeRestored) {
  ForgetLab lab;
  lab.start();
  lab.script.start();
  lab.script.refuse("add address", EIO);
  ASSERT_EQ(lab.forget("bond0"), "");
  EXPECT_EQ(lab.not_put_back.size(), 2U);
  EXPECT_EQ(lab.kernel.find("bond0"), nullptr);
  EXPECT_THAT(lab.files().files, IsEmpty());
}

TEST(Forget, EndsABondOfWhichNoFileTells) {
  ForgetLab lab;
  lab.files().files.clear();
  lab.start();
  EXPECT_EQ(lab.show("bond0").status.name, "");
  ASSERT_EQ(lab.forget("bond0"), "");
  EXPECT_EQ(lab.kernel.find("bond0"), nullptr);
  EXPECT_FALSE(lab.kernel.at("eth0").rx);
}

TEST(Forget, LeavesWhatIsNoBondAlone) {
  ForgetLab lab;
  lab.start();
  const auto before = lab.describe();
  EXPECT_THAT(lab.forget("eth0"), HasSubstr("there is no bond eth0"));
  EXPECT_THAT(lab.forget("bond9"), HasSubstr("there is no bond bond9"));
  EXPECT_EQ(lab.describe(), before);
}

}  // namespace
}  // namespace ebond::daemon
