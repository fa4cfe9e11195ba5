#include "config/formats/rhel_team.h"

#include <fmt/format.h>

#include <map>

#include "config/draft.h"
#include "config/formats/teamd.h"
#include "config/natural_order.h"
#include "config/sysconfig_files.h"
#include "config/values.h"

namespace ebond::config {
namespace {

/// Says of each file of a sysconfig directory what it is to a team.
class TeamAssembler {
 public:
  explicit TeamAssembler(SysconfigFiles files) : files_(std::move(files)) {}

  Result<Configuration> run() {
    for (const auto& file : files_.files()) {
      if (is_team(file) && !teams_.contains(file.device())) teams_[file.device()].own = &file;
    }
    for (const auto& file : files_.files()) add_port_file(file);
    std::vector<Draft> drafts;
    for (auto& [name, team] : teams_) {
      auto draft = draft_of(name, team);
      if (!draft) return std::unexpected(draft.error());
      drafts.push_back(*std::move(draft));
    }
    files_.note_broken_files(needed_);
    return finish(std::move(drafts), std::move(files_.notes()));
  }

 private:
  struct Team {
    const IfcfgFile* own = nullptr;
    std::vector<const IfcfgFile*> ports{};
  };

  static bool is_team(const IfcfgFile& file) {
    if (file.is_alias() || file.is_vlan()) return false;
    for (const auto* key : {"DEVICETYPE", "TYPE"}) {
      const auto* type = file.find(key);
      if (type != nullptr && lower_case(type->value) == "team") return true;
    }
    return file.find("TEAM_CONFIG") != nullptr;
  }

  void add_port_file(const IfcfgFile& file) {
    const auto* master = file.find("TEAM_MASTER");
    if (master == nullptr) master = file.find("TEAM_MASTER_UUID");
    if (master == nullptr) return;
    const auto team = teams_.find(files_.device_called(master->value));
    if (team == teams_.end()) {
      files_.note(master->where, fmt::format("{}={} is no team here: left out", master->key, master->value));
      return;
    }
    needed_.push_back(&file);
    team->second.ports.push_back(&file);
  }

  /// The JSON in a key's value; a map without entries if there is none that can be read.
  TreeNode json_of(const IfcfgFile& file, std::string_view key) {
    const auto* given = file.find(key);
    auto nothing = tree_node(TreeNode::Kind::map, {}, file.where(key));
    if (given == nullptr) return nothing;
    auto parsed = parse_json(given->value, given->where);
    if (parsed && parsed->is_map()) return *std::move(parsed);
    files_.note(given->where, fmt::format("{}: {}: left out", key,
                                          parsed ? "is not a JSON object" : parsed.error().message));
    return nothing;
  }

  Result<Draft> draft_of(const std::string& name, const Team& team) {
    Draft draft;
    draft.bond.name = name;
    draft.bond.where = team.own->where("DEVICE");
    needed_.push_back(team.own);
    const auto settings = json_of(*team.own, "TEAM_CONFIG");
    add_team_settings(draft, settings, files_.notes());
    const auto mac_of_json = draft.bond.mac;
    if (auto added = files_.add_network(draft, *team.own); !added) return std::unexpected(added.error());
    if (!draft.bond.mac) draft.bond.mac = mac_of_json;
    for (const auto* port : team.ports) {
      if (port->fault()) return std::unexpected(*port->fault());
      add_team_port(draft, SysconfigFiles::slave_of(*port, files_.notes()),
                    json_of(*port, "TEAM_PORT_CONFIG"), files_.notes());
    }
    conclude_team(draft, settings, files_.notes());
    return draft;
  }

  SysconfigFiles files_;
  std::map<std::string, Team, NaturalLess> teams_;
  std::vector<const IfcfgFile*> needed_;
};

}  // namespace

Result<Configuration> read_rhel_team(const SysconfigPaths& paths) {
  auto files = SysconfigFiles::read(paths.network_scripts, paths.network);
  if (!files) return std::unexpected(files.error());
  return TeamAssembler(*std::move(files)).run();
}

}  // namespace ebond::config
