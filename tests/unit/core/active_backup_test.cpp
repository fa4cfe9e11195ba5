#include "bond_lab.h"

namespace ebond::core {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class ActiveBackup : public testing::Test {
 protected:
  BondOptions options = BondLab::unpolled(Mode::active_backup);
};

TEST_F(ActiveBackup, MakesTheFirstSlaveActiveAndTheSecondItsBackup) {
  BondLab lab(options);
  EXPECT_THAT(deeds(lab.enslave(0)), ElementsAre("publish table", "bond MAC 02:00:00:00:00:01", "carrier on",
                                                 "announce", "resend igmp"));
  EXPECT_THAT(deeds(lab.enslave(1)),
              ElementsAre("publish table", "eth1 MAC 02:00:00:00:00:01", "eth1 noarp on"));
  EXPECT_EQ(lab.active(), "eth0");
  EXPECT_THAT(lab.buckets(), ElementsAre(0));
  EXPECT_THAT(lab.standby(), ElementsAre(1));
}

TEST_F(ActiveBackup, TakesTheNextSlaveInEnslaveOrderWhenTheActiveOneLosesCarrier) {
  BondLab lab(options);
  lab.with_slaves(3);
  const auto actions = lab.pull(0);
  EXPECT_THAT(deeds(actions),
              ElementsAre("publish table", "eth0 noarp on", "eth1 noarp off", "announce", "resend igmp"));
  EXPECT_THAT(reports(actions),
              ElementsAre("report link eth0: 'up' -> 'down' because carrier lost (netlink)",
                          "report active-slave eth1: 'eth0' -> 'eth1' because eth0: carrier lost (netlink)",
                          "report failover bond: 'eth0' -> 'eth1' because eth0: carrier lost (netlink)",
                          "report announce eth1: '' -> '' because round 1 of 1"));
  EXPECT_THAT(lab.buckets(), ElementsAre(1));
}

TEST_F(ActiveBackup, KeepsTheActiveSlaveWhenAnEqualOneComesBack) {
  BondLab lab(options);
  lab.with_slaves(2);
  lab.pull(0);
  lab.plug(0);
  EXPECT_EQ(lab.active(), "eth1");
  EXPECT_THAT(lab.standby(), ElementsAre(0));
}

}  // namespace
}  // namespace ebond::core
