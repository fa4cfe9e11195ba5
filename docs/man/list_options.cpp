// Writes ebond-options.7 in scdoc's language: the option table, a paragraph an option.
#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "core/options/option_table.h"
#include "views/option_help.h"

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

void print(const ebond::views::OptionEntry& entry) {
  std::string names;
  for (const auto name : entry.names)
    names += fmt::format("{}*{}*", names.empty() ? "" : ", ", escaped(name));
  fmt::print("\n{}\n\t{}\n\t{}\n", names, escaped(entry.meaning), escaped(entry.rules));
}

}  // namespace

int main() {
  fmt::print("{}", kHead);
  for (const auto& spec : option_table()) print(ebond::views::entry_of(spec));
  fmt::print("{}", kSlaves);
  for (const auto& spec : slave_option_table()) print(ebond::views::entry_of(spec));
  fmt::print("{}", kTail);
  return 0;
}
