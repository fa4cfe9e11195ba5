#include "config/sysconfig.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "config/ifcfg.h"
#include "config/modprobe.h"
#include "config/natural_order.h"
#include "config/options.h"
#include "config/route_file.h"
#include "config/shell_file.h"
#include "core/interface_name.h"

namespace ebond::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIfcfgPrefix = "ifcfg-";
// What editors and packagers leave behind; the network scripts skip the same.
constexpr std::array<std::string_view, 7> kLeftovers{"~",       ".bak",     ".old",    ".orig",
                                                     ".rpmnew", ".rpmorig", ".rpmsave"};

bool is_leftover(std::string_view name) {
  return std::ranges::any_of(kLeftovers, [&](std::string_view end) { return name.ends_with(end); });
}

/// Names of the files in `directory`, in natural order.
Result<std::vector<std::string>> names_in(const fs::path& directory) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  if (error) return fail({directory.string()}, fmt::format("cannot be read: {}", error.message()));
  std::ranges::sort(names, natural_less);
  return names;
}

Result<std::vector<IfcfgFile>> read_ifcfg_files(const fs::path& directory) {
  const auto names = names_in(directory);
  if (!names) return std::unexpected(names.error());
  std::vector<IfcfgFile> files;
  for (const auto& name : *names) {
    if (!name.starts_with(kIfcfgPrefix) || is_leftover(name)) continue;
    const auto path = (directory / name).string();
    const auto text = read_text_file(path);
    if (!text) return std::unexpected(text.error());
    auto file = IfcfgFile::parse(*text, path, name.substr(kIfcfgPrefix.size()));
    if (!file) return std::unexpected(file.error());
    files.push_back(*std::move(file));
  }
  return files;
}

Result<ModprobeConfig> read_modprobe(const std::vector<fs::path>& paths) {
  ModprobeConfig config;
  std::vector<fs::path> files;
  for (const auto& path : paths) {
    if (fs::is_regular_file(path)) files.push_back(path);
    if (!fs::is_directory(path)) continue;
    const auto names = names_in(path);
    if (!names) return std::unexpected(names.error());
    for (const auto& name : *names) {
      if (name.ends_with(".conf")) files.push_back(path / name);
    }
  }
  for (const auto& file : files) {
    const auto text = read_text_file(file.string());
    if (!text) return std::unexpected(text.error());
    if (auto added = add_modprobe_text(config, *text, file.string()); !added) {
      return std::unexpected(added.error());
    }
  }
  return config;
}

/// What the files say together. Built in steps; each stops at the first mistake.
class Assembler {
 public:
  Assembler(fs::path directory, std::vector<IfcfgFile> files, ModprobeConfig modprobe)
      : directory_(std::move(directory)), files_(std::move(files)), modprobe_(std::move(modprobe)) {
    result_.notes = modprobe_.notes;
  }

  Result<Configuration> run() {
    for (auto step : {&Assembler::index_devices, &Assembler::find_bonds, &Assembler::find_slaves,
                      &Assembler::fill_bonds}) {
      if (auto done = (this->*step)(); !done) return std::unexpected(done.error());
    }
    for (auto& [name, bond] : bonds_) result_.bonds.push_back(std::move(bond));
    return std::move(result_);
  }

 private:
  Result<> index_devices() {
    for (const auto& file : files_) {
      auto [it, fresh] = by_device_.emplace(file.device(), &file);
      if (fresh) continue;
      return fail(file.where("DEVICE"),
                  fmt::format("DEVICE={} is described in {} already: keep one of the files", file.device(),
                              it->second->path()));
    }
    return {};
  }

  Result<> find_bonds() {
    for (const auto& alias : modprobe_.aliases) bonds_[alias.bond].where = alias.where;
    for (const auto& file : files_) {
      if (file.is_alias()) continue;
      const auto* type = file.find("TYPE");
      const bool says_bond = type != nullptr && (type->value == "Bond" || type->value == "bond");
      const auto master = file.flag("BONDING_MASTER", false);
      if (!master) return std::unexpected(master.error());
      if (says_bond || *master || file.find("BONDING_OPTS") != nullptr) bonds_[file.device()];
    }
    return {};
  }

  Result<> find_slaves() {
    for (const auto& file : files_) {
      const auto slave = file.flag("SLAVE", false);
      if (!slave) return std::unexpected(slave.error());
      const auto* master = file.find("MASTER");
      if (!*slave) {
        if (master != nullptr)
          note(master->where,
               fmt::format("MASTER={} without SLAVE=yes: {} is not enslaved", master->value, file.device()));
        continue;
      }
      if (auto added = add_slave(file, master); !added) return added;
    }
    return {};
  }

  Result<> add_slave(const IfcfgFile& file, const Assignment* master) {
    if (master == nullptr) {
      return fail(file.where("SLAVE"), "SLAVE=yes without MASTER: name the bond, as in MASTER=bond0");
    }
    const auto& bond = master->value;
    if (bond == file.device()) return fail(master->where, fmt::format("{} cannot be its own MASTER", bond));
    if (!by_device_.contains(bond) && !bonds_.contains(bond)) {
      return fail(
          master->where,
          fmt::format("MASTER={} is not there: expected {} or \"alias {} bonding\" in modprobe's files", bond,
                      (directory_ / (std::string(kIfcfgPrefix) + bond)).string(), bond));
    }
    if (auto fault = core::any_interface_name_fault(file.device()); !fault.empty()) {
      return fail(file.where("DEVICE"), fault);
    }
    if (file.find("IPADDR") != nullptr)
      note(file.where("IPADDR"), "a slave carries no address of its own: ignored");
    SlaveConfig slave{file.device(), {}};
    SourcedOptions options;
    for (auto [key, option] : {std::pair{"BOND_PORT_PRIO", "prio"}, {"BOND_PORT_QUEUE_ID", "queue_id"}}) {
      if (const auto* given = file.find(key)) options.push_back({option, given->value, given->where});
    }
    slave.options = key_values(options);
    slave_options_[bond].insert(slave_options_[bond].end(), options.begin(), options.end());
    bonds_[bond].slaves.push_back(std::move(slave));
    return {};
  }

  Result<> fill_bonds() {
    for (auto& [name, bond] : bonds_) {
      bond.name = name;
      const auto found = by_device_.find(name);
      const IfcfgFile* file = found != by_device_.end() ? found->second : nullptr;
      if (file != nullptr) bond.where = file->where("DEVICE");
      if (auto fault = core::interface_name_fault(name); !fault.empty()) return fail(bond.where, fault);
      if (auto read = read_options(bond, file); !read) return read;
      if (file == nullptr) {
        bond.onboot = !bond.slaves.empty();  // modprobe knows it alone: nothing asks for it at boot
        continue;
      }
      if (auto read = read_link_settings(*file, bond); !read) return read;
      if (auto read = read_ip_settings(bond, *file); !read) return read;
      if (auto read = read_routes(bond); !read) return read;
    }
    for (const auto& file : files_) {
      const auto dot = file.device().rfind('.');
      if (dot == std::string::npos || !bonds_.contains(file.device().substr(0, dot))) continue;
      note({file.path()}, fmt::format("{} is a VLAN on a bond: not set up", file.device()));
    }
    return {};
  }

  Result<> read_options(BondConfig& bond, const IfcfgFile* file) {
    auto options = modprobe_.options_for(bond.name, result_.notes);
    if (!options) return std::unexpected(options.error());
    const auto* own = file != nullptr ? file->find("BONDING_OPTS") : nullptr;
    if (own != nullptr) {
      const auto words = parse_option_words(own->value, own->where);
      if (!words) return std::unexpected(words.error());
      options->insert(options->end(), words->begin(), words->end());
    }
    const auto final_options = merged(*options);
    if (auto checked = check_bond_options(final_options, bond.where, result_.notes); !checked) return checked;
    bond.options = key_values(final_options);
    return check_slave_options(slave_options_[bond.name], final_options);
  }

  /// Addresses and gateways of its own file and of its alias files (ifcfg-bond0:1).
  Result<> read_ip_settings(BondConfig& bond, const IfcfgFile& own) {
    auto gateways = read_gateways(own);
    if (!gateways) return std::unexpected(gateways.error());
    bond.gateways = *std::move(gateways);
    for (const auto& file : files_) {
      if (file.base_device() != bond.name) continue;
      const auto addresses = read_addresses(file, result_.notes);
      if (!addresses) return std::unexpected(addresses.error());
      bond.addresses.insert(bond.addresses.end(), addresses->begin(), addresses->end());
    }
    return {};
  }

  Result<> read_routes(BondConfig& bond) {
    for (const bool ipv6 : {false, true}) {
      const auto path = directory_ / ((ipv6 ? "route6-" : "route-") + bond.name);
      if (!fs::exists(path)) continue;
      const auto text = read_text_file(path.string());
      if (!text) return std::unexpected(text.error());
      const auto routes = parse_route_file(*text, path.string(), bond.name, ipv6);
      if (!routes) return std::unexpected(routes.error());
      bond.routes.insert(bond.routes.end(), routes->begin(), routes->end());
    }
    return {};
  }

  void note(const Location& where, std::string_view what) {
    result_.notes.push_back(fmt::format("{}: {}", where.to_string(), what));
  }

  fs::path directory_;
  std::vector<IfcfgFile> files_;
  ModprobeConfig modprobe_;
  std::map<std::string, const IfcfgFile*> by_device_;
  std::map<std::string, BondConfig, NaturalLess> bonds_;
  std::map<std::string, SourcedOptions> slave_options_;  // by bond
  Configuration result_;
};

}  // namespace

SysconfigPaths sysconfig_paths(const fs::path& directory) {
  SysconfigPaths paths{directory / "network-scripts",
                       {directory / "modprobe.conf", directory / "modprobe.d"}};
  if (directory.lexically_normal() == kDefaultSysconfig) {
    paths.modprobe.insert(paths.modprobe.end(), {"/etc/modprobe.conf", "/etc/modprobe.d"});
  }
  return paths;
}

Result<Configuration> read_sysconfig(const SysconfigPaths& paths) {
  auto modprobe = read_modprobe(paths.modprobe);
  if (!modprobe) return std::unexpected(modprobe.error());
  auto files = read_ifcfg_files(paths.network_scripts);
  if (!files) return std::unexpected(files.error());
  return Assembler(paths.network_scripts, *std::move(files), *std::move(modprobe)).run();
}

}  // namespace ebond::config
