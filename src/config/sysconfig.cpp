#include "config/sysconfig.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "config/draft.h"
#include "config/file_list.h"
#include "config/modprobe.h"
#include "config/natural_order.h"
#include "config/options.h"
#include "config/shell_file.h"
#include "config/sysconfig_files.h"
#include "config/values.h"

namespace ebond::config {
namespace {

namespace fs = std::filesystem;

ModprobeConfig read_modprobe(const std::vector<fs::path>& paths) {
  ModprobeConfig config;
  std::vector<fs::path> files;
  for (const auto& path : paths) {
    if (fs::is_regular_file(path)) files.push_back(path);
    if (!fs::is_directory(path)) continue;
    const auto names = names_in(path);
    if (!names) {
      config.notes.push_back(names.error());
      continue;
    }
    for (const auto& name : *names) {
      if (name.ends_with(".conf")) files.push_back(path / name);
    }
  }
  for (const auto& file : files) {
    const auto text = read_text_file(file.string());
    if (!text) {
      config.notes.push_back(text.error());
      continue;
    }
    add_modprobe_text(config, *text, file.string());
  }
  return config;
}

/// The bonds that the files describe together. Built in steps; each stops at the first error.
class BondAssembler {
 public:
  BondAssembler(SysconfigFiles files, ModprobeConfig modprobe)
      : files_(std::move(files)), modprobe_(std::move(modprobe)) {}

  Result<Configuration> run() {
    find_bonds();
    for (auto step : {&BondAssembler::find_slaves, &BondAssembler::fill_bonds}) {
      if (auto done = (this->*step)(); !done) return std::unexpected(done.error());
    }
    files_.note_broken_files(needed_);
    Notes notes = std::move(modprobe_.notes);
    std::ranges::move(files_.notes(), std::back_inserter(notes));
    std::vector<Draft> drafts;
    for (auto& [name, draft] : bonds_) drafts.push_back(std::move(draft));
    return finish(std::move(drafts), std::move(notes));
  }

 private:
  Draft& bond_called(const std::string& name) {
    auto& draft = bonds_[name];
    draft.bond.name = name;
    return draft;
  }

  void find_bonds() {
    for (const auto& alias : modprobe_.aliases) bond_called(alias.bond).bond.where = alias.where;
    for (const auto& file : files_.files()) {
      if (file.is_alias() || file.is_vlan() || file.device().empty()) continue;
      const auto* type = file.find("TYPE");
      const bool says_bond = type != nullptr && lower_case(type->value) == "bond";
      const bool is_master = file.flag("BONDING_MASTER", false, files_.notes());
      if (says_bond || is_master || file.find("BONDING_OPTS") != nullptr) bond_called(file.device());
    }
    for (const auto& file : files_.files()) {
      const auto* master = master_of(file);
      if (master == nullptr || !file.flag("SLAVE", false, files_.notes())) continue;
      const auto name = files_.device_called(master->value);
      if (!name.empty() && name != file.device()) bond_called(name);
    }
  }

  static const Assignment* master_of(const IfcfgFile& file) {
    const auto* master = file.find("MASTER");
    return master != nullptr ? master : file.find("MASTER_UUID");
  }

  Result<> find_slaves() {
    for (const auto& file : files_.files()) {
      if (file.is_alias() || file.is_vlan()) continue;
      const auto* master = master_of(file);
      const bool is_slave = file.flag("SLAVE", false, files_.notes());
      if (is_slave && master == nullptr) {
        return fail(file.where("SLAVE"), "SLAVE=yes without MASTER: name the bond, as in MASTER=bond0");
      }
      if (master == nullptr) continue;
      if (auto added = add_slave(file, *master, is_slave); !added) return added;
    }
    return {};
  }

  Result<> add_slave(const IfcfgFile& file, const Assignment& master, bool is_slave) {
    auto name = files_.device_called(master.value);
    if (name.empty() && bonds_.contains(master.value)) name = master.value;
    if (is_slave && name == file.device()) {
      return fail(master.where, fmt::format("{} cannot be its own MASTER", name));
    }
    const auto bond = bonds_.find(name);
    if (is_slave && bond == bonds_.end()) {
      return fail(
          master.where,
          fmt::format("MASTER={} is not there: expected {} or \"alias {} bonding\" in modprobe's files",
                      master.value, (files_.directory() / ("ifcfg-" + master.value)).string(), master.value));
    }
    if (bond == bonds_.end()) {
      files_.note(master.where, fmt::format("{}={} is no bond here: left out", master.key, master.value));
      return {};
    }
    if (file.fault()) return std::unexpected(*file.fault());
    needed_.push_back(&file);
    if (!is_slave) {
      if (file.find("SLAVE") != nullptr) {
        files_.note(file.where("SLAVE"),
                    fmt::format("SLAVE says no, {}={} is left out", master.key, master.value));
        return {};
      }
      // The older network scripts do not enslave such a card, NetworkManager does. A file that names its
      // master by UUID is NetworkManager's own.
      if (name == master.value) {
        files_.note(master.where,
                    fmt::format("MASTER={} without SLAVE=yes: taken as a slave, as NetworkManager "
                                "does",
                                master.value));
      }
    }
    auto slave = SysconfigFiles::slave_of(file, files_.notes());
    for (auto [key, option] : {std::pair{"BOND_PORT_PRIO", "prio"}, {"BOND_PORT_QUEUE_ID", "queue_id"}}) {
      if (const auto* given = file.find(key))
        slave.options.push_back({option, given->value, given->where, key});
    }
    bond->second.slaves.push_back(std::move(slave));
    return {};
  }

  Result<> fill_bonds() {
    for (auto& [name, draft] : bonds_) {
      const auto* own = files_.of_device(name);
      if (own != nullptr) draft.bond.where = own->where("DEVICE");
      needed_.push_back(own);
      draft.options = modprobe_.options_for(name, modprobe_.notes);
      if (own == nullptr) {
        draft.bond.onboot = !draft.slaves.empty();  // modprobe knows it alone: nothing asks for it at boot
        continue;
      }
      add_own_options(draft, *own);
      if (auto added = files_.add_network(draft, *own); !added) return added;
      note_files_of_the_same(name, *own);
    }
    return {};
  }

  void add_own_options(Draft& draft, const IfcfgFile& own) {
    const auto* given = own.find("BONDING_OPTS");
    if (given == nullptr) return;
    const auto words = parse_option_words(given->value, given->where, files_.notes());
    draft.options.insert(draft.options.end(), words.begin(), words.end());
    for (const auto& other : own.assignments()) {
      if (other.where != given->where || !is_bond_option(other.key)) continue;
      files_.note(other.where,
                  fmt::format("{}={} stands behind BONDING_OPTS, not in it: put all options in one "
                              "pair of quotes",
                              other.key, other.value));
    }
  }

  void note_files_of_the_same(const std::string& name, const IfcfgFile& own) {
    for (const auto& file : files_.files()) {
      if (&file == &own || file.device() != name) continue;
      files_.note(
          file.where("DEVICE"),
          fmt::format("DEVICE={} is described in {} already: this file is left out", name, own.path()));
    }
  }

  SysconfigFiles files_;
  ModprobeConfig modprobe_;
  std::map<std::string, Draft, NaturalLess> bonds_;
  std::vector<const IfcfgFile*> needed_;
};

}  // namespace

SysconfigPaths sysconfig_paths(const fs::path& directory) {
  SysconfigPaths paths{directory / "network-scripts",
                       directory / "network",
                       {directory / "modprobe.conf", directory / "modprobe.d"}};
  if (directory.lexically_normal() == kDefaultSysconfig) {
    paths.modprobe.insert(paths.modprobe.end(), {"/etc/modprobe.conf", "/etc/modprobe.d"});
  }
  return paths;
}

Result<Configuration> read_sysconfig(const SysconfigPaths& paths) {
  auto files = SysconfigFiles::read(paths.network_scripts, paths.network);
  if (!files) return std::unexpected(files.error());
  return BondAssembler(*std::move(files), read_modprobe(paths.modprobe)).run();
}

}  // namespace ebond::config
