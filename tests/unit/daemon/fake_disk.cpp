#include "fake_disk.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace ebond::daemon {

namespace fs = std::filesystem;

os::Result<std::string> FakeDisk::read(const fs::path& file) {
  if (auto ok = script_.ask("read " + file.string()); !ok) return std::unexpected(ok.error());
  const auto found = files.find(file);
  if (found == files.end()) return os::errno_error("cannot open " + file.string(), ENOENT);
  return found->second;
}

os::Result<> FakeDisk::write(const fs::path& file, std::string_view text, mode_t) {
  if (write_errno != 0) return os::errno_error("cannot write " + file.string(), write_errno);
  if (auto ok = script_.change("write " + file.string()); !ok) return ok;
  files[file] = text;
  return {};
}

os::Result<> FakeDisk::remove(const fs::path& file) {
  const auto line = "remove " + file.string();
  const bool is_note_of_birth = file.extension() == ".adding";
  if (auto ok = is_note_of_birth ? script_.change_in_destructor(line) : script_.change(line); !ok) return ok;
  files.erase(file);
  return {};
}

os::Result<> FakeDisk::remove_tree(const fs::path& directory) {
  if (auto ok = script_.change("remove tree " + directory.string()); !ok) return ok;
  std::erase_if(files,
                [&](const auto& file) { return file.first.string().starts_with(directory.string() + "/"); });
  if (tree_removed) tree_removed(directory);
  return {};
}

os::Result<> FakeDisk::make_directories(const fs::path&) {
  return {};
}

os::Result<bool> FakeDisk::exists(const fs::path& file) {
  if (auto ok = script_.ask("exists " + file.string()); !ok) return std::unexpected(ok.error());
  return files.contains(file);
}

os::Result<std::vector<fs::path>> FakeDisk::list(const fs::path& directory) {
  if (auto ok = script_.ask("list " + directory.string()); !ok) return std::unexpected(ok.error());
  std::vector<fs::path> entries;
  for (const auto& [file, text] : files) {
    if (file.parent_path() == directory) entries.push_back(file);
  }
  if (more_in) std::ranges::copy(more_in(directory), std::back_inserter(entries));
  return entries;
}

std::string FakeDisk::describe() const {
  std::string text;
  for (const auto& [file, content] : files) text += fmt::format("file {}\n", file.string());
  return text;
}

}  // namespace ebond::daemon
