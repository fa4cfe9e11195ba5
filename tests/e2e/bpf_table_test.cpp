// Which slot a frame takes: by the table the daemon wrote, and by which links live at that instant.
#include <vector>

#include "tests/e2e/bpf_bench.h"

namespace ebond::os {
namespace {

class DatapathTable : public DatapathBench {
 protected:
  void publish(const std::vector<int>& buckets, const std::vector<int>& standby) {
    path.publish(table(buckets, standby));
  }
};

TEST_F(DatapathTable, AFrameOfADeadLinkTakesTheNextLivingBucketThenTheStandbysInTheirOrder) {
  publish({0, 1}, {2, 3});
  EXPECT_EQ(way_of_a_frame(), 0);
  set_alive(0, false);
  EXPECT_EQ(way_of_a_frame(), 1);
  set_alive(1, false);
  EXPECT_EQ(way_of_a_frame(), 2);
  set_alive(2, false);
  EXPECT_EQ(way_of_a_frame(), 3);
  set_alive(3, false);
  EXPECT_TRUE(drops_a_frame());
  set_alive(1, true);
  EXPECT_EQ(way_of_a_frame(), 1);
}

TEST_F(DatapathTable, AStandbyAloneIsFoundBehindATableOfManyBuckets) {
  publish(std::vector<int>(200, 0), {3});
  EXPECT_EQ(way_of_a_frame(), 0);
  set_alive(0, false);
  EXPECT_EQ(way_of_a_frame(), 3);
}

TEST_F(DatapathTable, AnEmptyTableSendsNothing) {
  publish({}, {});
  EXPECT_TRUE(drops_a_frame());
  publish({2}, {});
  EXPECT_EQ(way_of_a_frame(), 2);
}

}  // namespace
}  // namespace ebond::os
