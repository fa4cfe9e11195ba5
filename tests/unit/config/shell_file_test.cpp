#include "config/shell_file.h"

#include <gmock/gmock.h>

namespace ebond::config {
namespace {

std::string value_of(std::string_view line) {
  const auto result = parse_shell_assignments(line, "f");
  if (!result || result->size() != 1) return "<no single assignment>";
  return result->front().value;
}

std::string shell_problem_of(std::string_view text) {
  const auto result = parse_shell_assignments(text, "f");
  return result ? "" : result.error().to_string();
}

TEST(ShellFile, ReadsValuesAsAShellDoes) {
  EXPECT_EQ(value_of("A=b"), "b");
  EXPECT_EQ(value_of("  export A=b  # why"), "b");
  EXPECT_EQ(value_of("A="), "");
  EXPECT_EQ(value_of("A=b=c,d:e#f"), "b=c,d:e#f");
  EXPECT_EQ(value_of("A='b \"c\" $d \\'"), "b \"c\" $d \\");
  EXPECT_EQ(value_of(R"(A="b 'c' \"d\" \$e \f")"), R"(b 'c' "d" $e \f)");
  EXPECT_EQ(value_of(R"(A=b\ c"d e"'f')"), "b cd ef");
  EXPECT_EQ(value_of("A=b;"), "b");
  EXPECT_EQ(value_of("A=b\r\n"), "b");
}

TEST(ShellFile, SkipsCommentsAndBlankLinesAndCountsThem) {
  const auto result = parse_shell_assignments("# one\n\n   \nA=1\n  # two\nB=2", "f");
  ASSERT_TRUE(result);
  ASSERT_EQ(result->size(), 2U);
  EXPECT_EQ(result->at(0).where, (Location{"f", 4}));
  EXPECT_EQ(result->at(1).where, (Location{"f", 6}));
}

TEST(ShellFile, RefusesEveryMalformedLineAndSaysWhatWouldBeRight) {
  EXPECT_EQ(shell_problem_of("A=1\nDEVICE"), "f:2: expected KEY=VALUE");
  EXPECT_EQ(shell_problem_of("A = 1"), "f:1: expected KEY=VALUE, without blanks around the \"=\"");
  EXPECT_EQ(shell_problem_of("A= 1"), "f:1: expected KEY=VALUE, without blanks around the \"=\"");
  EXPECT_EQ(shell_problem_of("=1"),
            "f:1: expected KEY=VALUE, but \"\" is not a key: letters, digits and _ only");
  EXPECT_EQ(shell_problem_of("1A=1"),
            "f:1: expected KEY=VALUE, but \"1A\" is not a key: letters, digits and _ only");
  EXPECT_EQ(shell_problem_of("A='b"), "f:1: the quote ' is not closed on this line");
  EXPECT_EQ(shell_problem_of("A=\"b\nc\""), "f:1: the quote \" is not closed on this line");
  EXPECT_EQ(shell_problem_of("A=b\\"), "f:1: the line ends in a backslash: write the value on one line");
  EXPECT_EQ(shell_problem_of("A=$B"),
            "f:1: variables and commands are not expanded here: write the value itself");
  EXPECT_EQ(shell_problem_of("A=\"`date`\""),
            "f:1: variables and commands are not expanded here: write the value itself");
  EXPECT_EQ(shell_problem_of("A=(b)"), "f:1: '(' is a shell operator: put the value in quotes");
  EXPECT_EQ(shell_problem_of("BONDING_OPTS=mode=1 miimon=100"),
            "f:1: expected nothing after the value, found \"miimon=100\": put a value with blanks in quotes, "
            "BONDING_OPTS=\"mode=1 miimon=100\"");
}

TEST(ShellFile, AFileThatIsNotThereSaysSo) {
  const auto result = read_text_file("/nonexistent/file");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().to_string(), "/nonexistent/file: cannot be read: No such file or directory");
}

}  // namespace
}  // namespace ebond::config
