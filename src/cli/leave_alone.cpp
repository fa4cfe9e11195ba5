#include "cli/leave_alone.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "config/formats/networkd.h"
#include "config/ini_file.h"
#include "os/file.h"

namespace ebond::cli {
namespace {

namespace fs = std::filesystem;
using Files = std::map<fs::path, std::string>;

constexpr auto kOfNetworkd = "run/systemd/network";
constexpr auto kOfNetworkManager = "run/NetworkManager/conf.d/00-ebond.conf";
constexpr auto kDropIn = "ebond.conf";
constexpr auto kHeading = "# Written by `ebond up --enabled`; see ebond(1).\n";

/// The first .network file that fits a link is the one that counts.
Files files_for_networkd(const OurInterfaces& ours) {
  Files files;
  const fs::path directory(kOfNetworkd);
  if (!ours.hands_off.empty()) {
    files[directory / config::kOurNetworkFile] = fmt::format("{}[Match]\nName={}\n\n[Link]\nUnmanaged=yes\n",
                                                             kHeading, fmt::join(ours.hands_off, " "));
  }
  for (const auto& netdev : ours.netdevs) {
    files[directory / (netdev.filename().native() + ".d") / kDropIn] =
        fmt::format("{}[Match]\nKernelCommandLine={}\n", kHeading, config::kNetdevsAreNetworkds);
  }
  return files;
}

/// A profile for a card by the bond's name, with which NetworkManager gives it its address. One of type bond
/// it takes for a bond that is its own to make.
bool has_profile(const std::string& bond, const fs::path& root) {
  for (const auto* place : {"etc", "run", "usr/lib"}) {
    std::error_code ignored;
    for (const auto& entry :
         fs::directory_iterator(root / place / "NetworkManager/system-connections", ignored)) {
      const auto text = os::read_file(entry.path());
      if (!text) continue;
      const auto file = config::parse_ini(*text, entry.path(), config::IniSyntax::keyfile);
      const auto* name = file.find("connection", "interface-name");
      const auto* type = file.find("connection", "type");
      if (name == nullptr || type == nullptr || name->value != bond) continue;
      if (type->value == "ethernet" || type->value == "802-3-ethernet" || type->value == "veth") return true;
    }
  }
  return false;
}

/// A bond that no profile is for is none to manage: NetworkManager would ask for its address by DHCP. One
/// that a profile is for has to be said to be, because of what it is made of: udev's rules take it for a
/// container's.
Files files_for_network_manager(const std::vector<std::string>& hands_off,
                                const std::vector<std::string>& managed) {
  std::string text;
  const auto add = [&](std::string_view what, const std::vector<std::string>& names, int is_managed) {
    if (names.empty()) return;
    std::string match;
    for (const auto& name : names) match += (match.empty() ? "interface-name:=" : ",interface-name:=") + name;
    text += fmt::format("[device-00-ebond-{}]\nmatch-device={}\nmanaged={}\n", what, match, is_managed);
  };
  add("slaves", hands_off, 0);
  add("bonds", managed, 1);
  if (text.empty()) return {};
  return {{kOfNetworkManager, kHeading + text}};
}

/// What is there of ours, from an earlier call.
std::set<fs::path> earlier_networkd_files(const fs::path& root) {
  std::set<fs::path> found;
  std::error_code ignored;
  const auto file = fs::path(kOfNetworkd) / config::kOurNetworkFile;
  if (fs::exists(root / file, ignored)) found.insert(file);
  for (const auto& entry : fs::directory_iterator(root / kOfNetworkd, ignored)) {
    const auto drop_in = fs::path(kOfNetworkd) / entry.path().filename() / kDropIn;
    if (fs::exists(root / drop_in, ignored)) found.insert(drop_in);
  }
  return found;
}

/// True if anything had to be changed.
Step<bool> bring_up_to_date(const Files& wanted, const std::set<fs::path>& earlier, const fs::path& root) {
  bool changed = false;
  for (const auto& [name, text] : wanted) {
    const auto path = root / name;
    if (const auto now = os::read_file(path); now && *now == text) continue;
    if (auto made = os::make_directories(path.parent_path()); !made)
      return std::unexpected(made.error().message());
    if (auto done = os::write_file_atomically(path, text); !done)
      return std::unexpected(done.error().message());
    changed = true;
  }
  for (const auto& name : earlier) {
    if (wanted.contains(name)) continue;
    if (auto done = os::remove_file(root / name); !done) return std::unexpected(done.error().message());
    changed = true;
  }
  return changed;
}

}  // namespace

Step<LeaveAloneNews> write_leave_alone(const OurInterfaces& ours, const fs::path& root) {
  LeaveAloneNews news;
  std::error_code ignored;
  if (fs::is_directory(root / "run/systemd/system", ignored)) {
    const auto done = bring_up_to_date(files_for_networkd(ours), earlier_networkd_files(root), root);
    if (!done) return std::unexpected(done.error());
    news.networkd = *done;
  }
  if (fs::is_directory(root / "etc/NetworkManager", ignored)) {
    std::set<fs::path> earlier;
    if (fs::exists(root / kOfNetworkManager, ignored)) earlier.insert(kOfNetworkManager);
    std::ranges::copy_if(ours.bonds, std::back_inserter(news.managed),
                         [&](const std::string& bond) { return has_profile(bond, root); });
    const auto done =
        bring_up_to_date(files_for_network_manager(ours.hands_off, news.managed), earlier, root);
    if (!done) return std::unexpected(done.error());
    news.network_manager = *done;
  }
  return news;
}

}  // namespace ebond::cli
