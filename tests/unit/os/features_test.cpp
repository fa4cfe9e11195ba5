#include "os/features.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "os/netns.h"

namespace ebond::os {
namespace {

constexpr ::uid_t kNobody = 65534;

const core::CheckLine* line(const core::CheckReport& report, const std::string& feature) {
  const auto found = std::ranges::find(report.lines, feature, &core::CheckLine::feature);
  return found == report.lines.end() ? nullptr : &*found;
}

TEST(Features, OfThisKernelSayWhatEachIsForOrWhyItIsMissing) {
  for (const auto& each : probe_features().lines) {
    EXPECT_FALSE(each.detail.empty()) << each.feature;
    if (each.available) continue;
    EXPECT_TRUE(each.detail.find("CONFIG_") != std::string::npos ||
                each.detail.find("permitted") != std::string::npos ||
                each.detail.find("needs") != std::string::npos)
        << each.feature << ": " << each.detail;
  }
}

TEST(Features, LetABondRunExactlyWhereAllThatIsRequiredIsThere) {
  const auto report = probe_features();
  const bool all =
      std::ranges::all_of(report.lines, [](const auto& each) { return each.available || !each.required; });
  EXPECT_EQ(report.can_run, all);
  EXPECT_TRUE(line(report, "network namespaces"));
  EXPECT_TRUE(line(report, "link detection"));
}

TEST(Features, AreProbedWithoutLeavingTheCallersNamespace) {
  const auto before = Namespace::current();
  (void)probe_features();
  const auto after = Namespace::current();
  ASSERT_TRUE(before && after);
  EXPECT_EQ(before->id(), after->id());
}

TEST(Features, CannotBeHadWithoutPermissionAndSaySo) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give its privileges up";
  const ::pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::setresuid(kNobody, kNobody, kNobody) != 0) ::_exit(2);
    const auto report = probe_features();
    const auto* namespaces = line(report, "network namespaces");
    const bool said = namespaces != nullptr && namespaces->detail.starts_with("not permitted");
    ::_exit(!report.can_run && said ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace ebond::os
