#include "config/formats.h"

#include <algorithm>
#include <array>

#include "config/formats/freebsd_rc.h"
#include "config/formats/interfaces.h"
#include "config/formats/keyfile.h"
#include "config/formats/netplan.h"
#include "config/formats/networkd.h"
#include "config/formats/nmstate.h"
#include "config/formats/rhel_team.h"
#include "config/formats/suse.h"
#include "config/formats/teamd.h"
#include "config/sysconfig.h"

namespace ebond::config {
namespace {

namespace fs = std::filesystem;

struct FormatName {
  Format format;
  std::string_view name;
  /// Below the root directory, in order of precedence.
  std::array<std::string_view, 4> places;
};
constexpr std::array kFormats{
    FormatName{Format::ifcfg, "ifcfg", {"etc/sysconfig"}},
    FormatName{Format::interfaces, "interfaces", {"etc/network"}},
    FormatName{Format::networkd,
               "networkd",
               {"etc/systemd/network", "run/systemd/network", "usr/local/lib/systemd/network",
                "usr/lib/systemd/network"}},
    FormatName{Format::keyfile,
               "keyfile",
               {"etc/NetworkManager/system-connections", "run/NetworkManager/system-connections",
                "usr/lib/NetworkManager/system-connections"}},
    FormatName{Format::netplan, "netplan", {"run/netplan", "etc/netplan", "lib/netplan"}},
    FormatName{Format::teamd, "teamd", {"etc/teamd"}},
    FormatName{Format::suse, "suse", {"etc/sysconfig/network"}},
    FormatName{Format::freebsd_rc, "freebsd-rc", {"etc"}},
    FormatName{Format::nmstate, "nmstate", {"etc/nmstate"}},
    FormatName{Format::rhel_team, "rhel-team", {"etc/sysconfig"}}};

const FormatName& entry_of(Format format) {
  return *std::ranges::find(kFormats, format, &FormatName::format);
}

/// /etc/sysconfig, or its network-scripts alone, or one file there.
SysconfigPaths sysconfig_at(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path / "network-scripts", ignored) || !fs::exists(path, ignored))
    return sysconfig_paths(path);
  auto paths = sysconfig_paths((fs::is_directory(path, ignored) ? path : path.parent_path()).parent_path());
  paths.network_scripts = path;
  return paths;
}

}  // namespace

std::optional<Format> parse_format(std::string_view name) {
  const auto* found = std::ranges::find(kFormats, name, &FormatName::name);
  if (found == kFormats.end()) return std::nullopt;
  return found->format;
}

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const auto& format : kFormats) names.emplace_back(format.name);
  return names;
}

Result<Configuration> read_format(Format format, const fs::path& given) {
  // The folder above the format's own is as good: /etc/NetworkManager for system-connections in it.
  std::error_code ignored;
  const auto inner = given / fs::path(entry_of(format).places.front()).filename();
  const auto path = fs::is_directory(inner, ignored) ? inner : given;
  switch (format) {
    case Format::ifcfg:
      return read_sysconfig(sysconfig_at(path));
    case Format::rhel_team:
      return read_rhel_team(sysconfig_at(path));
    case Format::interfaces:
      return read_interfaces(path);
    case Format::networkd:
      return read_networkd({path});
    case Format::keyfile:
      return read_keyfiles({path});
    case Format::netplan:
      return read_netplan({path});
    case Format::teamd:
      return read_teamd(path);
    case Format::suse:
      return read_suse(path);
    case Format::freebsd_rc:
      return read_freebsd_rc(path);
    case Format::nmstate:
      return read_nmstate(path);
  }
  return fail({path.string()}, "is of no format that is known");
}

Result<Configuration> read_machine(Format format, const fs::path& root) {
  std::error_code ignored;
  std::vector<fs::path> places;
  for (const auto place : entry_of(format).places) {
    if (!place.empty() && fs::exists(root / place, ignored)) places.push_back(root / place);
  }
  if (places.empty()) return read_format(format, root);
  if (format == Format::networkd) return read_networkd(places);
  if (format == Format::keyfile) return read_keyfiles(places);
  if (format == Format::netplan) return read_netplan(places);
  if (format == Format::interfaces) return read_interfaces(places.front(), root);
  if (format != Format::ifcfg) return read_format(format, places.front());
  auto paths = sysconfig_paths(places.front());
  paths.modprobe = {places.front() / "modprobe.conf", places.front() / "modprobe.d",
                    root / "etc/modprobe.conf", root / "etc/modprobe.d"};
  return read_sysconfig(paths);
}

}  // namespace ebond::config
