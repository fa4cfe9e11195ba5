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
  Location where{};
  std::string written_as{};  ///< the file's own word for the key; empty: the same

  std::string_view word() const { return written_as.empty() ? key : written_as; }
};
using SourcedOptions = std::vector<SourcedOption>;

/// "mode=1 miimon=100": key=value, with blanks between. Other words are left out with a note.
SourcedOptions parse_option_words(std::string_view text, const Location& where, Notes& notes);

/// One entry for each option, whatever name it was given by: the last one wins, in its first one's place.
/// Only the targets of ARP and ND add up, as they do for the driver.
SourcedOptions merged(const SourcedOptions& options);

/// Lets the option table judge them for a new bond without slaves; on refusal the problem stands where the
/// guilty option does. Remarks go to `notes`.
Result<> check_bond_options(const SourcedOptions& options, const Location& bond, Notes& notes);
/// The same for a slave of a bond with these options.
Result<> check_slave_options(const SourcedOptions& options, const SourcedOptions& bond_options);

/// What the option table takes of them, merged. The rest (not known, not of this mode, a value that is none)
/// is left out with a note; only a mode that is none is an error, for it makes the bond what it is.
Result<SourcedOptions> accepted_bond_options(const SourcedOptions& options, const Location& bond,
                                             Notes& notes);
SourcedOptions accepted_slave_options(const SourcedOptions& options, const SourcedOptions& bond_options,
                                      Notes& notes);

KeyValues key_values(const SourcedOptions& options);

/// Under any of its names.
bool is_bond_option(std::string_view name);
bool is_slave_option(std::string_view name);

}  // namespace ebond::config
