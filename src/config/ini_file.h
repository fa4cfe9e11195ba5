// Files of [Section] and Key=Value lines, each with its place: systemd's units and GLib's key files.
// Used by formats/networkd.h and formats/keyfile.h, which know what the keys mean.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.h"

namespace ebond::config {

struct IniEntry {
  std::string key;
  std::string value;
  Location where;
};

struct IniSection {
  std::string name;
  Location where;
  std::vector<IniEntry> entries;

  /// The last of that name; null if there is none.
  const IniEntry* find(std::string_view key) const;
};

struct IniFile {
  std::string path;
  std::string name;                  ///< the last part of the path
  std::vector<IniSection> sections;  ///< in the file's order; a name may come twice
  /// Lines that are neither: left out.
  Notes notes;

  const IniSection* find(std::string_view section) const;
  /// The last of that name in that section.
  const IniEntry* find(std::string_view section, std::string_view key) const;
};

enum class IniSyntax {
  systemd,  ///< comments begin with # or ;, a backslash at a line's end continues it
  keyfile   ///< comments begin with #; backslashes in values stand for others (\s a blank, \n a line's end)
};

IniFile parse_ini(std::string_view text, const std::string& path, IniSyntax syntax);

}  // namespace ebond::config
