#include "config/tree.h"

#include <gmock/gmock.h>

namespace ebond::config {
namespace {

using testing::HasSubstr;

std::vector<TreeNode> yaml(std::string_view text) {
  auto parsed = parse_yaml(text, "f.yaml");
  if (!parsed) throw std::runtime_error(parsed.error().to_string());
  return *std::move(parsed);
}

std::string yaml_fault(const std::string& text) {
  const auto parsed = parse_yaml(text, "f.yaml");
  return parsed ? "" : parsed.error().to_string();
}

TEST(Tree, KnowsTheLineAndColumnOfEveryKeyAndValue) {
  const auto documents = yaml("a: 1\nb:\n  - x\n  - {c: 'y'}\n---\nd:\n");
  ASSERT_EQ(documents.size(), 2U);
  EXPECT_EQ(documents[0].text_of("a"), "1");
  EXPECT_EQ(documents[0].find("a")->where, (Location{"f.yaml", 1, 4}));
  EXPECT_EQ(documents[0].find_entry("b")->where, (Location{"f.yaml", 2, 1}));
  const auto& list = documents[0].find("b")->items;
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[1].find_entry("c")->where, (Location{"f.yaml", 4, 6}));
  EXPECT_EQ(list[1].text_of("c"), "y");
  EXPECT_EQ(documents[1].find("d")->kind, TreeNode::Kind::null);
}

TEST(Tree, AnAliasIsWhatItStandsFor) {
  const auto documents = yaml("a: &x {p: 1}\nb: *x\n");
  EXPECT_EQ(documents.at(0).find("b")->text_of("p"), "1");
}

TEST(Tree, WhatIsMeantToDoHarmIsRefused) {
  EXPECT_THAT(yaml_fault("a: &x [*x]"), HasSubstr("f.yaml:1:"));
  std::string grown = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const auto name = "a" + std::to_string(i);
    const auto before = "*a" + std::to_string(i - 1);
    grown += name + ": &" + name + " [" + before;
    for (int n = 0; n < 9; ++n) grown += ", " + before;
    grown += "]\n";
  }
  EXPECT_THAT(yaml_fault(grown), HasSubstr("is too long"));
  EXPECT_THAT(yaml_fault(std::string(100, '[')), HasSubstr("f.yaml:1:"));
  EXPECT_THAT(yaml_fault("? [a]\n: b\n"), HasSubstr("a key must be a word"));
  const auto json = parse_json(std::string(1000, '['), {"f.json", 1});
  ASSERT_FALSE(json);
  EXPECT_THAT(json.error().message, HasSubstr("is too deep"));
}

TEST(Tree, JsonCountsItsLinesFromWhereItBegins) {
  const auto json = parse_json("{\n\"a\": [1,\n true], \"b\": null}", {"ifcfg", 5});
  ASSERT_TRUE(json) << json.error().to_string();
  EXPECT_EQ(json->find_entry("a")->where, (Location{"ifcfg", 6}));
  EXPECT_EQ(json->find("a")->items.at(1).where, (Location{"ifcfg", 7}));
  EXPECT_EQ(json->find("a")->items.at(1).text, "true");
  EXPECT_EQ(json->find("b")->kind, TreeNode::Kind::null);
  const auto bad = parse_json("{\n1}", {"ifcfg", 5});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().where.line, 6U);
}

}  // namespace
}  // namespace ebond::config
