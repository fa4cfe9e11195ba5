#include "control/capability.h"

#include <charconv>

namespace ebond::control {
namespace {

/// What follows "NAME:" at the start of a line, without the blanks before it.
std::string_view line_of(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    if (line.starts_with(name) && line.substr(name.size()).starts_with(':')) {
      const auto value = line.substr(name.size() + 1);
      return value.substr(std::min(value.size(), value.find_first_not_of(" \t")));
    }
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return {};
}

template <class Number>
std::optional<Number> digits_in(std::string_view text, int base) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  const bool is_whole = end == text.data() + text.size() || *end == '\t' || *end == ' ';
  if (error != std::errc() || !is_whole) return std::nullopt;
  return number;
}

/// The second of "real effective saved filesystem".
std::string_view effective_of(std::string_view ids) {
  const auto second = ids.find('\t');
  return second == std::string_view::npos ? std::string_view() : ids.substr(second + 1);
}

}  // namespace

bool is_capable(const Credentials& who, std::span<const UserNamespace> lineage, unsigned capability) {
  for (std::size_t i = 0; i < lineage.size(); ++i) {
    if (lineage[i].id == who.home) return (who.effective >> capability & 1U) != 0;
    const bool is_child_of_home = i + 1 < lineage.size() && lineage[i + 1].id == who.home;
    if (is_child_of_home && lineage[i].owner == who.uid) return true;
  }
  return false;  // its home is beside the thing's or below it
}

std::optional<Credentials> parse_status(std::string_view status) {
  const auto uid = digits_in<uid_t>(effective_of(line_of(status, "Uid")), 10);
  const auto effective = digits_in<std::uint64_t>(line_of(status, "CapEff"), 16);
  if (!uid || !effective) return std::nullopt;
  return Credentials{*uid, *effective, {}, false};
}

}  // namespace ebond::control
