// ip, put first on PATH: becomes the real ip. If that will talk about links, it gets a library at its side
// (preload.cpp), which sends what concerns bonds to ebondd; everything else it does as ever.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "cli/ip/command_line.h"
#include "cli/ip/handover.h"
#include "cli/ip/real_ip.h"

namespace {

constexpr int kFailed = 255;  // as the real ip if it cannot begin

int complain(const char* what, const char* why) {
  std::fprintf(stderr, "ip: %s: %s\n", what, why);
  return kFailed;
}

int become(const std::filesystem::path& program, const std::vector<std::string>& arguments) {
  std::vector<char*> words;
  std::string name = "ip";
  words.push_back(name.data());
  for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  ::execv(program.c_str(), words.data());
  return complain(program.c_str(), std::strerror(errno));
}

}  // namespace

int main(int argc, char** argv) {
  using namespace ebond::cli::ip;
  std::error_code error;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", error);
  const char* path = std::getenv("PATH");
  const auto real = find_real_ip(path ? path : "", own);
  if (!real) return complain("iproute2's ip", "not found");

  const auto plan = ebond::cli::ip::plan({argv + 1, argv + argc});
  if (plan.about_links) {
    const auto library = own.parent_path() / EBOND_IP_LIBRARY;
    if (!std::filesystem::exists(library, error)) return complain(library.c_str(), "not found");
    hand_over(library, plan.own_options);
  }
  return become(*real, plan.arguments);
}
