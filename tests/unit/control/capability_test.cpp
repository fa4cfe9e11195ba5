#include "control/capability.h"

#include <gtest/gtest.h>

#include <vector>

namespace ebond::control {
namespace {

constexpr unsigned kNetAdminBit = 12;
constexpr std::uint64_t kAll = 0x1ff'ffff'ffff;
constexpr std::uint64_t kNetAdminAlone = 1U << kNetAdminBit;
constexpr uid_t kAlice = 1000, kBob = 1001, kRootOfContainer = 100'000;

constexpr UserNamespaceId kHost{4, 1}, kContainer{4, 2}, kInner{4, 3}, kOther{4, 4};

// The host's root made the container's namespace (as docker does) or alice made it (as podman does); the
// container's root made one inside.
const std::vector<UserNamespace> of_host = {{kHost, 0}};
const std::vector<UserNamespace> of_container = {{kContainer, kAlice}, {kHost, 0}};
const std::vector<UserNamespace> of_inner = {{kInner, kRootOfContainer}, {kContainer, kAlice}, {kHost, 0}};

bool may(const Credentials& who, const std::vector<UserNamespace>& what) {
  return is_capable(who, what, kNetAdminBit);
}

TEST(Capability, OfTheHostsRootReachesEverywhere) {
  const Credentials root{0, kAll, kHost};
  EXPECT_TRUE(may(root, of_host));
  EXPECT_TRUE(may(root, of_container));
  EXPECT_TRUE(may(root, of_inner));
}

TEST(Capability, IsWhatCountsAndNotTheUid) {
  EXPECT_FALSE(may({0, 0, kHost}, of_host)) << "uid 0 without it";
  EXPECT_FALSE(may({0, kAll & ~kNetAdminAlone, kHost}, of_host));
  EXPECT_FALSE(may({0, 0, kHost}, of_container));
  EXPECT_TRUE(may({kAlice, kNetAdminAlone, kHost}, of_host)) << "a service of another uid that has it";
}

TEST(Capability, OfAContainersRootReachesItsOwnAndWhatIsInside) {
  const Credentials root{kRootOfContainer, kAll, kContainer};
  EXPECT_FALSE(may(root, of_host));
  EXPECT_TRUE(may(root, of_container));
  EXPECT_TRUE(may(root, of_inner));
  const std::vector<UserNamespace> of_other = {{kOther, kBob}, {kHost, 0}};
  EXPECT_FALSE(may(root, of_other)) << "its neighbour's";
  EXPECT_FALSE(may({kRootOfContainer, 0, kContainer}, of_container)) << "uid 0 there, without it";
}

TEST(Capability, OfAnInnerNamespaceDoesNotReachOut) {
  const Credentials inside{kRootOfContainer, kAll, kInner};
  EXPECT_TRUE(may(inside, of_inner));
  EXPECT_FALSE(may(inside, of_container));
  EXPECT_FALSE(may(inside, of_host));
}

TEST(Capability, IsTheMakersOverANamespaceRightBelowItsOwn) {
  EXPECT_TRUE(may({kAlice, 0, kHost}, of_container)) << "she made it";
  EXPECT_TRUE(may({kAlice, 0, kHost}, of_inner)) << "and so what is inside it";
  EXPECT_FALSE(may({kBob, 0, kHost}, of_container));
  EXPECT_FALSE(may({kRootOfContainer, 0, kHost}, of_inner)) << "the same uid, but two floors up";
  EXPECT_FALSE(may({kAlice, 0, kOther}, of_container)) << "the same uid elsewhere";
}

TEST(Capability, OverWhatIsNotKnownIsNobodys) {
  EXPECT_FALSE(may({0, kAll, kHost}, {}));
}

TEST(Status, TellsTheEffectiveUidAndCapabilities) {
  const auto who = parse_status(
      "Name:\tUid:\t7\nUmask:\t0022\nUid:\t1000\t1001\t1002\t1003\nGid:\t0\t0\t0\t0\n"
      "CapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000001000\nCapBnd:"
      "\t000001ffffffffff\n");
  ASSERT_TRUE(who);
  EXPECT_EQ(who->uid, 1001u);
  EXPECT_EQ(who->effective, kNetAdminAlone);
}

TEST(Status, OfAnotherShapeIsRefused) {
  EXPECT_FALSE(parse_status(""));
  EXPECT_FALSE(parse_status("Uid:\t0\t0\t0\t0\n"));
  EXPECT_FALSE(parse_status("CapEff:\t0000000000001000\n"));
  EXPECT_FALSE(parse_status("Uid:\t0\nCapEff:\t0000000000001000\n"));
  EXPECT_FALSE(parse_status("Uid:\t0\tx\t0\t0\nCapEff:\t0000000000001000\n"));
  EXPECT_FALSE(parse_status("Uid:\t0\t0\t0\t0\nCapEff:\t\n"));
  EXPECT_FALSE(parse_status("Uid:\t0\t0\t0\t0\nCapEff:\t1000z\n"));
}

}  // namespace
}  // namespace ebond::control
