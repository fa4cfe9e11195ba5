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
  Notes notes;
  const SourcedOptions options{{"primary", "eth0", {"a", 7}}, {"mode", "balance-rr", {"b", 1}}};
  const auto checked = check_bond_options(options, {"c"}, notes);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().where, (Location{"a", 7}));
}

TEST(ConfigOptions, TargetsAddUpAndAPlusInFrontMeansNoMore) {
  const SourcedOptions options{
      {"arp_ip_target", "+192.0.2.1", {}}, {"miimon", "0", {}}, {"arp_ip_target", "192.0.2.2,192.0.2.1", {}}};
  EXPECT_THAT(key_values(merged(options)),
              ElementsAre(Pair("arp_ip_target", "192.0.2.1,192.0.2.2"), Pair("miimon", "0")));
}

TEST(ConfigOptions, WhatTheModeOrTheTableDoesNotHaveIsLeftOutWithANote) {
  Notes notes;
  const SourcedOptions options{{"lacp_rate", "fast", {"f", 1}},
                               {"mode", "1", {"f", 2}},
                               {"mimon", "5", {"f", 3}},
                               {"miimon", "often", {"f", 4}},
                               {"updelay", "200", {"f", 5}, "UpDelaySec"}};
  const auto accepted = accepted_bond_options(options, {"f", 1}, notes);
  ASSERT_TRUE(accepted);
  EXPECT_THAT(key_values(*accepted), ElementsAre(Pair("mode", "1"), Pair("updelay", "200")));
  std::vector<std::string> texts;
  for (const auto& note : notes) texts.push_back(note.to_string());
  EXPECT_THAT(texts, testing::UnorderedElementsAre(
                         testing::AllOf(testing::StartsWith("f:1: "), testing::HasSubstr("lacp_rate")),
                         "f:3: there is no option \"mimon\"; did you mean miimon?: left out",
                         testing::AllOf(testing::StartsWith("f:4: "), testing::HasSubstr("'often'"))));
}

TEST(ConfigOptions, AModeThatIsNoneIsAnErrorAtItsPlace) {
  Notes notes;
  const auto accepted =
      accepted_bond_options({{"miimon", "1", {"f", 1}}, {"mode", "17", {"f", 2}}}, {"f"}, notes);
  ASSERT_FALSE(accepted);
  EXPECT_EQ(accepted.error().where, (Location{"f", 2}));
}

TEST(ConfigOptions, RemarksOfTheOptionTableBecomeNotes) {
  Notes notes;
  const SourcedOptions options{
      {"mode", "1", {"f", 1}}, {"miimon", "100", {"f", 1}}, {"updelay", "150", {"f", 1}}};
  ASSERT_TRUE(check_bond_options(options, {"f", 1}, notes));
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes[0].where, (Location{"f", 1}));
  EXPECT_THAT(notes[0].message, testing::HasSubstr("updelay"));
}

TEST(ConfigOptions, ARemarkThatAnotherOptionAnswersIsNone) {
  Notes notes;
  SourcedOptions options{{"mode", "1", {}}, {"arp_interval", "200", {}}};
  ASSERT_TRUE(check_bond_options(options, {"f", 1}, notes));
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_THAT(notes[0].message, testing::HasSubstr("arp_interval"));
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
