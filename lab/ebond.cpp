#include "lab/ebond.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "lab/leftovers.h"
#include "os/file.h"

namespace ebond::lab {

using namespace std::chrono_literals;

namespace {

/// In memory, as /run is: on a busy disk a daemon that keeps its state there is slow, and it is not what is
/// measured here.
std::filesystem::path fresh_directory() {
  const std::filesystem::path memory = "/dev/shm";
  const auto parent = ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
  sweep_directories(parent);
  std::string pattern = (parent / fmt::format("{}{}-XXXXXX", kRunDirectoryPrefix, ::getpid())).string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a run directory");
  // As /run/ebond is: whoever may not change bonds may ask about them.
  if (::chmod(pattern.c_str(), 0755) != 0) throw std::runtime_error("cannot open a run directory to all");
  return pattern;
}

os::Namespace here() {
  auto where = os::Namespace::current();
  if (!where) throw std::runtime_error(where.error().message());
  return std::move(*where);
}

}  // namespace

Ebond::Ebond(std::filesystem::path build_dir, Arguments daemon_options)
    : build_dir_(std::move(build_dir)),
      run_dir_(fresh_directory()),
      daemon_options_(std::move(daemon_options)) {
  sweep_directories(pin_dir().parent_path());
  remember_directory(run_dir_);
  remember_directory(pin_dir());
  start();
}

Ebond::~Ebond() {
  daemon_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(pin_dir(), ignored);
  remove_run_directory(run_dir_);
  forget_directory(pin_dir());
  forget_directory(run_dir_);
}

std::filesystem::path Ebond::pin_dir() const {
  std::string name = run_dir_.string();
  for (auto& letter : name) {
    if (letter == '/') letter = '_';
  }
  return std::filesystem::path("/sys/fs/bpf/ebond") / name;
}

void Ebond::start() {
  Arguments command{(build_dir_ / "ebondd").string(), "--run-dir", run_dir_.string()};
  command.insert(command.end(), daemon_options_.begin(), daemon_options_.end());
  daemon_ = std::make_unique<Process>(here(), command, run_dir_ / "log");
  for (int attempt = 0; attempt < 600; ++attempt) {
    const auto answer =
        run_in(here(), {(build_dir_ / "ebond").string(), "--run-dir", run_dir_.string(), "show"});
    if (answer.exit_code == 0) return;
    std::this_thread::sleep_for(50ms);
  }
  throw std::runtime_error("ebondd does not answer: " + log());
}

void Ebond::kill(int signal, std::chrono::milliseconds patience) {
  daemon_->signal(signal);
  if (!daemon_->wait(patience)) throw std::runtime_error("ebondd does not end");
}

CommandResult Ebond::run(const Node& where, const Arguments& arguments) const {
  Arguments whole{(build_dir_ / "ebond").string(), "--run-dir", run_dir_.string()};
  whole.insert(whole.end(), arguments.begin(), arguments.end());
  return where.run(whole);
}

std::string Ebond::must_run(const Node& where, const Arguments& arguments) const {
  auto result = run(where, arguments);
  if (result.exit_code == 0) return result.output;
  std::string line = "ebond";
  for (const auto& argument : arguments) line += " " + argument;
  throw std::runtime_error(line + " failed: " + result.output);
}

std::string Ebond::log() const {
  return os::read_file(run_dir_ / "log").value_or("");
}

}  // namespace ebond::lab
