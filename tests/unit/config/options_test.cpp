#include "config/options.h"

#include <gmock/gmock.h>

#include "config/natural_order.h"

namespace ebond::config {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(ConfigOptions, ALaterValueReplacesAnEarlierOneWhicheverNameItGoesBy) {
  const SourcedOptions options{{"mode", "0", {}}, {"num_grat_arp", "1", {}}, {"num_unsol_na", "2", {}}};
  EXPECT_THAT(key_values(merged(options)), ElementsAre(Pair("mode", "0"), Pair("num_unsol_na", "2")));
}

TEST(ConfigOptions, ARefusalPointsAtTheGuiltyOptionWhateverTheOrder) {
  std::vector<std::string> notes;
  const SourcedOptions options{{"primary", "eth0", {"a", 7}}, {"mode", "balance-rr", {"b", 1}}};
  const auto checked = check_bond_options(options, {"c"}, notes);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().where, (Location{"a", 7}));
}

TEST(ConfigOptions, RemarksOfTheOptionTableBecomeNotes) {
  std::vector<std::string> notes;
  const SourcedOptions options{
      {"mode", "1", {"f", 1}}, {"miimon", "100", {"f", 1}}, {"updelay", "150", {"f", 1}}};
  ASSERT_TRUE(check_bond_options(options, {"f", 1}, notes));
  EXPECT_THAT(notes,
              ElementsAre(testing::AllOf(testing::StartsWith("f:1: "), testing::HasSubstr("updelay"))));
}

TEST(ConfigOptions, ARemarkThatAnotherOptionAnswersIsNone) {
  std::vector<std::string> notes;
  SourcedOptions options{{"mode", "1", {}}, {"arp_interval", "200", {}}};
  ASSERT_TRUE(check_bond_options(options, {"f", 1}, notes));
  EXPECT_THAT(notes, ElementsAre(testing::HasSubstr("arp_interval")));
  notes.clear();
  options.push_back({"arp_ip_target", "192.0.2.254", {}});
  ASSERT_TRUE(check_bond_options(options, {"f", 1}, notes));
  EXPECT_THAT(notes, testing::IsEmpty());
}

TEST(NaturalOrder, CountsNumbersAsPeopleDo) {
  EXPECT_TRUE(natural_less("eth2", "eth10"));
  EXPECT_FALSE(natural_less("eth10", "eth2"));
  EXPECT_TRUE(natural_less("eth", "eth0"));
  EXPECT_TRUE(natural_less("enp3s0f1", "enp3s0f10"));
  EXPECT_TRUE(natural_less("enp3s0f10", "eth0"));
  EXPECT_FALSE(natural_less("eth1", "eth1"));
  EXPECT_NE(natural_less("eth01", "eth1"), natural_less("eth1", "eth01"));
}

}  // namespace
}  // namespace ebond::config
