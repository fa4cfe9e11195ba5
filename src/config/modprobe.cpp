#include "config/modprobe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>

#include "config/shell_file.h"
#include "config/values.h"
#include "core/interface_name.h"

namespace ebond::config {
namespace {

constexpr std::string_view kModule = "bonding";
constexpr std::string_view kNetdevPrefix = "netdev-";  // `alias netdev-bond0 bonding`: loaded on demand
// Parameters that tell the module how many bonds to make or what to log: ebond makes them one by one.
constexpr std::array<std::string_view, 3> kMeaningless{"max_bonds", "tx_queues", "debug"};

std::string_view without_netdev_prefix(std::string_view name) {
  if (name.starts_with(kNetdevPrefix)) name.remove_prefix(kNetdevPrefix.size());
  return name;
}

void add_alias(ModprobeConfig& config, const std::vector<std::string_view>& words, const Location& where) {
  if (words.size() != 3) {
    config.notes.push_back({where, "expected alias NAME MODULE, as in \"alias bond0 bonding\": left out"});
    return;
  }
  if (words[2] != kModule) return;
  const std::string bond(without_netdev_prefix(words[1]));
  if (is_pattern(bond)) {
    config.notes.push_back({where, fmt::format("the pattern {} makes no bond: name each one", bond)});
  } else if (auto fault = core::interface_name_fault(bond); !fault.empty()) {
    config.notes.push_back({where, fault + ": left out"});
  } else if (!config.has_alias(bond)) {
    config.aliases.push_back({bond, where});
  }
}

/// The words of options, without old modprobe's `-o NAME`, which told the name of the loaded module.
struct OptionWords {
  std::vector<std::string> words;
  std::string_view renamed{};
};
OptionWords option_words(std::span<const std::string_view> words) {
  OptionWords result;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "-o" && i + 1 < words.size()) {
      result.renamed = words[++i];
    } else {
      result.words.emplace_back(words[i]);
    }
  }
  return result;
}

void add_options(ModprobeConfig& config, const std::vector<std::string_view>& words, const Location& where) {
  if (words.size() < 2) {
    config.notes.push_back({where,
                            "expected options MODULE PARAMETER=VALUE…, as in \"options bond0 miimon=100 "
                            "mode=1\": left out"});
    return;
  }
  config.option_lines.push_back(
      {std::string(without_netdev_prefix(words[1])), option_words(std::span(words).subspan(2)).words, where});
}

/// `install bond0 /sbin/modprobe -i bonding -o bond0 mode=1`, perhaps after and before other commands.
void add_install(ModprobeConfig& config, const std::vector<std::string_view>& words, const Location& where) {
  std::span<const std::string_view> rest = std::span(words).subspan(std::min<std::size_t>(words.size(), 2));
  while (!rest.empty()) {
    const auto end = std::ranges::find_if(
        rest, [](std::string_view word) { return word == ";" || word == "&&" || word == "||"; });
    const std::span command(rest.begin(), end);
    rest = end == rest.end() ? std::span<const std::string_view>() : std::span(end + 1, rest.end());
    if (command.empty() || !(command[0] == "modprobe" || command[0].ends_with("/modprobe"))) continue;
    const auto module = std::ranges::find(command, kModule);
    if (module == command.end()) continue;
    const auto options = option_words(std::span(module + 1, command.end()));
    const std::string bond(options.renamed.empty() ? without_netdev_prefix(words[1]) : options.renamed);
    if (bond != kModule) {
      const std::array<std::string_view, 3> alias{"alias", bond, kModule};
      add_alias(config, {alias.begin(), alias.end()}, where);
    }
    config.option_lines.push_back({bond, options.words, where});
  }
}

/// A command of an install line may end right before a ';'.
std::string with_blanks_around_semicolons(std::string_view line) {
  std::string result;
  for (const char c : line) result += c == ';' ? std::string(" ; ") : std::string(1, c);
  return result;
}

bool is_meaningless(std::string_view key) {
  return std::ranges::find(kMeaningless, key) != kMeaningless.end();
}

}  // namespace

bool ModprobeConfig::has_alias(const std::string& bond) const {
  return std::ranges::any_of(aliases, [&](const Alias& alias) { return alias.bond == bond; });
}

SourcedOptions ModprobeConfig::options_for(const std::string& bond, Notes& remarks) const {
  SourcedOptions result;
  for (const std::string_view target : {kModule, std::string_view(bond)}) {
    for (const auto& line : option_lines) {
      if (line.target != target) continue;
      for (auto& option :
           parse_option_words(fmt::format("{}", fmt::join(line.words, " ")), line.where, remarks)) {
        if (is_meaningless(option.key)) {
          remarks.push_back({line.where, fmt::format("{} means nothing to ebond: ignored", option.key)});
        } else {
          result.push_back(std::move(option));
        }
      }
    }
  }
  return result;
}

void add_modprobe_text(ModprobeConfig& config, std::string_view text, const std::string& file) {
  for (const auto& line : join_continued(split_lines(text))) {
    const auto spaced = with_blanks_around_semicolons(line.text);
    const auto words = split_words(spaced);
    if (words.empty() || words[0].starts_with('#')) continue;
    const Location where{file, line.number};
    if (words[0] == "alias") add_alias(config, words, where);
    if (words[0] == "options") add_options(config, words, where);
    if (words[0] == "install") add_install(config, words, where);
  }
}

}  // namespace ebond::config
