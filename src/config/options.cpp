#include "config/options.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/shell_file.h"
#include "core/options/nearest.h"
#include "core/options/option_table.h"

namespace ebond::config {
namespace {

/// The table's name for an option, or its own if the table has none.
std::string_view canonical(const std::string& key) {
  const auto* spec = core::find_option(key);
  return spec != nullptr ? spec->name : std::string_view(key);
}

Location place_of(const SourcedOptions& options, const std::string& guilty, const Location& otherwise) {
  for (const auto& option : options) {
    if (canonical(option.key) == canonical(guilty)) return option.where;
  }
  return otherwise;
}

}  // namespace

Result<SourcedOptions> parse_option_words(std::string_view text, const Location& where) {
  SourcedOptions options;
  for (const auto word : split_words(text)) {
    const auto equals = word.find('=');
    if (equals == 0 || equals == std::string_view::npos) {
      return fail(where, fmt::format("expected OPTION=VALUE, found \"{}\"", word));
    }
    options.push_back({std::string(word.substr(0, equals)), std::string(word.substr(equals + 1)), where});
  }
  return options;
}

SourcedOptions merged(const SourcedOptions& options) {
  SourcedOptions result;
  for (const auto& option : options) {
    auto same = [&](const SourcedOption& other) { return canonical(other.key) == canonical(option.key); };
    if (auto earlier = std::ranges::find_if(result, same); earlier != result.end()) {
      *earlier = option;
    } else {
      result.push_back(option);
    }
  }
  return result;
}

Result<> check_bond_options(const SourcedOptions& options, const Location& bond,
                            std::vector<std::string>& notes) {
  for (const auto& option : options) {
    if (is_bond_option(option.key)) continue;
    const auto near = core::nearest(option.key, core::option_names());
    return fail(option.where, fmt::format("there is no option \"{}\"{}", option.key,
                                          near.empty() ? "" : fmt::format("; did you mean {}?", near)));
  }
  core::BondOptions accepted;
  auto remarks = core::apply_options(accepted, key_values(options), {});
  if (!remarks) return fail(place_of(options, remarks.error().option, bond), remarks.error().message);
  // Again on what they came to: a remark that another option of the same bond answers is none (arp_interval
  // is set before its targets).
  remarks = core::apply_options(accepted, key_values(options), {});
  if (!remarks) return fail(place_of(options, remarks.error().option, bond), remarks.error().message);
  for (const auto& remark : *remarks) notes.push_back(fmt::format("{}: {}", bond.to_string(), remark));
  return {};
}

Result<> check_slave_options(const SourcedOptions& options, const SourcedOptions& bond_options) {
  core::BondOptions bond;
  if (auto applied = core::apply_options(bond, key_values(bond_options), {}); !applied) return {};
  core::SlaveOptions accepted;
  for (const auto& option : options) {
    auto applied = core::apply_slave_option(accepted, option.key, option.value, {.mode = bond.mode});
    if (!applied) return fail(option.where, applied.error().message);
  }
  return {};
}

KeyValues key_values(const SourcedOptions& options) {
  KeyValues pairs;
  for (const auto& option : options) pairs.emplace_back(option.key, option.value);
  return pairs;
}

bool is_bond_option(std::string_view name) {
  return core::find_option(name) != nullptr;
}

bool is_slave_option(std::string_view name) {
  return core::find_slave_option(name) != nullptr;
}

}  // namespace ebond::config
