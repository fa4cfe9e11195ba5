#include "daemon/orphans.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>

#include "daemon/bond/adoption.h"
#include "daemon/bond/identity.h"
#include "daemon/bond/remains.h"
#include "daemon/bond/store.h"
#include "daemon/errors.h"

namespace ebond::daemon {

bool Orphans::add(const std::filesystem::path& file, std::string name, const os::Error& why,
                  std::optional<os::NamespaceId> home) {
  Orphan orphan{.file = file, .where = {}, .slaves_at = {}, .name = std::move(name), .why = why.message()};
  // What the file says, or the kernel of what it names, is the same the next time.
  orphan.is_for_good = why.errno_value == EINVAL || why.errno_value == EPROTO;
  // The file's name is the bond's key: 4026531840-7.json.
  const auto key = RunDirectory::parse_key(file.stem().string());
  if (key) orphan.upper = key->second;
  const control::NamespaceRef place{.inode = key ? key->first : 0};
  orphan.slaves_at = machine_.identify(place).value_or(os::NamespaceId{.inode = place.inode});
  orphan.where = home.value_or(orphan.slaves_at);
  if (orphan.name.empty()) orphan.name = find_name(orphan);
  spdlog::error("{}: not adopted: {}", orphan.name, orphan.why);
  orphans_.push_back(std::move(orphan));
  return orphans_.back().is_for_good;
}

bool Orphans::is_for_good(const std::filesystem::path& file) const {
  return std::ranges::any_of(orphans_,
                             [&](const auto& each) { return each.file == file && each.is_for_good; });
}

void Orphans::drop(const std::filesystem::path& file) {
  std::erase_if(orphans_, [&](const auto& each) { return each.file == file; });
}

std::string Orphans::find_name(const Orphan& orphan) {
  if (const auto hands = machine_.open_hands(orphan.slaves_at)) {
    const auto link = (*hands)->link(orphan.upper);
    if (link && is_a_bond(**hands, *link).value_or(false)) return link->name;
  }
  return orphan.file.stem();
}

const std::string* Orphans::why(const os::NamespaceId& where, const std::string& name) const {
  for (const auto& orphan : orphans_) {
    if (orphan.where == where && orphan.name == name) return &orphan.why;
  }
  return nullptr;
}

std::set<os::NamespaceId> Orphans::where() const {
  std::set<os::NamespaceId> ids;
  for (const auto& orphan : orphans_) ids.insert(orphan.where);
  return ids;
}

std::vector<core::BondReport> Orphans::reports(const os::NamespaceId& where, const std::string& name) const {
  std::vector<core::BondReport> reports;
  for (const auto& orphan : orphans_) {
    if (orphan.where != where || !(name.empty() || name == orphan.name)) continue;
    core::BondReport failed;
    failed.status.name = orphan.name;
    failed.failed = "it could not be taken over: " + orphan.why;
    reports.push_back(std::move(failed));
  }
  return reports;
}

control::Result<std::vector<std::string>> Orphans::forget(Hands& hands, const std::string& name) {
  const auto orphan = std::ranges::find_if(
      orphans_, [&](const auto& each) { return each.where == hands.where() && each.name == name; });
  const bool is_known = orphan != orphans_.end();
  if (is_known && orphan->where != orphan->slaves_at) {
    auto failures = forget_away(hands, *orphan);
    if (failures) orphans_.erase(orphan);
    return failures;
  }
  const auto link = is_known ? hands.link(orphan->upper) : hands.link(name);
  if (!link && link.error().errno_value != ENODEV) return refuse(link.error());
  const auto is_there = link ? is_a_bond(hands, *link) : os::Result<bool>(false);
  if (!is_there) return refuse(is_there.error());
  if (!is_known && !*is_there) {
    return refuse(control::Error::Kind::no_such_bond,
                  fmt::format("there is no bond {} in this network namespace", name));
  }
  Remains remains;
  const auto upper = is_known ? orphan->upper : link->ifindex;
  remains.key = RunDirectory::bond_key(hands.where(), upper);
  if (*is_there) remains.upper = upper;
  auto& disk = machine_.disk();
  const auto file = directory_.state_file(remains.key);
  if (const auto text = disk.read(file)) {
    if (auto stored = from_text(*text, file)) remains.stored = std::move(*stored);
  }
  auto failures = take_apart(Places::of_a_bond(hands), directory_, remains);
  for (auto& failure : remove_files(remains.key, hands.label(), name)) failures.push_back(std::move(failure));
  if (is_known) orphans_.erase(orphan);
  return failures;
}

std::vector<std::string> Orphans::remove_files(const std::string& key, const std::string& label,
                                               const std::string& name) {
  std::vector<std::string> failures;
  const auto attempt = [&](const os::Result<>& done) {
    if (!done) failures.push_back(done.error().message());
  };
  auto& disk = machine_.disk();
  attempt(disk.remove_tree(directory_.bond_pin_dir(key)));
  attempt(disk.remove(directory_.proc_file(label, name)));
  attempt(disk.remove(directory_.state_file(key)));
  return failures;
}

/// One whose slaves stand in a namespace of its own.
control::Result<std::vector<std::string>> Orphans::forget_away(Hands& home, const Orphan& orphan) {
  const auto text = machine_.disk().read(orphan.file);
  if (!text) return refuse(text.error());
  auto stored = from_text(*text, orphan.file);
  if (!stored) return refuse(stored.error());
  Remains remains{.key = orphan.file.stem().string(), .stored = std::move(*stored)};
  std::vector<std::string> failures;
  if (const auto away = machine_.open_hands(orphan.slaves_at)) {
    remains.upper = find_half(**away, *remains.stored);
    failures = take_apart({**away, &home}, directory_, remains);
    // What is in it all the same, the kernel gives back.
    if (auto gone = (*away)->take_name_off(remains.stored->home->own_netns); !gone) {
      failures.push_back(gone.error().message());
    }
  } else if (away.error().errno_value != ENOENT) {
    return refuse(away.error());
  } else {
    const auto initial = machine_.open_initial_hands(&home);
    const auto given = give_back_after_its_namespace(&home, initial.get(), *remains.stored);
    if (!given) failures.push_back(given.error().message());
  }
  for (auto& failure : remove_files(remains.key, home.label(), orphan.name)) {
    failures.push_back(std::move(failure));
  }
  return failures;
}

}  // namespace ebond::daemon
