#include "daemon/bond/birth.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <sstream>

namespace ebond::daemon {
namespace {

constexpr const char* kEnding = ".adding";

}  // namespace

os::Result<Birth> Birth::begin(Disk& disk, const RunDirectory& directory, Hands& hands,
                               const std::string& name, const std::string& cookie) {
  constexpr mode_t kForAll = 0644;
  const auto where = hands.where();
  auto note = directory.state_dir() / fmt::format("{}-{}{}", where.inode, name, kEnding);
  const auto text =
      fmt::format("{} {} {} {} {}\n", where.device, where.inode, name, cookie, hands.namespace_cookie());
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
    text >> birth.cookie >> birth.namespace_cookie;
    births.push_back(std::move(birth));
  }
  return births;
}

/// The pair of this name, if it is half made: a lower half below it with the alias of this birth, or none
/// yet, and no state file to tell of it.
os::Result<> Birth::undo(Hands& hands, Disk& disk, const RunDirectory& directory, const Unfinished& birth) {
  const auto here = hands.namespace_cookie();
  if (birth.namespace_cookie != 0 && here != 0 && birth.namespace_cookie != here) return {};
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

}  // namespace ebond::daemon
