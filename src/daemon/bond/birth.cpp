#include "daemon/bond/birth.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <sstream>

#include "daemon/bond/store.h"

namespace ebond::daemon {
namespace {

constexpr const char* kEnding = ".adding";

}  // namespace

os::Result<Birth> Birth::begin(Disk& disk, const RunDirectory& directory, Hands& hands,
                               const std::string& name, const std::string& cookie,
                               const std::string& own_netns) {
  constexpr mode_t kForAll = 0644;
  const auto where = hands.where();
  auto note = directory.state_dir() / fmt::format("{}-{}{}", where.inode, name, kEnding);
  const auto text = fmt::format("{} {} {} {} {} {}\n", where.device, where.inode, name, cookie,
                                hands.namespace_cookie(), own_netns);
  if (auto written = disk.write(note, text, kForAll); !written) return std::unexpected(written.error());
  return Birth(disk, std::move(note));
}

Birth::~Birth() {
  if (!note_.empty()) (void)disk_.remove(note_);
}

os::Result<std::vector<Birth::Unfinished>> Birth::all_unfinished(Disk& disk, const RunDirectory& directory) {
  std::vector<Unfinished> births;
  const auto notes = disk.list(directory.state_dir());
  if (!notes) return std::unexpected(notes.error());
  for (const auto& note : *notes) {
    if (note.extension() != kEnding) continue;
    const auto written = disk.read(note);
    if (!written) return std::unexpected(written.error());
    std::istringstream text(*written);
    Unfinished birth{.note = note, .where = {}, .name = {}};
    os::NamespaceId where;
    if (text >> where.device >> where.inode >> birth.name) birth.where = where;
    text >> birth.cookie >> birth.namespace_cookie >> birth.own_netns;
    births.push_back(std::move(birth));
  }
  return births;
}

/// The pair of this name, if it is half made: a lower half below it with the alias of this birth, or none
/// yet, and no state file to tell of it.
os::Result<> Birth::undo(Hands& hands, Disk& disk, const RunDirectory& directory, const Unfinished& birth) {
  const auto here = hands.namespace_cookie();
  if (birth.namespace_cookie != 0 && here != 0 && birth.namespace_cookie != here) return {};
  if (!birth.own_netns.empty()) return undo_own_netns(hands, disk, directory, birth);
  const auto upper = hands.link(birth.name);
  if (!upper) return os::unless_gone(upper);
  if (!upper->is_half_of_a_pair() || upper->lower_netnsid || !upper->lower) return {};
  const auto lower = hands.link(*upper->lower);
  if (!lower) return os::unless_gone(lower);
  if (!os::BondDevice::names_a_lower_half(lower->name)) return {};
  if (!lower->alias.empty() && !os::BondDevice::bears(lower->alias, birth.cookie)) return {};
  const auto key = RunDirectory::bond_key(hands.where(), upper->ifindex);
  const auto has_file = disk.exists(directory.state_file(key));
  if (!has_file) return std::unexpected(has_file.error());
  if (*has_file) return {};
  // While the device is there the next one who tries finds the maps by it.
  if (auto done = disk.remove_tree(directory.bond_pin_dir(key)); !done) return done;
  if (auto done = hands.delete_link(upper->ifindex); !done) return os::unless_gone(done);
  spdlog::info("{} was only partly created: removed", birth.name);
  return {};
}

/// All that stands in the bond's own namespace is of it, and so is the other half of what stands there.
os::Result<> Birth::undo_own_netns(Hands& hands, Disk& disk, const RunDirectory& directory,
                                   const Unfinished& birth) {
  const auto own = hands.hands_in(birth.own_netns);
  // Nothing yet, or the name of nothing.
  if (!own && own.error().errno_value == ENOENT) return {};
  if (!own && own.error().errno_value == EINVAL) return hands.take_name_off(birth.own_netns);
  if (!own) return std::unexpected(own.error());
  auto& there = **own;
  const auto links = there.links();
  if (!links) return std::unexpected(links.error());
  const auto loopback = std::ranges::find_if(*links, &os::LinkInfo::is_loopback);
  if (loopback == links->end() || loopback->alias != birth.cookie) return {};
  const auto is_of_there = [&](const std::filesystem::path& file) {
    const auto key = RunDirectory::parse_key(file.stem().string());
    return key && key->first == there.where().inode;
  };
  const auto files = disk.list(directory.state_dir());
  if (!files) return std::unexpected(files.error());
  for (const auto& file : *files) {
    if (file.extension() != ".json" || !is_of_there(file)) continue;
    const auto text = disk.read(file);
    if (!text) return std::unexpected(text.error());
    const auto stored = from_text(*text, file);
    if (!stored || stored->cookie == birth.cookie) return {};
  }
  const auto pins = disk.list(directory.pin_dir());
  if (!pins) return std::unexpected(pins.error());
  for (const auto& pin : *pins) {
    if (!is_of_there(pin)) continue;
    if (auto done = disk.remove_tree(pin); !done) return done;
  }
  for (const auto& link : *links) {
    if (!os::BondDevice::names_a_lower_half(link.name)) continue;
    auto done = os::unless_gone(there.delete_link(link.ifindex));
    if (!done) return done;
  }
  auto done = there.take_name_off(birth.own_netns);
  if (done) spdlog::info("{} was only partly created: removed", birth.name);
  return done;
}

}  // namespace ebond::daemon
