// Files of shell assignments: KEY=VALUE, as ifcfg-*, route-* and rc.conf are.
// Reads the part of the shell's syntax such files use: quotes over several lines, backslashes, comments,
// several assignments on a line, `export`. It runs nothing and expands nothing: a line that would need it is
// a fault.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.h"

namespace ebond::config {

struct Assignment {
  std::string key;
  std::string value;
  Location where;  ///< where it begins
};

struct ShellText {
  /// In the file's order; a key may come twice (to the shell the last one counts).
  std::vector<Assignment> assignments;
  /// Assignments that have no effect in a shell either: a value with blanks and no quotes.
  Notes notes;
  /// The first line that is none of the above. What follows it was read all the same, for what it may tell of
  /// whose file this is.
  std::optional<Problem> fault;
};

/// What the shell has for a variable in the end; null if that is nothing.
const Assignment* find_value(const std::vector<Assignment>& assignments, std::string_view key);

ShellText parse_shell_text(std::string_view text, const std::string& file);

/// A whole file's text; the error names the file and the system's reason.
Result<std::string> read_text_file(const std::string& path);

struct TextLine {
  std::string_view text;  ///< without line end, '\r' included
  std::size_t number = 0;
};
std::vector<TextLine> split_lines(std::string_view text);
/// Without blanks around them, and without those that begin with one of `comment_marks`.
std::vector<TextLine> trimmed_lines(std::string_view text, std::string_view comment_marks);

struct JoinedLine {
  std::string text;
  std::size_t number = 0;  ///< of its first line
};
/// A line that ends in a backslash goes on in the next, with a blank between them.
std::vector<JoinedLine> join_continued(const std::vector<TextLine>& lines);
/// Blank-separated; line ends are blanks, too.
std::vector<std::string_view> split_words(std::string_view text);

}  // namespace ebond::config
