#include "views/verbose_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "tests/unit/views/expected_text.h"
#include "tests/unit/views/sample_bonds.h"
#include "views/table_text.h"

namespace ebond::views {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Times are printed in the local zone; here that is UTC.
class VerboseText : public testing::Test {
 protected:
  VerboseText() {
    setenv("TZ", "UTC0", 1);
    tzset();
  }
};

TEST_F(VerboseText, ShowsAllThatTheDaemonKnows) {
  expect_text(verbose_text({sample_known_well()}, Colour::never), "verbose.txt");
}

TEST_F(VerboseText, SaysTheSameInColourAndWithout) {
  std::string text = verbose_text({sample_known_well()}, Colour::ansi);
  EXPECT_THAT(text, HasSubstr("\x1b["));
  for (auto escape = text.find('\x1b'); escape != std::string::npos; escape = text.find('\x1b')) {
    text.erase(escape, text.find('m', escape) - escape + 1);
  }
  EXPECT_EQ(text, verbose_text({sample_known_well()}, Colour::never));
}

TEST_F(VerboseText, BeginsAsTheShortOneAndLeavesOutWhatIsNotThere) {
  const auto report = sample_report(sample_bond(core::Mode::active_backup, 2));
  const auto text = verbose_text({report}, Colour::never);
  EXPECT_THAT(text, StartsWith(show_text({report}, Colour::never)));
  EXPECT_THAT(text, HasSubstr("options that are not default: none\n"));
  EXPECT_THAT(text, Not(HasSubstr("made as")));
  EXPECT_THAT(text, Not(HasSubstr("PARTNER")));
  EXPECT_THAT(text, Not(HasSubstr("MONITOR")));
  EXPECT_THAT(text, Not(HasSubstr("FAILOVER ")));
}

TEST_F(VerboseText, SaysWhatTheInterfaceIsMadeAs) {
  auto report = sample_report(sample_bond(core::Mode::active_backup, 2));
  report.device = "netkit";
  EXPECT_THAT(verbose_text({report}, Colour::never), HasSubstr("  made as a netkit device\n"));
}

TEST_F(VerboseText, CountsFailoversThatAreNotListedAnyMore) {
  EXPECT_THAT(verbose_text({sample_known_well()}, Colour::never),
              HasSubstr("3 failovers in all: drain 1, hook 2\n"));
}

TEST_F(VerboseText, OfABondThatTheDaemonGaveUpSaysNoMoreThanTheShortOne) {
  core::BondReport failed;
  failed.status.name = "bond9";
  failed.failed = "it could not be taken over";
  EXPECT_EQ(verbose_text({failed}, Colour::never), show_text({failed}, Colour::never));
  EXPECT_EQ(verbose_text({}, Colour::never), "no bonds here\n");
}

}  // namespace
}  // namespace ebond::views
