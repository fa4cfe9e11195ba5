#include "config/file_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/natural_order.h"
#include "config/shell_file.h"

namespace ebond::config {
namespace {

namespace fs = std::filesystem;

// The network scripts skip the same.
constexpr std::array<std::string_view, 10> kLeftovers{
    "~", ".bak", ".old", ".orig", ".rpmnew", ".rpmorig", ".rpmsave", ".dpkg-old", ".dpkg-new", ".swp"};

}  // namespace

bool is_leftover(std::string_view name) {
  return std::ranges::any_of(kLeftovers, [&](std::string_view end) { return name.ends_with(end); });
}

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

Result<std::vector<TextFile>> read_files(const fs::path& path, Notes& notes,
                                         const std::function<bool(std::string_view)>& wanted) {
  std::error_code ignored;
  std::vector<TextFile> files;
  if (!fs::is_directory(path, ignored)) {
    auto text = read_text_file(path.string());
    if (!text) return std::unexpected(text.error());
    files.push_back({path.string(), path.filename().string(), *std::move(text)});
    return files;
  }
  const auto names = names_in(path);
  if (!names) return std::unexpected(names.error());
  for (const auto& name : *names) {
    const auto file = path / name;
    if (!wanted(name) || fs::is_directory(file, ignored)) continue;
    auto text = read_text_file(file.string());
    if (text) {
      files.push_back({file.string(), name, *std::move(text)});
    } else {
      notes.push_back({text.error().where, text.error().message + ": left out"});
    }
  }
  return files;
}

}  // namespace ebond::config
