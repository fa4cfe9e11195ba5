// What bond0 is made as: a netkit device where the kernel has them and the mode can do with one, else a veth.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.h"

namespace ebond::daemon {
namespace {

using testing::HasSubstr;

struct KindLab : World {
  explicit KindLab(bool has_netkit) {
    kernel.has_netkit = has_netkit;
    kernel.add_nic("eth0", 2);
    start();
  }
};

TEST(DeviceKind, IsNetkitWhereTheKernelHasItAndVethWhereNot) {
  KindLab newer(true), older(false);
  EXPECT_EQ(newer.add("bond0"), "");
  EXPECT_EQ(newer.show("bond0").device, "netkit");
  EXPECT_EQ(older.add("bond0"), "");
  EXPECT_EQ(older.show("bond0").device, "veth");
}

TEST(DeviceKind, IsWhatIsAskedFor) {
  KindLab newer(true), older(false);
  EXPECT_EQ(newer.add("bond0", {{"bond0_device", "veth"}}), "");
  EXPECT_EQ(newer.show("bond0").device, "veth");
  EXPECT_THAT(older.add("bond0", {{"bond0_device", "netkit"}}), HasSubstr("no netkit"));
  EXPECT_EQ(older.kernel.find("bond0"), nullptr);
  EXPECT_TRUE(older.files().files.empty());
}

TEST(DeviceKind, IsVethInAModeThatNeedsOneAndSuchAModeIsRefusedLater) {
  KindLab lab(true);
  EXPECT_EQ(lab.add("bond0", {{"mode", "balance-alb"}}), "");
  EXPECT_EQ(lab.show("bond0").device, "veth");
  EXPECT_EQ(lab.add("bond1"), "");
  EXPECT_THAT(lab.set("bond1", {{"mode", "balance-alb"}}), HasSubstr("bond1 is a netkit device"));
  EXPECT_EQ(lab.show("bond1").status.options.mode, core::Mode::active_backup);
  EXPECT_EQ(lab.set("bond1", {{"mode", "balance-tlb"}}), "");
  EXPECT_EQ(lab.set("bond0", {{"lp_interval", "2"}}), "");
}

TEST(DeviceKind, OfABondThatAnEarlierDaemonMadeIsWhatItWas) {
  KindLab lab(false);
  EXPECT_EQ(lab.add("bond0"), "");
  EXPECT_EQ(lab.enslave("bond0", {"eth0"}), "");
  lab.kill();
  lab.kernel.has_netkit = true;
  const auto before = lab.kernel.describe();
  lab.start();
  EXPECT_EQ(lab.show("bond0").device, "veth");
  EXPECT_EQ(lab.kernel.describe(), before);
}

TEST(DeviceKind, OfNetkitIsFollowedAndDeletedAsAVethIs) {
  KindLab lab(true);
  EXPECT_EQ(lab.add("bond0"), "");
  EXPECT_EQ(lab.enslave("bond0", {"eth0"}), "");
  lab.kill();
  lab.start();
  EXPECT_EQ(lab.show("bond0").device, "netkit");
  EXPECT_EQ(lab.slaves("bond0"), "eth0");
  EXPECT_EQ(lab.del("bond0"), "");
  EXPECT_EQ(lab.kernel.find("bond0"), nullptr);
  EXPECT_FALSE(lab.kernel.at("eth0").rx);
}

}  // namespace
}  // namespace ebond::daemon
