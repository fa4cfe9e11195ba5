// An option of the option table in words: for `ebond help`, and for the manual page of all options. Says what
// the table says, and knows no option by its name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/options/option_table.h"

namespace ebond::views {

struct OptionEntry {
  std::vector<std::string_view> names;  ///< the name, then its alias if it has one
  std::string meaning;                  ///< a sentence
  std::string rules;                    ///< sentences: values, default, modes, when it may change
};

OptionEntry entry_of(const core::OptionSpec& spec);
OptionEntry entry_of(const core::SlaveOptionSpec& spec);

/// The entry of a bond's or a slave's option, a line each for name, meaning and rules; "" if there is no such
/// option. A name that both have gives both.
std::string option_help(std::string_view name);
/// A line for each option of a bond, then of a slave: its name and meaning.
std::string option_list();

}  // namespace ebond::views
