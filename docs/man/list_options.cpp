// Writes ebond-options.7 in scdoc's language: the option table, a paragraph an option.
#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "core/options/option_table.h"

namespace {

using namespace ebond::core;

constexpr auto kHead = R"(ebond-options(7)

# NAME

ebond-options - the options of a bond

# DESCRIPTION

These are the keys of *ebond add* and *ebond set*, of *ebond.toml*(5), and of BONDING_OPTS and modprobe's lines in
*ebond-sysconfig*(5). Names, values and rules are those of the bonding driver's *ip link ... type bond*; what is
ebond's own says so. Words and numbers are both accepted if a value has both.

# OPTIONS
)";

constexpr auto kSlaves = R"(
# OPTIONS OF A SLAVE

Set with *ebond set-slave* or in *ebond.toml*(5).
)";

constexpr auto kTail = R"(
# SEE ALSO

*ebond*(1)
)";

/// scdoc gives underscores and asterisks a meaning.
std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '_' || c == '*' || c == '\\' || c == '[' || c == ']' || c == '<' || c == '#') out += '\\';
    out += c;
  }
  return out;
}

std::string modes_of(std::uint8_t unsuitable_modes) {
  if (unsuitable_modes == 0) return {};
  std::string list;
  for (unsigned number = 0; number < kNumberOfModes; ++number) {
    if ((unsuitable_modes >> number & 1U) != 0) continue;
    if (!list.empty()) list += ", ";
    list += mode_name(static_cast<Mode>(number));
  }
  return fmt::format(" Only in {}.", list);
}

std::string_view when_of(const OptionSpec& spec) {
  switch (spec.when) {
    case When::always:
      return "";
    case When::bond_down:
      return " Only while the bond is down.";
    case When::no_slaves:
      return " Only without slaves.";
    case When::no_slaves_and_down:
      return " Only without slaves and while the bond is down.";
  }
  return "";
}

std::string default_of(const OptionSpec& spec) {
  if (spec.is_action) return {};
  const auto text = spec.get(BondOptions{});
  return text.empty() ? " Default: none." : fmt::format(" Default: {}.", text);
}

std::string sentence(std::string_view help) {
  std::string text(help);
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z' && !text.starts_with("ms ")) {
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  }
  return text + ".";
}

void print(const OptionSpec& spec) {
  const auto alias = spec.alias.empty() ? std::string() : fmt::format(", *{}*", escaped(spec.alias));
  fmt::print("\n*{}*{}\n\t{}", escaped(spec.name), alias, escaped(sentence(spec.help)));
  fmt::print("\n\tValues: {}.{}{}{}{}\n", escaped(accepted_values(spec)), escaped(default_of(spec)),
             escaped(modes_of(spec.unsuitable_modes)), when_of(spec), spec.own ? " ebond's own." : "");
}

void print(const SlaveOptionSpec& spec) {
  fmt::print("\n*{}*\n\t{}", escaped(spec.name), escaped(sentence(spec.help)));
  fmt::print("\n\tValues: {} to {}. Default: {}.{}\n", spec.minimum, spec.maximum, spec.get(SlaveOptions{}),
             escaped(modes_of(spec.unsuitable_modes)));
}

}  // namespace

int main() {
  fmt::print("{}", kHead);
  for (const auto& spec : option_table()) print(spec);
  fmt::print("{}", kSlaves);
  for (const auto& spec : slave_option_table()) print(spec);
  fmt::print("{}", kTail);
  return 0;
}
