#include "config/modprobe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/shell_file.h"
#include "core/interface_name.h"

namespace ebond::config {
namespace {

constexpr std::string_view kModule = "bonding";
constexpr std::string_view kNetdevPrefix = "netdev-";  // `alias netdev-bond0 bonding`: loaded on demand
// Parameters that tell the module how many bonds to make or what to log: ebond makes them one by one.
constexpr std::array<std::string_view, 3> kMeaningless{"max_bonds", "tx_queues", "debug"};

struct LogicalLine {
  std::string text;
  std::size_t number = 0;  ///< of its first line
};

/// Lines joined if one ends in a backslash.
std::vector<LogicalLine> logical_lines(std::string_view text) {
  std::vector<LogicalLine> lines;
  bool continued = false;
  for (const auto& line : split_lines(text)) {
    if (!continued) lines.push_back({"", line.number});
    auto body = line.text;
    continued = body.ends_with('\\');
    if (continued) body.remove_suffix(1);
    lines.back().text += body;
    if (continued) lines.back().text += ' ';
  }
  return lines;
}

std::string_view without_netdev_prefix(std::string_view name) {
  if (name.starts_with(kNetdevPrefix)) name.remove_prefix(kNetdevPrefix.size());
  return name;
}

Result<> add_alias(ModprobeConfig& config, const std::vector<std::string_view>& words,
                   const Location& where) {
  if (words.size() != 3) return fail(where, "expected alias NAME MODULE, as in \"alias bond0 bonding\"");
  if (words[2] != kModule) return {};
  const std::string bond(without_netdev_prefix(words[1]));
  if (bond.find_first_of("*?[") != std::string::npos) {
    config.notes.push_back(
        fmt::format("{}: the pattern {} makes no bond: name each one", where.to_string(), bond));
    return {};
  }
  if (auto fault = core::interface_name_fault(bond); !fault.empty()) return fail(where, fault);
  if (!config.has_alias(bond)) config.aliases.push_back({bond, where});
  return {};
}

Result<> add_options(ModprobeConfig& config, const std::vector<std::string_view>& words,
                     const Location& where) {
  if (words.size() < 2) {
    return fail(where, "expected options MODULE PARAMETER=VALUE…, as in \"options bond0 miimon=100 mode=1\"");
  }
  ModprobeConfig::OptionLine line{std::string(without_netdev_prefix(words[1])), {}, where};
  for (std::size_t i = 2; i < words.size(); ++i) {
    const bool renames = words[i] == "-o" && i + 1 < words.size();  // old modprobe: the loaded module's name
    if (renames) {
      ++i;
    } else {
      line.words.emplace_back(words[i]);
    }
  }
  config.option_lines.push_back(std::move(line));
  return {};
}

bool is_meaningless(std::string_view key) {
  return std::ranges::find(kMeaningless, key) != kMeaningless.end();
}

}  // namespace

bool ModprobeConfig::has_alias(const std::string& bond) const {
  return std::ranges::any_of(aliases, [&](const Alias& alias) { return alias.bond == bond; });
}

Result<SourcedOptions> ModprobeConfig::options_for(const std::string& bond,
                                                   std::vector<std::string>& remarks) const {
  SourcedOptions result;
  for (const std::string_view target : {kModule, std::string_view(bond)}) {
    for (const auto& line : option_lines) {
      if (line.target != target) continue;
      auto options = parse_option_words(fmt::format("{}", fmt::join(line.words, " ")), line.where);
      if (!options) return options;
      for (auto& option : *options) {
        if (is_meaningless(option.key)) {
          remarks.push_back(
              fmt::format("{}: {} means nothing to ebond: ignored", line.where.to_string(), option.key));
        } else {
          result.push_back(std::move(option));
        }
      }
    }
  }
  return result;
}

Result<> add_modprobe_text(ModprobeConfig& config, std::string_view text, const std::string& file) {
  for (const auto& line : logical_lines(text)) {
    const auto words = split_words(line.text);
    if (words.empty() || words[0].starts_with('#')) continue;
    const Location where{file, line.number};
    Result<> added;
    if (words[0] == "alias") added = add_alias(config, words, where);
    if (words[0] == "options") added = add_options(config, words, where);
    if (!added) return added;
  }
  return {};
}

}  // namespace ebond::config
