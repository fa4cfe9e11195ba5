#include "config/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "config/shell_file.h"
#include "config/values.h"
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

bool is_list_of_targets(const std::string& key) {
  const auto name = canonical(key);
  return name == "arp_ip_target" || name == "ns_ip6_target";
}

/// "a" and "+b,a" are "a,b".
std::string with_targets(const std::string& list, std::string_view more) {
  std::vector<std::string> targets;
  for (const auto text : {std::string_view(list), more}) {
    for (auto target : split_list(text, ',')) {
      if (target.starts_with('+')) target.remove_prefix(1);
      if (std::ranges::find(targets, target) == targets.end()) targets.emplace_back(target);
    }
  }
  return fmt::format("{}", fmt::join(targets, ","));
}

std::string unknown_option(const SourcedOption& option) {
  const auto near = core::nearest(option.key, core::option_names());
  return fmt::format("there is no option \"{}\"{}", option.word(),
                     near.empty() ? "" : fmt::format("; did you mean {}?", near));
}

void leave_out(Notes& notes, const SourcedOption& option, std::string_view why) {
  const bool own_word = !option.written_as.empty() && option.written_as != option.key;
  notes.push_back(
      {option.where, fmt::format("{}{}: left out", own_word ? option.written_as + ": " : "", why)});
}

}  // namespace

SourcedOptions parse_option_words(std::string_view text, const Location& where, Notes& notes) {
  SourcedOptions options;
  for (const auto word : split_words(text)) {
    const auto equals = word.find('=');
    if (equals == 0 || equals == std::string_view::npos) {
      notes.push_back({where, fmt::format("expected OPTION=VALUE, found \"{}\": left out", word)});
      continue;
    }
    options.push_back({std::string(word.substr(0, equals)), std::string(word.substr(equals + 1)), where});
  }
  return options;
}

SourcedOptions merged(const SourcedOptions& options) {
  SourcedOptions result;
  for (const auto& option : options) {
    auto same = [&](const SourcedOption& other) { return canonical(other.key) == canonical(option.key); };
    const auto earlier = std::ranges::find_if(result, same);
    if (is_list_of_targets(option.key)) {
      auto list = option;
      list.value = with_targets(earlier == result.end() ? std::string() : earlier->value, option.value);
      if (earlier == result.end()) {
        result.push_back(std::move(list));
      } else {
        earlier->value = std::move(list.value);
      }
    } else if (earlier != result.end()) {
      *earlier = option;
    } else {
      result.push_back(option);
    }
  }
  return result;
}

Result<> check_bond_options(const SourcedOptions& options, const Location& bond, Notes& notes) {
  for (const auto& option : options) {
    if (is_bond_option(option.key)) continue;
    return fail(option.where, unknown_option(option));
  }
  core::BondOptions accepted;
  auto remarks = core::apply_options(accepted, key_values(options), {});
  if (!remarks) return fail(place_of(options, remarks.error().option, bond), remarks.error().message);
  // Again on what they came to: a remark that another option of the same bond answers is none (arp_interval
  // is set before its targets).
  remarks = core::apply_options(accepted, key_values(options), {});
  if (!remarks) return fail(place_of(options, remarks.error().option, bond), remarks.error().message);
  for (const auto& remark : *remarks) notes.push_back({bond, remark});
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

Result<SourcedOptions> accepted_bond_options(const SourcedOptions& options, const Location& bond,
                                             Notes& notes) {
  auto candidates = merged(options);
  std::erase_if(candidates, [&](const SourcedOption& option) {
    if (is_bond_option(option.key)) return false;
    notes.push_back({option.where, unknown_option(option) + ": left out"});
    return true;
  });
  // In the order in which they take effect, so that each is judged beside what it depends on: the mode first.
  std::vector<std::size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return core::find_option(candidates[i].key); });
  core::BondOptions so_far;
  std::vector<bool> taken(candidates.size());
  for (const auto i : order) {
    const auto& option = candidates[i];
    const auto applied = core::apply_option(so_far, option.key, option.value, {});
    taken[i] = applied.has_value();
    if (applied) continue;
    if (canonical(option.key) == "mode") return fail(option.where, applied.error().message);
    leave_out(notes, option, applied.error().message);
  }
  SourcedOptions accepted;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (taken[i]) accepted.push_back(std::move(candidates[i]));
  }
  if (auto checked = check_bond_options(accepted, bond, notes); !checked) {
    return std::unexpected(checked.error());
  }
  return accepted;
}

SourcedOptions accepted_slave_options(const SourcedOptions& options, const SourcedOptions& bond_options,
                                      Notes& notes) {
  core::BondOptions bond;
  (void)core::apply_options(bond, key_values(bond_options), {});
  core::SlaveOptions so_far;
  SourcedOptions accepted;
  for (const auto& option : options) {
    const auto applied = core::apply_slave_option(so_far, option.key, option.value, {.mode = bond.mode});
    if (!applied) {
      leave_out(notes, option, applied.error().message);
      continue;
    }
    // Given twice, the last one counts.
    std::erase_if(accepted, [&](const SourcedOption& earlier) { return earlier.key == option.key; });
    accepted.push_back(option);
  }
  return accepted;
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
