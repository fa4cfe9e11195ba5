#include "views/option_help.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ebond::views {
namespace {

std::string modes_but(std::uint8_t unsuitable_modes) {
  if (unsuitable_modes == 0) return {};
  std::vector<std::string_view> fitting;
  for (const auto& mode : core::find_option("mode")->values) {
    if ((unsuitable_modes >> mode.number & 1U) == 0) fitting.push_back(mode.name);
  }
  return fmt::format(" Only in {}.", fmt::join(fitting, ", "));
}

std::string_view when_of(const core::OptionSpec& spec) {
  switch (spec.when) {
    case core::When::always:
      return "";
    case core::When::bond_down:
      return " Only while the bond is down.";
    case core::When::no_slaves:
      return " Only without slaves.";
    case core::When::no_slaves_and_down:
      return " Only without slaves and while the bond is down.";
    case core::When::at_creation:
      return " Only when the bond is made.";
  }
  return "";
}

std::string default_of(const core::OptionSpec& spec) {
  if (spec.is_action) return {};
  const auto text = spec.get(core::BondOptions{});
  return text.empty() ? " Default: none." : fmt::format(" Default: {}.", text);
}

std::string sentence(std::string_view help) {
  std::string text(help);
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z' && !text.starts_with("ms ")) {
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  }
  return text + ".";
}

std::string text_of(const OptionEntry& entry, std::string_view whose) {
  return fmt::format("{}{}\n    {}\n    {}\n", fmt::join(entry.names, ", "), whose, entry.meaning,
                     entry.rules);
}

template <class Table>
std::string lines_of(const Table& table) {
  std::string lines;
  for (const auto& spec : table) lines += fmt::format("  {:<18} {}\n", spec.name, sentence(spec.help));
  return lines;
}

}  // namespace

OptionEntry entry_of(const core::OptionSpec& spec) {
  OptionEntry entry{
      {spec.name},
      sentence(spec.help),
      fmt::format("Values: {}.{}{}{}{}", core::accepted_values(spec), default_of(spec),
                  modes_but(spec.unsuitable_modes), when_of(spec), spec.own ? " ebond's own." : "")};
  if (!spec.alias.empty()) entry.names.push_back(spec.alias);
  return entry;
}

OptionEntry entry_of(const core::SlaveOptionSpec& spec) {
  return {{spec.name},
          sentence(spec.help),
          fmt::format("Values: {} to {}. Default: {}.{}", spec.minimum, spec.maximum,
                      spec.get(core::SlaveOptions{}), modes_but(spec.unsuitable_modes))};
}

std::string option_help(std::string_view name) {
  std::string text;
  if (const auto* spec = core::find_option(name)) text += text_of(entry_of(*spec), "");
  if (const auto* spec = core::find_slave_option(name)) text += text_of(entry_of(*spec), " (of a slave)");
  return text;
}

std::string option_list() {
  return "Options of a bond:\n" + lines_of(core::option_table()) + "\nOptions of a slave:\n" +
         lines_of(core::slave_option_table());
}

}  // namespace ebond::views
