#include "config/shell_file.h"

#include <gmock/gmock.h>

namespace ebond::config {
namespace {

std::string value_of(std::string_view line) {
  const auto result = parse_shell_text(line, "f");
  if (result.fault || !result.notes.empty() || result.assignments.size() != 1)
    return "<no single assignment>";
  return result.assignments.front().value;
}

std::string shell_fault_of(std::string_view text) {
  const auto result = parse_shell_text(text, "f");
  return result.fault ? result.fault->to_string() : "";
}

std::string shell_note_on(std::string_view text) {
  const auto result = parse_shell_text(text, "f");
  return result.notes.size() == 1 && !result.fault ? result.notes.front().to_string() : "<not one note>";
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
  EXPECT_EQ(value_of("A=b\\"), "b\\");
}

TEST(ShellFile, ReadsValuesThatGoOverLines) {
  EXPECT_EQ(value_of("A=\"b \\\nc\""), "b c");
  EXPECT_EQ(value_of("A=\"b\nc\""), "b\nc");
  EXPECT_EQ(value_of("A='b\\\nc'"), "b\\\nc");
  EXPECT_EQ(value_of("A=b\\\nc\n"), "bc");
  EXPECT_EQ(value_of("A=\"b \\\r\nc\"\r\n"), "b c");
}

TEST(TextLines, AreJoinedOverABackslashAndCountedByTheirFirst) {
  const auto joined = join_continued(trimmed_lines("one \\\n  # said between\n two\r\n\n;\n end\\", "#;"));
  std::string text;
  for (const auto& line : joined) text += std::to_string(line.number) + "<" + line.text + "> ";
  EXPECT_EQ(text, "1<one  two> 4<> 6<end > ");
  EXPECT_EQ(join_continued(split_lines("# one \\\ntwo")).size(), 1U)
      << "a comment goes on, too, if none is known";
}

TEST(ShellFile, ReadsSeveralAssignmentsOnALine) {
  const auto result = parse_shell_text("A=1 B='2 3' \\\n C=4; D=5\nE=6", "f");
  ASSERT_FALSE(result.fault);
  std::string text;
  for (const auto& [key, value, where] : result.assignments)
    text += key + "=" + value + "@" + std::to_string(where.line) + " ";
  EXPECT_EQ(text, "A=1@1 B=2 3@1 C=4@2 D=5@2 E=6@3 ");
}

TEST(ShellFile, SkipsCommentsAndBlankLinesAndCountsThem) {
  const auto result = parse_shell_text("# one\n\n   \nA=1\n  # two\nB=2", "f");
  ASSERT_FALSE(result.fault);
  ASSERT_EQ(result.assignments.size(), 2U);
  EXPECT_EQ(result.assignments.at(0).where, (Location{"f", 4}));
  EXPECT_EQ(result.assignments.at(1).where, (Location{"f", 6}));
}

TEST(ShellFile, TheFirstLineThatIsNoAssignmentIsAFaultThatSaysWhatWouldBeRight) {
  EXPECT_EQ(shell_fault_of("A=1\nDEVICE"), "f:2: expected KEY=VALUE");
  EXPECT_EQ(shell_fault_of("A = 1"), "f:1: expected KEY=VALUE, without blanks around the \"=\"");
  EXPECT_EQ(shell_fault_of("=1"),
            "f:1: expected KEY=VALUE, but \"\" is not a key: letters, digits and _ only");
  EXPECT_EQ(shell_fault_of("1A=1"),
            "f:1: expected KEY=VALUE, but \"1A\" is not a key: letters, digits and _ only");
  EXPECT_EQ(shell_fault_of("A='b"), "f:1: A: the quote ' is not closed");
  EXPECT_EQ(shell_fault_of("A=$B"),
            "f:1: A: variables and commands are not expanded here: write the value itself");
  EXPECT_EQ(shell_fault_of("A=\"`date`\""),
            "f:1: A: variables and commands are not expanded here: write the value itself");
  EXPECT_EQ(shell_fault_of("A=(b)"), "f:1: A: '(' is a shell operator: put the value in quotes");
}

TEST(ShellFile, BehindAFaultTheNextLinesAreRead) {
  const auto result = parse_shell_text("A='b\nB=2\nC\nD=4\n", "f");
  ASSERT_TRUE(result.fault);
  EXPECT_EQ(result.fault->where.line, 1U);
  ASSERT_EQ(result.assignments.size(), 2U);
  EXPECT_EQ(result.assignments[0].key, "B");
  EXPECT_EQ(result.assignments[1].key, "D");
}

TEST(ShellFile, AValueWithBlanksAndNoQuotesHasNoEffectAsInAShell) {
  EXPECT_EQ(
      shell_note_on("NAME=bond0 port 2"),
      "f:1: NAME: expected nothing after the value, found \"port 2\": it has no effect, here as in a shell; "
      "put a value with blanks in quotes, NAME='bond0 port 2'");
  EXPECT_EQ(
      shell_note_on("A= 1"),
      "f:1: A: expected KEY=VALUE, without blanks around the \"=\": it has no effect, here as in a shell");
  EXPECT_TRUE(parse_shell_text("NAME=bond0 port 2", "f").assignments.empty());
}

TEST(ShellFile, AFileThatIsNotThereSaysSo) {
  const auto result = read_text_file("/nonexistent/file");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().to_string(), "/nonexistent/file: cannot be read: No such file or directory");
}

}  // namespace
}  // namespace ebond::config
