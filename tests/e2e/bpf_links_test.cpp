// Whose a link's life is, when a daemon takes over the bonds of the one before, one after the other.
#include "tests/e2e/bpf_bench.h"

namespace ebond::os {
namespace {

class DatapathLinks : public DatapathBench {
 protected:
  std::vector<LinkId> used() const {
    std::vector<LinkId> all;
    for (int i = 0; i < kSlaves; ++i) all.push_back(path.link_of(SlotId(i)));
    return all;
  }
};

TEST_F(DatapathLinks, ANextDaemonGivesNoneAwayThatABondUsesWhichItHasNotTakenOverYet) {
  auto next = must(LinkBits::open_or_create(pins));
  EXPECT_THAT(used(), ::testing::Not(::testing::Contains(must(next.allocate(pins / "other")))));
}

TEST_F(DatapathLinks, ABondKeepsItsOwnWhenItIsTakenOver) {
  const auto before = used();
  auto next = must(LinkBits::open_or_create(pins));
  path = must(Datapath::adopt(pins / "bond", {.mode = Mode::active_backup}, device.lower(), next));
  EXPECT_EQ(used(), before);
}

// Builds of November 2026 gave a link to two bonds.
TEST_F(DatapathLinks, ABondWhoseLinkIsAnothersGetsOneOfItsOwn) {
  path.publish(table({0}, {1}));
  const auto before = used();
  must(make_pin_dir(pins / "next"));
  auto next = must(LinkBits::open_or_create(pins / "next"));
  EXPECT_TRUE(next.claim(before.front(), pins / "other"));
  path = must(Datapath::adopt(pins / "bond", {.mode = Mode::active_backup}, device.lower(), next));
  EXPECT_NE(used().front(), before.front());
  EXPECT_FALSE(next.claim(used().front(), pins / "other"));
  LinkBits::remove(pins / "next");
  std::filesystem::remove(pins / "next");
}

TEST_F(DatapathLinks, WhatIsReleasedIsTheNextOnes) {
  const auto freed = path.link_of(SlotId(1));
  must(path.detach_slave(index(1), SlotId(1), true));
  EXPECT_EQ(must(links.allocate(pins / "other")), freed);
}

TEST_F(DatapathLinks, LinksOfBondsThatAreGoneAreTakenOnceNoOthersAreLeft) {
  must(make_pin_dir(pins / "next"));
  auto next = must(LinkBits::open_or_create(pins / "next"));
  for (unsigned i = 1; i < EBOND_MAX_LINKS; ++i) {
    ASSERT_TRUE(next.claim(LinkId(i), i == 7 ? pins / "gone" : pins / "bond"));
  }
  EXPECT_EQ(must(next.allocate(pins / "other")), LinkId(7));
  // "other" has no maps either.
  EXPECT_EQ(must(next.allocate(pins / "bond")), LinkId(7));
  EXPECT_FALSE(next.allocate(pins / "bond"));
  LinkBits::remove(pins / "next");
  std::filesystem::remove(pins / "next");
}

}  // namespace
}  // namespace ebond::os
