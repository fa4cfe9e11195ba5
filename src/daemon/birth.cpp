#include "daemon/birth.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <sstream>
#include <vector>

#include "os/bond_device.h"
#include "os/file.h"

namespace ebond::daemon {
namespace {

namespace fs = std::filesystem;
constexpr const char* kEnding = ".adding";

/// The pair of this name, where it is half made: a lower half below it, and no state file to tell of it.
void undo(const Paths& paths, const os::Namespace& where, const std::string& name) {
  auto netlink = os::Rtnetlink::open(where);
  if (!netlink) return;
  const auto upper = netlink->link(name);
  if (!upper || upper->kind != "veth" || upper->lower_netnsid) return;
  const auto below = upper->lower;
  if (!below) return;
  const auto lower = netlink->link(*below);
  if (!lower || !os::BondDevice::names_a_lower_half(lower->name)) return;
  const auto key = Paths::bond_key(where.id(), upper->ifindex);
  std::error_code error;
  if (fs::exists(paths.state_file(key), error)) return;
  spdlog::info("{} was only partly created: removed", name);
  (void)netlink->delete_link(upper->ifindex);
  fs::remove_all(paths.bond_pin_dir(key), error);
}

}  // namespace

os::Result<Birth> Birth::begin(const Paths& paths, const os::NamespaceId& where, const std::string& name) {
  auto note = paths.state_dir() / fmt::format("{}-{}{}", where.inode, name, kEnding);
  const auto text = fmt::format("{} {} {}\n", where.device, where.inode, name);
  if (auto written = os::write_file_atomically(note, text); !written) {
    return std::unexpected(written.error());
  }
  return Birth(std::move(note));
}

Birth::~Birth() {
  if (!note_.empty()) (void)os::remove_file(note_);
}

void Birth::undo_all_unfinished(const Paths& paths) {
  std::vector<fs::path> notes;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(paths.state_dir(), error)) {
    if (entry.path().extension() == kEnding) notes.push_back(entry.path());
  }
  for (const auto& note : notes) {
    std::istringstream text(os::read_file(note).value_or(""));
    os::NamespaceId id;
    std::string name;
    if (text >> id.device >> id.inode >> name) {
      if (auto where = os::Namespace::find(id)) undo(paths, *where, name);
    }
    (void)os::remove_file(note);
  }
}

}  // namespace ebond::daemon
