// teamd's JSON (teamd.conf(5)): a team is read as the bond that does the same, as near as there is one.
// Used for files of their own and, by rhel_team.h, for the pieces that ifcfg files hold.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "config/draft.h"
#include "config/file_list.h"
#include "config/problem.h"
#include "config/tree.h"

namespace ebond::config {

/// A file, or the *.conf files of a directory.
Result<Configuration> read_teamd(const std::filesystem::path& path);
Result<Configuration> parse_teamd(const std::vector<TextFile>& files, Notes notes);

/// What a team's JSON says, without its ports, into `draft`.
void add_team_settings(Draft& draft, const TreeNode& team, Notes& notes);
/// What is said of one port: as the value of its name below "ports", or in TEAM_PORT_CONFIG.
void add_team_port(Draft& draft, SlaveDraft slave, const TreeNode& port, Notes& notes);
/// To be called when all ports are there: what depends on them.
void conclude_team(Draft& draft, const TreeNode& team, Notes& notes);

}  // namespace ebond::config
