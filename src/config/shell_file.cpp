#include "config/shell_file.h"

#include <fmt/format.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace ebond::config {
namespace {

constexpr std::string_view kBlanks = " \t";

bool is_blank(char c) {
  return kBlanks.contains(c);
}

std::string_view without_leading_blanks(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlanks);
  return begin == std::string_view::npos ? std::string_view{} : text.substr(begin);
}

bool is_key(std::string_view text) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text.front())) != 0) return false;
  for (const unsigned char c : text) {
    if (std::isalnum(c) == 0 && c != '_') return false;
  }
  return true;
}

using Fault = std::unexpected<std::string>;

/// Reads one shell word at the front of `rest` and takes it off.
std::expected<std::string, std::string> take_word(std::string_view& rest) {
  std::string word;
  char quote = 0;
  while (!rest.empty()) {
    const char c = rest.front();
    if (quote == 0 && (is_blank(c) || c == ';')) break;
    rest.remove_prefix(1);
    if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'') {
      if (rest.empty()) return Fault("the line ends in a backslash: write the value on one line");
      const char next = rest.front();
      rest.remove_prefix(1);
      if (quote == '"' && !std::string_view("\\\"$`").contains(next)) word += c;
      word += next;
    } else if (quote != '\'' && (c == '$' || c == '`')) {
      return Fault("variables and commands are not expanded here: write the value itself");
    } else if (quote == 0 && std::string_view("()<>|&").contains(c)) {
      return Fault(fmt::format("'{}' is a shell operator: put the value in quotes", c));
    } else {
      word += c;
    }
  }
  if (quote != 0) return Fault(fmt::format("the quote {} is not closed on this line", quote));
  return word;
}

std::expected<Assignment, std::string> parse_line(std::string_view line) {
  constexpr std::string_view kExport = "export";
  if (line.starts_with(kExport) && line.size() > kExport.size() && is_blank(line[kExport.size()])) {
    line = without_leading_blanks(line.substr(kExport.size()));
  }
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return Fault("expected KEY=VALUE");
  const auto key = line.substr(0, equals);
  if (!is_key(key)) {
    if (is_key(key.substr(0, key.find_last_not_of(kBlanks) + 1))) {
      return Fault("expected KEY=VALUE, without blanks around the \"=\"");
    }
    return Fault(fmt::format("expected KEY=VALUE, but \"{}\" is not a key: letters, digits and _ only", key));
  }
  auto rest = line.substr(equals + 1);
  const bool blank_follows = !rest.empty() && is_blank(rest.front());
  auto value = take_word(rest);
  if (!value) return std::unexpected(value.error());
  rest = without_leading_blanks(rest);
  if (rest.starts_with(';')) rest = without_leading_blanks(rest.substr(1));
  if (!rest.empty() && rest.front() != '#') {
    if (blank_follows) return Fault("expected KEY=VALUE, without blanks around the \"=\"");
    return Fault(
        fmt::format("expected nothing after the value, found \"{}\": put a value with blanks in "
                    "quotes, {}=\"{} {}\"",
                    rest, key, *value, rest));
  }
  return Assignment{std::string(key), *std::move(value), {}};
}

}  // namespace

std::vector<TextLine> split_lines(std::string_view text) {
  std::vector<TextLine> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back({line, lines.size() + 1});
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return lines;
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  for (text = without_leading_blanks(text); !text.empty(); text = without_leading_blanks(text)) {
    const auto end = std::min(text.find_first_of(kBlanks), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

Result<std::vector<Assignment>> parse_shell_assignments(std::string_view text, const std::string& file) {
  std::vector<Assignment> assignments;
  for (const auto& line : split_lines(text)) {
    const auto body = without_leading_blanks(line.text);
    if (body.empty() || body.front() == '#') continue;
    const Location where{file, line.number};
    auto assignment = parse_line(body);
    if (!assignment) return fail(where, assignment.error());
    assignment->where = where;
    assignments.push_back(*std::move(assignment));
  }
  return assignments;
}

Result<std::string> read_text_file(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  if (!in || in.bad()) {
    return fail({path}, fmt::format("cannot be read: {}", std::strerror(errno != 0 ? errno : EIO)));
  }
  return std::move(text).str();
}

}  // namespace ebond::config
