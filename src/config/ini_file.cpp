#include "config/ini_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "config/shell_file.h"
#include "config/values.h"

namespace ebond::config {
namespace {

/// systemd.syntax(7): a line that ends in a backslash goes on in the next that is no comment.
std::vector<JoinedLine> ini_lines(std::string_view text, IniSyntax syntax) {
  if (syntax == IniSyntax::systemd) return join_continued(trimmed_lines(text, "#;"));
  std::vector<JoinedLine> lines;
  for (const auto& [line, number] : trimmed_lines(text, "#")) lines.push_back({std::string(line), number});
  return lines;
}

/// What GLib's key files write with a backslash.
std::string unescaped(std::string_view value) {
  std::string result;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '\\' || i + 1 == value.size()) {
      result += value[i];
      continue;
    }
    const char c = value[++i];
    const auto known = std::string_view("sntr\\").find(c);
    if (known == std::string_view::npos) {
      result += '\\';
      result += c;
    } else {
      result += " \n\t\r\\"[known];
    }
  }
  return result;
}

}  // namespace

const IniEntry* IniSection::find(std::string_view key) const {
  return find_last(entries, key);
}

const IniSection* IniFile::find(std::string_view section) const {
  const auto found = std::ranges::find(sections, section, &IniSection::name);
  return found == sections.end() ? nullptr : &*found;
}

const IniEntry* IniFile::find(std::string_view section, std::string_view key) const {
  for (const auto& candidate : std::views::reverse(sections)) {
    if (candidate.name != section) continue;
    if (const auto* entry = candidate.find(key)) return entry;
  }
  return nullptr;
}

IniFile parse_ini(std::string_view text, const std::string& path, IniSyntax syntax) {
  IniFile file{.path = path, .name = path.substr(path.rfind('/') + 1), .sections = {}, .notes = {}};
  for (const auto& line : ini_lines(text, syntax)) {
    const auto body = trimmed_blanks(line.text);
    const Location where{path, line.number};
    if (body.empty()) continue;
    if (body.starts_with('[') && body.ends_with(']')) {
      file.sections.push_back({std::string(body.substr(1, body.size() - 2)), where, {}});
      continue;
    }
    const auto equals = body.find('=');
    const auto key = trimmed_blanks(body.substr(0, equals));
    if (equals == std::string_view::npos || key.empty() || file.sections.empty()) {
      file.notes.push_back(
          {where, fmt::format("\"{}\" is neither a [Section] nor a KEY=VALUE below one: left out", body)});
      continue;
    }
    const auto value = trimmed_blanks(body.substr(equals + 1));
    file.sections.back().entries.push_back(
        {std::string(key), syntax == IniSyntax::keyfile ? unescaped(value) : std::string(value), where});
  }
  return file;
}

}  // namespace ebond::config
