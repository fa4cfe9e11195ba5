// The pages that lead from other bonds to ebond name every option of theirs, and every one of ours.
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "core/options/option_table.h"

namespace ebond::views {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string text_of_file(const std::string& path) {
  std::ifstream in(EBOND_SOURCE_DIR "/" + path);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The options listed in tests/unit/views/foreign_options, one a line.
std::vector<std::string> foreign_options(const std::string& whose) {
  std::istringstream in(text_of_file("tests/unit/views/foreign_options/" + whose + ".txt"));
  std::vector<std::string> names;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.front() != '#') names.push_back(line);
  }
  EXPECT_GT(names.size(), 15U) << whose;
  return names;
}

std::string in_a_table(const std::string& name) {
  return "`" + name + "`";
}

class MigrationPage : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(MigrationPage, MapsEveryOptionThatTheOtherHas) {
  const auto& [whose, page] = GetParam();
  const auto text = text_of_file(page);
  for (const auto& name : foreign_options(whose)) EXPECT_THAT(text, HasSubstr(in_a_table(name)));
}

INSTANTIATE_TEST_SUITE_P(All, MigrationPage,
                         testing::Values(std::pair{"driver", "docs/from-the-driver.md"},
                                         std::pair{"teamd", "docs/from-teamd.md"},
                                         std::pair{"ovs", "docs/from-ovs.md"}));

TEST(MigrationFromTheDriver, NamesEveryOptionOfTheTable) {
  const auto text = text_of_file("docs/from-the-driver.md");
  for (const auto& name : core::option_names()) EXPECT_THAT(text, HasSubstr(in_a_table(name)));
  for (const auto& name : core::slave_option_names()) EXPECT_THAT(text, HasSubstr(in_a_table(name)));
}

TEST(MigrationFromTheDriver, SaysWhichOptionsOnlyEbondHas) {
  const auto text = text_of_file("docs/from-the-driver.md");
  const auto own_begin = text.find("## What only ebond has");
  ASSERT_NE(own_begin, std::string::npos);
  const auto own = text.substr(own_begin);
  const auto drivers = text.substr(0, own_begin);
  for (const auto& spec : core::option_table()) {
    EXPECT_THAT(spec.own ? own : drivers, HasSubstr(in_a_table(std::string(spec.name))));
    EXPECT_THAT(spec.own ? drivers : own, Not(HasSubstr("| " + in_a_table(std::string(spec.name)) + " |")));
  }
}

}  // namespace
}  // namespace ebond::views
