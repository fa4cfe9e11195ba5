// modprobe's configuration, as far as it speaks of the bonding module: `alias bond0 bonding`, `options bond0
// miimon=100 mode=1`, and `install bond0 /sbin/modprobe -i bonding -o bond0 mode=1`, which loaded the module
// once for each bond. Everything else in such files is other modules' business.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/options.h"
#include "config/problem.h"

namespace ebond::config {

struct ModprobeConfig {
  struct Alias {
    std::string bond;
    Location where;
  };
  struct OptionLine {
    std::string target;  ///< a bond, or "bonding" for all of them, or another module
    std::vector<std::string> words;
    Location where;
  };
  std::vector<Alias> aliases;
  std::vector<OptionLine> option_lines;
  Notes notes;

  bool has_alias(const std::string& bond) const;
  /// What the module would be given for `bond`: the options for all bonds, then its own. Parameters that
  /// mean nothing here (max_bonds) are left out with a note.
  SourcedOptions options_for(const std::string& bond, Notes& remarks) const;
};

/// Reads one file's text and adds it to `config`. Comments, continued lines and `alias netdev-bond0 bonding`
/// are understood. A line that is not is left out with a note.
void add_modprobe_text(ModprobeConfig& config, std::string_view text, const std::string& file);

}  // namespace ebond::config
