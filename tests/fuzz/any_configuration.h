// What must hold of whatever a reader of configuration files made of any bytes.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "config/file_list.h"
#include "config/toml.h"
#include "config/toml_writer.h"

namespace ebond::fuzz {

/// Every problem says what and where; bonds mean the same when they went through TOML.
inline void check_configuration(const config::Result<config::Configuration>& read) {
  const auto check = [](const config::Problem& problem) {
    if (problem.message.empty() || problem.where.file.empty()) std::abort();
  };
  if (!read) return check(read.error());
  for (const auto& note : read->notes) check(note);
  const auto text = config::to_toml(read->bonds);
  for (const char c : text) {
    if (static_cast<unsigned char>(c) > 0x7f) return;  // might be no UTF-8, which TOML has to be
  }
  const auto again = config::parse_toml(text, "bonds.toml");
  if (!again || again->bonds != read->bonds) std::abort();
}

/// Files in one: each begins behind a line "==> NAME". What stands before the first is a file of its own.
inline std::vector<config::TextFile> files_of(const std::uint8_t* data, std::size_t size,
                                              const std::string& first) {
  constexpr std::string_view kMark = "==> ";
  std::vector<config::TextFile> files{{first, first, ""}};
  for (std::string_view text(reinterpret_cast<const char*>(data), size); !text.empty();) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    if (line.starts_with(kMark) && line.size() > kMark.size()) {
      const std::string name(line.substr(kMark.size()));
      files.push_back({name, name, ""});
    } else {
      files.back().text += line;
      files.back().text += '\n';
    }
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return files;
}

}  // namespace ebond::fuzz
