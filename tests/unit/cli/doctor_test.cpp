#include "cli/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ebond::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

config::BondConfig bond(const config::KeyValues& options, const std::vector<std::string>& slaves) {
  config::BondConfig made{.name = "bond0", .options = options};
  for (const auto& name : slaves) made.slaves.push_back({.name = name});
  return made;
}

TEST(Drift, IsNoneIfTheFileSaysTheSameInOtherWords) {
  const auto running = bond({{"mode", "active-backup"}, {"miimon", "100"}}, {"eth0", "eth1"});
  EXPECT_THAT(drift_of(running, bond({{"mode", "1"}, {"miimon", "100"}}, {"eth1", "eth0"})), IsEmpty());
  EXPECT_THAT(drift_of(running, bond({{"mode", "1"}}, {"eth0", "eth1"})), IsEmpty()) << "it does not say";
}

TEST(Drift, NamesOptionsAndSlavesThatDiffer) {
  const auto running = bond({{"mode", "active-backup"}, {"miimon", "100"}}, {"eth0", "eth2"});
  EXPECT_THAT(
      drift_of(running, bond({{"mode", "active-backup"}, {"miimon", "50"}}, {"eth0", "eth1"})),
      ElementsAre("miimon is 100, and 50 there", "eth1 is no slave", "eth2 is a slave, and is not there"));
}

}  // namespace
}  // namespace ebond::cli
