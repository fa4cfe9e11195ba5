// Files of shell assignments: KEY=VALUE lines, as ifcfg-* and route-* files are.
// Reads the part of the shell's syntax such files use: quotes, backslashes, comments, blank lines, `export`.
// It runs nothing and expands nothing: a line that would need it is an error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/problem.h"

namespace ebond::config {

struct Assignment {
  std::string key;
  std::string value;
  Location where;
};

/// In the file's order; a key may come twice (to the shell the last one counts).
Result<std::vector<Assignment>> parse_shell_assignments(std::string_view text, const std::string& file);

/// A whole file's text; the error names the file and the system's reason.
Result<std::string> read_text_file(const std::string& path);

struct TextLine {
  std::string_view text;  ///< without line end, '\r' included
  std::size_t number = 0;
};
std::vector<TextLine> split_lines(std::string_view text);
/// Blank-separated.
std::vector<std::string_view> split_words(std::string_view text);

}  // namespace ebond::config
