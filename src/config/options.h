// Options on their way from a file to a bond: each remembers where it was written, so that a refusal can
// point there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/bond_config.h"
#include "config/problem.h"

namespace ebond::config {

struct SourcedOption {
  std::string key;
  std::string value;
  Location where;
};
using SourcedOptions = std::vector<SourcedOption>;

/// "mode=1 miimon=100": blank-separated key=value.
Result<SourcedOptions> parse_option_words(std::string_view text, const Location& where);

/// One entry for each option, whatever name it was given by: the last one wins, in its first one's place.
SourcedOptions merged(const SourcedOptions& options);

/// Lets the option table judge them for a new bond without slaves; on refusal the problem stands where the
/// guilty option does. Remarks go to `notes`.
Result<> check_bond_options(const SourcedOptions& options, const Location& bond,
                            std::vector<std::string>& notes);
/// The same for a slave of a bond with these options.
Result<> check_slave_options(const SourcedOptions& options, const SourcedOptions& bond_options);

KeyValues key_values(const SourcedOptions& options);

/// Under any of its names.
bool is_bond_option(std::string_view name);
bool is_slave_option(std::string_view name);

}  // namespace ebond::config
