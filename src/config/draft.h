// A bond while a reader puts it together: what its file says, each option with its place, not yet judged.
// finish() is where all formats meet: the same checks for each, lenient as the formats' own tools are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/bond_config.h"
#include "config/options.h"
#include "config/problem.h"

namespace ebond::config {

struct SlaveDraft {
  SlaveConfig slave;  ///< without options
  SourcedOptions options{};
  Location where{};
};

struct Draft {
  BondConfig bond;  ///< without options and slaves
  SourcedOptions options{};
  std::vector<SlaveDraft> slaves{};  ///< in the order to enslave them

  bool has_slave(std::string_view name) const;
  /// The card is the primary, as this key says, by its name if it has one; one said before is it no more.
  void set_primary(const SlaveConfig& card, const Location& where, std::string_view key);
};

/// The one of that name; null if there is none.
Draft* find_draft(std::vector<Draft>& drafts, std::string_view bond);

/// The bonds in order of their names. Notes what is left out: an option that is not known or of another mode,
/// a slave that another bond has, a bridge or a VLAN whose name cannot be one; and what will not work: a
/// route whose gateway nothing leads to. An error is what takes away what makes a bond: a name that cannot be
/// one, a mode that is none.
Result<Configuration> finish(std::vector<Draft> drafts, Notes notes);

}  // namespace ebond::config
