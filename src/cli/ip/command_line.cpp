#include "cli/ip/command_line.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace ebond::cli::ip {
namespace {

using Words = std::vector<std::string>;

constexpr std::array<std::string_view, 16> kBeyond = {
    "tx_table",        "weight",          "path_monitor",    "path_interval",
    "path_multiplier", "path_target",     "failback",        "flap_damping",
    "lacp_strict",     "lacp_fallback",   "coupled_control", "broadcast_neighbor",
    "actor_port_prio", "announce_behind", "bond0_device",    "slaves_away"};

constexpr std::string_view kOwnMode = "balance-slb";

/// iproute2 takes any beginning of a word; if several fit, the first in its own order counts.
bool begins(std::string_view beginning, std::string_view word) {
  return word.starts_with(beginning);
}

struct Option {
  std::string_view name;
  bool has_value = false;
};
/// In iproute2's order, as far as the order decides what an abbreviation means.
constexpr std::array kOptions{
    Option{"loops", true},  Option{"family", true}, Option{"human", false},   Option{"iec", false},
    Option{"stats", false}, Option{"details"},      Option{"resolve"},        Option{"oneline"},
    Option{"timestamp"},    Option{"tshort"},       Option{"Version"},        Option{"force"},
    Option{"batch", true},  Option{"brief"},        Option{"json"},           Option{"pretty"},
    Option{"rcvbuf", true}, Option{"color"},        Option{"help"},           Option{"netns", true},
    Option{"Numeric"},      Option{"all"},          Option{"human-readable"}, Option{"statistics"},
    Option{"echo"},
};
constexpr std::string_view kBatch = "batch";

const Option* find_option(std::string_view word) {
  word.remove_prefix(word.starts_with("--") ? 2 : 1);
  const auto found =
      std::ranges::find_if(kOptions, [&](const auto& each) { return begins(word, each.name); });
  return found == kOptions.end() ? nullptr : found;
}

/// Where the object stands ("link"), and whether a file of commands was named before it.
struct Beginning {
  std::size_t object = 0;
  bool is_batch = false;
};

Beginning skip_options(const Words& words) {
  Beginning result;
  auto& i = result.object;
  for (; i < words.size() && words[i].starts_with('-'); ++i) {
    if (words[i] == "--") {
      ++i;
      break;
    }
    const auto* option = find_option(words[i]);
    if (option == nullptr) continue;  // -4, -6, or the real ip's to complain of
    result.is_batch = result.is_batch || option->name == kBatch;
    if (option->has_value) ++i;
  }
  return result;
}

/// "a" is address, "l" is link: both stand before all else that begins so. "s" is sr.
bool tells_of_links(std::string_view object) {
  return begins(object, "address") || begins(object, "link") || (object != "s" && begins(object, "stats"));
}

/// The place behind "type bond" or "type bond_slave"; the end if there is none.
std::size_t bond_options_begin(const Words& words, std::size_t from) {
  for (auto i = from; i + 1 < words.size(); ++i) {
    if (words[i] == "type" && (words[i + 1] == "bond" || words[i + 1] == "bond_slave")) return i + 2;
  }
  return words.size();
}

/// iproute2 knows the driver's modes and no other.
bool is_beyond(std::string_view key, std::string_view value) {
  if (key == "mode") return value == kOwnMode;
  return std::ranges::find(kBeyond, key) != kBeyond.end();
}

}  // namespace

std::span<const std::string_view> options_beyond_iproute2() {
  return kBeyond;
}

Plan plan(const Words& words) {
  Plan result;
  const auto [object, is_batch] = skip_options(words);
  const bool has_object = object < words.size();
  result.about_links = is_batch || (has_object && tells_of_links(words[object]));
  if (!result.about_links) {
    result.arguments = words;
    return result;
  }
  const auto options = bond_options_begin(words, std::min(object, words.size()));
  result.arguments.assign(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(options));
  for (auto i = options; i < words.size();) {
    const bool has_value = i + 1 < words.size() && words[i] != "clear_active_slave";
    if (has_value && is_beyond(words[i], words[i + 1])) {
      result.own_options.emplace_back(words[i], words[i + 1]);
    } else {
      result.arguments.push_back(words[i]);
      if (has_value) result.arguments.push_back(words[i + 1]);
    }
    i += has_value ? 2 : 1;
  }
  return result;
}

}  // namespace ebond::cli::ip
