#include "config/shell_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

#include "config/values.h"

namespace ebond::config {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

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

/// Reads a shell's commands one after another; all that may stand in one is assignments.
class ShellReader {
 public:
  ShellReader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  ShellText read() && {
    for (skip_to_command(); !at_end(); skip_to_command()) {
      const auto begin = at_;
      const auto line = line_;
      if (const auto done = read_command(); !done) {
        if (!result_.fault) result_.fault = Problem{{file_, line}, done.error()};
        at_ = begin;
        line_ = line;
        skip_line();
      }
    }
    return std::move(result_);
  }

 private:
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return text_[at_]; }
  char next() {
    const char c = text_[at_++];
    if (c == '\n') ++line_;
    return c;
  }
  /// "\r\n" is a line's end as "\n" is.
  bool at_line_end() const { return peek() == '\n' || text_.substr(at_).starts_with("\r\n"); }
  bool at_blank() const { return peek() == ' ' || peek() == '\t' || peek() == '\r'; }
  bool at_continued_line() const {
    return text_.substr(at_).starts_with("\\\n") || text_.substr(at_).starts_with("\\\r\n");
  }

  void skip_line() {
    while (!at_end() && peek() != '\n') ++at_;
  }
  void skip_to_command() {
    while (!at_end() && (is_blank(peek()) || peek() == ';' || peek() == '#')) {
      if (peek() == '#') {
        skip_line();
      } else {
        next();
      }
    }
  }
  /// Between the words of a command.
  void skip_blanks() {
    while (!at_end()) {
      if (at_continued_line()) {
        while (next() != '\n') {
        }
      } else if (at_blank() && !at_line_end()) {
        next();
      } else {
        return;
      }
    }
  }
  bool at_command_end() const { return at_end() || at_line_end() || peek() == ';' || peek() == '#'; }

  /// What is left of the line, for a message.
  std::string_view rest_of_line() const {
    auto rest = text_.substr(at_);
    rest = rest.substr(0, rest.find('\n'));
    if (rest.ends_with('\r')) rest.remove_suffix(1);
    return rest;
  }

  std::expected<void, std::string> read_command() {
    constexpr std::string_view kExport = "export";
    if (text_.substr(at_).starts_with(kExport) && text_.size() > at_ + kExport.size() &&
        is_blank(text_[at_ + kExport.size()])) {
      at_ += kExport.size();
      skip_blanks();
    }
    std::vector<Assignment> assignments;
    while (!at_command_end()) {
      const auto equals = key_end();
      if (!equals) {
        if (assignments.empty()) return Fault(no_assignment());
        note_command(assignments);
        skip_line();
        return {};
      }
      Assignment assignment{std::string(text_.substr(at_, *equals - at_)), {}, {file_, line_}};
      at_ = *equals + 1;
      auto value = take_word();
      if (!value) return Fault(fmt::format("{}: {}", assignment.key, value.error()));
      assignment.value = *std::move(value);
      assignments.push_back(std::move(assignment));
      skip_blanks();
    }
    std::ranges::move(assignments, std::back_inserter(result_.assignments));
    return {};
  }

  /// Where the '=' behind a key stands, if a key stands here.
  std::optional<std::size_t> key_end() const {
    auto end = at_;
    while (end < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[end])) != 0 || text_[end] == '_')) {
      ++end;
    }
    if (end == text_.size() || text_[end] != '=' || !is_key(text_.substr(at_, end - at_)))
      return std::nullopt;
    return end;
  }

  std::string no_assignment() const {
    const auto line = rest_of_line();
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return "expected KEY=VALUE";
    const auto key = line.substr(0, equals);
    if (is_key(key.substr(0, key.find_last_not_of(kBlanks) + 1))) {
      return "expected KEY=VALUE, without blanks around the \"=\"";
    }
    return fmt::format("expected KEY=VALUE, but \"{}\" is not a key: letters, digits and _ only", key);
  }

  /// Assignments before a command are the command's, and last no longer.
  void note_command(const std::vector<Assignment>& assignments) {
    const auto& last = assignments.back();
    const auto rest = rest_of_line();
    if (last.value.empty()) {
      result_.notes.push_back(
          {last.where, fmt::format("{}: expected KEY=VALUE, without blanks around the \"=\": it has no "
                                   "effect, here as in a shell",
                                   last.key)});
      return;
    }
    result_.notes.push_back(
        {last.where, fmt::format("{}: expected nothing after the value, found \"{}\": it has no effect, here "
                                 "as in a shell; put a value with blanks in quotes, {}='{} {}'",
                                 last.key, rest, last.key, last.value, rest)});
  }

  /// Reads one shell word.
  std::expected<std::string, std::string> take_word() {
    std::string word;
    char quote = 0;
    while (!at_end()) {
      if (quote == 0 && (is_blank(peek()) || peek() == ';')) break;
      if (quote != '\'' && at_continued_line()) {
        while (next() != '\n') {
        }
        continue;
      }
      const char c = next();
      if (quote == 0 && (c == '\'' || c == '"')) {
        quote = c;
      } else if (quote != 0 && c == quote) {
        quote = 0;
      } else if (c == '\\' && quote != '\'') {
        take_escaped(word, quote);
      } else if (quote != '\'' && (c == '$' || c == '`')) {
        return Fault("variables and commands are not expanded here: write the value itself");
      } else if (quote == 0 && std::string_view("()<>|&").contains(c)) {
        return Fault(fmt::format("'{}' is a shell operator: put the value in quotes", c));
      } else {
        word += c;
      }
    }
    if (quote != 0) return Fault(fmt::format("the quote {} is not closed", quote));
    return word;
  }

  /// What stands behind a backslash.
  void take_escaped(std::string& word, char quote) {
    if (at_end()) {
      word += '\\';
      return;
    }
    const char escaped = next();
    if (quote == '"' && !std::string_view("\\\"$`").contains(escaped)) word += '\\';
    word += escaped;
  }

  std::string_view text_;
  std::string file_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  ShellText result_;
};

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

std::vector<TextLine> trimmed_lines(std::string_view text, std::string_view comment_marks) {
  auto lines = split_lines(text);
  for (auto& line : lines) line.text = trimmed_blanks(line.text);
  std::erase_if(lines, [&](const TextLine& line) {
    return !line.text.empty() && comment_marks.contains(line.text.front());
  });
  return lines;
}

std::vector<JoinedLine> join_continued(const std::vector<TextLine>& lines) {
  std::vector<JoinedLine> joined;
  bool continued = false;
  for (auto [text, number] : lines) {
    if (!continued) joined.push_back({"", number});
    continued = text.ends_with('\\');
    if (continued) text.remove_suffix(1);
    joined.back().text += text;
    if (continued) joined.back().text += ' ';
  }
  return joined;
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

const Assignment* find_value(const std::vector<Assignment>& assignments, std::string_view key) {
  const auto* last = find_last(assignments, key);
  return last == nullptr || last->value.empty() ? nullptr : last;
}

ShellText parse_shell_text(std::string_view text, const std::string& file) {
  return ShellReader(text, file).read();
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
