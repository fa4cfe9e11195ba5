#include "config/formats/interfaces_stanzas.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ranges>

#include "config/shell_file.h"
#include "config/values.h"

namespace ebond::config {
namespace {

constexpr std::array<std::string_view, 8> kCommands{"up",       "pre-up",    "post-up", "down",
                                                    "pre-down", "post-down", "on-up",   "on-down"};

class StanzaReader {
 public:
  StanzaReader(const SourceLines& sources, Notes& notes) : sources_(sources), notes_(notes) {}

  void read(const TextFile& file, int depth = 0) {
    constexpr int kDeepest = 16;
    constexpr std::size_t kMostFiles = 1000;
    if (depth > kDeepest || ++files_read_ > kMostFiles) {
      if (files_read_ <= kMostFiles + 1)
        note({file.path}, "is sourced by itself, or with too many others: left out");
      return;
    }
    // A line that begins with # is a comment; it may stand between continued lines.
    for (const auto& line : join_continued(trimmed_lines(file.text, "#"))) {
      read_line(line.text, {file.path, line.number}, depth);
    }
  }

  InterfacesFiles result;

 private:
  void note(const Location& where, std::string message) { notes_.push_back({where, std::move(message)}); }

  void read_line(std::string_view line, const Location& where, int depth) {
    const auto words = split_words(line);
    if (words.empty()) return;
    const auto& first = words.front();
    if (first == "iface") {
      begin_iface(words, where);
    } else if (first == "auto" || first == "allow-auto" || first == "allow-boot") {
      open_ = false;
      result.automatic.insert(words.begin() + 1, words.end());
    } else if (first == "allow-hotplug") {
      open_ = false;
      result.hotplugged.insert(words.begin() + 1, words.end());
    } else if (first == "source" || first == "source-directory") {
      open_ = false;
      source(first == "source-directory", words, where, depth);
    } else if (first == "mapping" || first == "template" || first.starts_with("allow-") ||
               first.starts_with("no-auto-down") || first.starts_with("no-scripts") || first == "rename") {
      open_ = false;
      if (!first.starts_with("no-")) note(where, fmt::format("{}: is not taken into account", first));
    } else if (open_) {
      add_option(first, trimmed_blanks(line.substr(first.size())), where);
    } else if (!skipped_) {
      note(where, fmt::format("{}: stands in no iface stanza: left out", first));
    }
  }

  void begin_iface(const std::vector<std::string_view>& words, const Location& where) {
    open_ = words.size() > 1;
    skipped_ = !open_;
    if (!open_) return note(where, "iface: names no interface: the stanza is left out");
    Stanza stanza{.interface = std::string(words[1]), .where = where};
    if (words.size() > 2) stanza.family = words[2];
    if (words.size() > 3) stanza.method = words[3];
    if (stanza.family == "inherits") {
      note(where, fmt::format("iface {} inherits: is not taken into account", words[1]));
      stanza.family.clear();
      stanza.method.clear();
    }
    result.stanzas.push_back(std::move(stanza));
  }

  void add_option(std::string_view written, std::string_view value, const Location& where) {
    std::string key(written);
    std::ranges::replace(key, '_', '-');
    const bool command = std::ranges::find(kCommands, key) != kCommands.end();
    const auto comment = value.starts_with('#') ? 0 : value.find(" #");
    if (!command && comment != std::string_view::npos) {
      note(where,
           fmt::format("{}: the # and what follows it is part of the value here: taken as the comment it was "
                       "meant to be; put it on a line of its own",
                       written));
      value = trimmed_blanks(value.substr(0, comment));
    }
    result.stanzas.back().options.push_back(
        {std::move(key), std::string(value), where, std::string(written)});
  }

  void source(bool directory, const std::vector<std::string_view>& words, const Location& where, int depth) {
    for (const auto word : words | std::views::drop(1)) {
      std::string path(word);
      if (!path.starts_with('/')) {
        const auto slash = where.file.rfind('/');
        if (slash != std::string::npos) path = where.file.substr(0, slash + 1) + path;
      }
      for (const auto& file : directory ? sources_.of_directory(path) : sources_.matching(path)) {
        read(file, depth + 1);
        open_ = false;
      }
    }
  }

  const SourceLines& sources_;
  Notes& notes_;
  std::size_t files_read_ = 0;
  bool open_ = false;     ///< options belong to the last stanza
  bool skipped_ = false;  ///< and those of this one to none
};

}  // namespace

const StanzaOption* Stanza::find(std::string_view key) const {
  return find_last(options, key);
}

InterfacesFiles parse_stanzas(const TextFile& file, const SourceLines& sources, Notes& notes) {
  StanzaReader reader(sources, notes);
  reader.read(file);
  return std::move(reader.result);
}

}  // namespace ebond::config
