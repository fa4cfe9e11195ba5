#include "cli/enabled.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/configured.h"
#include "cli/leave_alone.h"
#include "cli/run_program.h"
#include "cli/running_state.h"
#include "cli/session.h"
#include "os/netns.h"
#include "os/rtnetlink.h"

namespace ebond::cli {
namespace {

namespace fs = std::filesystem;

constexpr auto kSysconfigScripts = "network-scripts";

fs::path note_in(const fs::path& directory) {
  return directory / "from";
}

std::vector<fs::path> toml_files(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

/// The format noted; "" if none is.
std::string noted_format(const fs::path& directory) {
  std::ifstream in(note_in(directory));
  std::string format;
  in >> format;
  return format;
}

/// If ifupdown brings up the bonds of /etc/network/interfaces itself, at boot, by our scripts. Both at it
/// would give bond0 its address twice, which ifup fails at.
bool is_done_by_ifupdown(const std::string& format, const fs::path& root) {
  if (format != "interfaces" || ::access((root / "etc/network/if-pre-up.d/ebond").c_str(), X_OK) != 0)
    return false;
  std::error_code ignored;
  const bool has_ifup =
      fs::exists(root / "sbin/ifup", ignored) || fs::exists(root / "usr/sbin/ifup", ignored);
  const auto links = {"etc/systemd/system/multi-user.target.wants/networking.service",
                      "etc/systemd/system/network-online.target.wants/networking.service",
                      "etc/rcS.d/S01networking"};
  return has_ifup &&
         std::ranges::any_of(links, [&](const char* link) { return fs::is_symlink(root / link, ignored); });
}
constexpr auto kDoneByIfupdown =
    "the bonds of /etc/network/interfaces are brought up by ifupdown and /etc/network/if-pre-up.d/ebond";

/// The same command, as if it had been given for the files of this format.
std::expected<Arguments, std::string> part_from(const Arguments& whole, const std::string& format) {
  auto part = parse_arguments({whole.command == Command::down ? "down" : "up", "--from", format});
  if (!part) return std::unexpected(fmt::format("{} is not a format that can be brought up", format));
  part->run_dir = whole.run_dir;
  part->netns = whole.netns;
  return *part;
}

std::expected<void, std::string> write_note(const fs::path& directory, const std::string& format) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return std::unexpected(fmt::format("cannot make {}: {}", directory.native(), error.message()));
  const auto note = note_in(directory);
  if (format.empty()) {
    fs::remove(note, error);
    if (error) return std::unexpected(fmt::format("cannot remove {}: {}", note.native(), error.message()));
    return {};
  }
  auto fresh = note;
  fresh += ".new";
  {
    std::ofstream out(fresh, std::ios::trunc);
    out << format << '\n';
    if (!out.flush())
      return std::unexpected(fmt::format("cannot write {}: {}", fresh.native(), std::strerror(errno)));
  }
  fs::rename(fresh, note, error);
  if (error) return std::unexpected(fmt::format("cannot write {}: {}", note.native(), error.message()));
  return {};
}

/// True if systemd has both units enabled now.
bool enable_units() {
  return output_of({"systemctl", "--quiet", "enable", "ebondd.service", "ebond-up.service"}).has_value();
}

/// What runs now, as far as other programs are to know of it.
OurInterfaces our_interfaces(control::Client& client, os::Rtnetlink& links) {
  OurInterfaces ours;
  const auto reports = client.show("");
  if (!reports) return ours;
  for (const auto& report : *reports) {
    const auto bond = bond_of_report(report);
    ours.bonds.push_back(bond.name);
    for (const auto& slave : bond.slaves) ours.hands_off.push_back(slave.name);
    const auto upper = links.link(bond.name);
    if (!upper || !upper->is_half_of_a_pair() || !upper->lower || upper->lower_netnsid) continue;
    if (const auto lower = links.link(*upper->lower)) ours.hands_off.push_back(lower->name);
  }
  return ours;
}

/// Of systemd-networkd's files those that describe one of these bonds.
std::vector<fs::path> netdevs_of(const std::vector<std::string>& bonds, const std::vector<Arguments>& parts) {
  std::vector<fs::path> netdevs;
  for (const auto& part : parts) {
    if (part.format != config::Format::networkd) continue;
    const auto configuration = read_configuration(part);
    if (!configuration) continue;
    for (const auto& bond : configuration->bonds) {
      if (std::ranges::find(bonds, bond.name) != bonds.end()) netdevs.emplace_back(bond.where.file);
    }
  }
  return netdevs;
}

/// At boot they come later, and read it then. `down` leaves it so: else they would make the bond, before it
/// is up again.
void have_others_leave_alone(const Arguments& arguments, const std::vector<Arguments>& parts) {
  auto client = control::Client::connect(control::socket_in(arguments.run_dir));
  const auto here = os::Namespace::current();
  if (!arguments.netns.empty() || !client || !here) return;
  auto links = os::Rtnetlink::open(*here);
  if (!links) return;
  auto ours = our_interfaces(*client, *links);
  ours.netdevs = netdevs_of(ours.bonds, parts);
  const auto news = write_leave_alone(ours, arguments.root);
  if (!news) return complain(kProgram, "warning: " + news.error());
  const auto runs = [](const char* unit) {
    return output_of({"systemctl", "--quiet", "is-active", unit}).has_value();
  };
  if (news->networkd && runs("systemd-networkd.service")) (void)output_of({"networkctl", "reload"});
  if (news->managed.empty() && !news->network_manager) return;
  if (!runs("NetworkManager.service")) return;
  if (news->network_manager) (void)output_of({"nmcli", "general", "reload", "conf"});
  // Of devices that it has seen already it asks nobody again.
  for (const auto& slave : ours.hands_off) {
    if (links->link(slave)) (void)output_of({"nmcli", "device", "set", slave, "managed", "no"});
  }
  for (const auto& bond : news->managed) (void)output_of({"nmcli", "device", "set", bond, "managed", "yes"});
}

}  // namespace

std::expected<std::vector<Arguments>, std::string> enabled_parts(const Arguments& arguments) {
  std::vector<Arguments> parts;
  for (const auto& file : toml_files(arguments.config_dir)) {
    auto part = arguments;
    part.file = file;
    parts.push_back(part);
  }
  const auto format =
      arguments.command == Command::enable ? arguments.from : noted_format(arguments.config_dir);
  if (is_done_by_ifupdown(format, arguments.root)) return parts;
  if (!format.empty()) {
    auto part = part_from(arguments, format);
    if (!part) return std::unexpected(part.error());
    parts.push_back(std::move(*part));
  } else if (fs::is_directory(arguments.sysconfig / kSysconfigScripts)) {
    parts.push_back(arguments);
  }
  if (!parts.empty()) return parts;
  return std::unexpected(fmt::format(
      "nothing is enabled: {} has no *.toml, and no format is noted there (ebond enable --from FORMAT)",
      arguments.config_dir.native()));
}

int run_enabled(const Arguments& arguments) {
  const auto parts = enabled_parts(arguments);
  if (!parts) {
    complain(kProgram, parts.error());
    return kRefused;
  }
  if (parts->empty()) print(fmt::format("{}\n", kDoneByIfupdown));
  int code = kDone;
  for (const auto& part : *parts) {
    const int done = run_configured(part);
    if (code == kDone) code = done;
  }
  if (arguments.command == Command::up) have_others_leave_alone(arguments, *parts);
  return code;
}

int run_enable(const Arguments& arguments) {
  const auto parts = enabled_parts(arguments);
  if (!parts) {
    complain(kProgram, parts.error());
    return kRefused;
  }
  for (const auto& part : *parts) {
    if (const int readable = check_configured(part); readable != kDone) return readable;
  }
  const bool is_needless = is_done_by_ifupdown(arguments.from, arguments.root);
  if (is_needless) print(fmt::format("{}: nothing is noted for them\n", kDoneByIfupdown));
  if (const auto noted = write_note(arguments.config_dir, is_needless ? "" : arguments.from); !noted) {
    complain(kProgram, noted.error());
    return kRefused;
  }
  if (!fs::is_directory(arguments.root / "run/systemd/system")) {
    print("Noted. Systemd does not run here: start ebondd at boot, and then `ebond up --enabled`.\n");
    return kDone;
  }
  if (enable_units()) return kDone;
  complain(kProgram, "noted, but systemctl cannot enable ebondd.service and ebond-up.service");
  return kRefused;
}

}  // namespace ebond::cli
