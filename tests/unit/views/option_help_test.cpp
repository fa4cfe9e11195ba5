#include "views/option_help.h"

#include <gmock/gmock.h>

namespace ebond::views {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(OptionHelp, TellsValuesDefaultModesAndWhenItMayChange) {
  EXPECT_EQ(
      option_help("lacp_rate"),
      "lacp_rate\n"
      "    LACPDUs asked of the partner: every 30 s or every second.\n"
      "    Values: slow (0) or fast (1). Default: slow. Only in 802.3ad. Only while the bond is down.\n");
}

TEST(OptionHelp, KnowsAnOptionByItsAliasAndTellsBothNames) {
  EXPECT_EQ(option_help("num_unsol_na"), option_help("num_grat_arp"));
  EXPECT_THAT(option_help("num_unsol_na"), HasSubstr("num_grat_arp, num_unsol_na\n"));
}

TEST(OptionHelp, SaysOfASlavesOptionThatItIsOne) {
  EXPECT_THAT(option_help("queue_id"), HasSubstr("queue_id (of a slave)\n"));
  EXPECT_THAT(option_help("queue_id"), HasSubstr("Values: 0 to 16. Default: 0."));
}

TEST(OptionHelp, SaysWhichOptionsAreEbondsOwn) {
  EXPECT_THAT(option_help("tx_table"), HasSubstr("ebond's own."));
  EXPECT_THAT(option_help("mode"), Not(HasSubstr("ebond's own.")));
}

TEST(OptionHelp, HasAnEntryAndALineForEveryOptionOfTheTable) {
  const auto list = option_list();
  for (const auto& name : core::option_names()) EXPECT_THAT(option_help(name), HasSubstr(name));
  for (const auto& spec : core::option_table()) {
    EXPECT_THAT(list, HasSubstr("  " + std::string(spec.name) + " "));
  }
  for (const auto& name : core::slave_option_names()) {
    EXPECT_THAT(option_help(name), HasSubstr(name));
    EXPECT_THAT(list, HasSubstr("  " + name + " "));
  }
}

TEST(OptionHelp, KnowsNoOtherNames) {
  EXPECT_THAT(option_help("primery"), IsEmpty());
  EXPECT_THAT(option_help(""), IsEmpty());
}

}  // namespace
}  // namespace ebond::views
