// A sysconfig directory made for one test, gone with it.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "config/sysconfig.h"

namespace ebond::config::test {

class SysconfigTree {
 public:
  SysconfigTree() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ebond-config-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    root_ = pattern;
    std::filesystem::create_directories(root_ / "network-scripts");
  }
  SysconfigTree(const SysconfigTree&) = delete;
  SysconfigTree& operator=(const SysconfigTree&) = delete;
  ~SysconfigTree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  /// `name` under network-scripts.
  SysconfigTree& script(const std::string& name, std::string_view text) {
    return file("network-scripts/" + name, text);
  }
  SysconfigTree& file(const std::string& name, std::string_view text) {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
    return *this;
  }
  /// A slave's file as the article writes it.
  SysconfigTree& slave(const std::string& device, const std::string& master) {
    return script("ifcfg-" + device,
                  "DEVICE=" + device + "\nONBOOT=yes\nMASTER=" + master + "\nSLAVE=yes\nBOOTPROTO=none\n");
  }

  const std::filesystem::path& root() const { return root_; }
  Result<Configuration> read() const { return read_sysconfig(sysconfig_paths(root_)); }

  /// The problem as printed, with file names without the directory; "" if there is none.
  std::string problem() const {
    const auto result = read();
    return result ? "" : without_root(result.error().to_string());
  }

  /// The notes in the same way, a line each.
  std::string notes() const {
    const auto result = read();
    if (!result) throw std::runtime_error(result.error().to_string());
    std::string text;
    for (const auto& note : result->notes) text += without_root(note.to_string()) + "\n";
    return text;
  }

 private:
  std::string without_root(std::string text) const {
    for (const auto& prefix : {(root_ / "network-scripts").string() + "/", root_.string() + "/"}) {
      for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
        text.erase(at, prefix.size());
      }
    }
    return text;
  }

  std::filesystem::path root_;
};

}  // namespace ebond::config::test
