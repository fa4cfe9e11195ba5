#include "lab/frr.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;
constexpr auto kPrograms = "/usr/lib/frr/";  // Debian's; not on PATH
constexpr auto kLongestStart = 30s;

std::filesystem::path next_directory() {
  static int made = 0;
  return std::filesystem::temp_directory_path() / fmt::format("eblab-frr-{}-{}", ::getpid(), ++made);
}

}  // namespace

Bfdd::Bfdd(const Host& where, const std::string& peer, Pace pace) : where_(where), dir_(next_directory()) {
  if (!std::filesystem::exists(kPrograms + std::string("bfdd")))
    throw std::runtime_error("FRRouting's bfdd is not installed");
  std::filesystem::create_directories(dir_);
  write("zebra.conf", "hostname lab\n");
  write("bfdd.conf", fmt::format("bfd\n peer {}\n  detect-multiplier {}\n  receive-interval {}\n"
                                 "  transmit-interval {}\n  no shutdown\n exit\nexit\n",
                                 peer, pace.multiplier, pace.interval_ms, pace.interval_ms));
  where_.must_run({"chown", "-R", "frr:frr", dir_.string()});
  zebra_ = start("zebra", "zserv.api");
  bfdd_ = start("bfdd", "bfdd.vty", {"--bfdctl", (dir_ / "bfdd.ctl").string()});
}

Bfdd::~Bfdd() {
  bfdd_.reset();
  zebra_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(dir_, ignored);
}

std::string Bfdd::vtysh(const std::vector<std::string>& commands) const {
  Arguments arguments{"vtysh", "--vty_socket", dir_.string()};
  for (const auto& command : commands) arguments.insert(arguments.end(), {"-c", command});
  return where_.run(arguments).output;
}

void Bfdd::write(const std::string& file, const std::string& text) const {
  std::ofstream(dir_ / file) << text;
}

std::unique_ptr<Process> Bfdd::start(const std::string& name, const std::string& file,
                                     const Arguments& more) const {
  const auto in_dir = [&](const std::string& leaf) { return (dir_ / leaf).string(); };
  Arguments arguments{kPrograms + name,
                      "-u",
                      "frr",
                      "-g",
                      "frr",
                      "-P",
                      "0",
                      "--vty_socket",
                      dir_.string(),
                      "-i",
                      in_dir(name + ".pid"),
                      "-z",
                      in_dir("zserv.api"),
                      "-f",
                      in_dir(name + ".conf")};
  arguments.insert(arguments.end(), more.begin(), more.end());
  auto process = std::make_unique<Process>(where_.start(arguments, in_dir(name + ".log")));
  for (auto waited = 0ms; !std::filesystem::exists(dir_ / file); waited += 50ms) {
    if (!process->running() || waited > kLongestStart) throw std::runtime_error(name + " does not come up");
    std::this_thread::sleep_for(50ms);
  }
  return process;
}

}  // namespace ebond::lab
