// The command line of `ebond`, read into plain values. Knows nothing of daemons.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/formats.h"
#include "control/service.h"

namespace ebond::cli {

/// What every program of ours ends with.
inline constexpr int kDone = 0;
inline constexpr int kRefused = 1;
inline constexpr int kUsage = 2;
inline constexpr int kNoDaemon = 3;

enum class Command : std::uint8_t {
  add,
  set,
  del,
  forget,
  enslave,
  release,
  set_slave,
  drain,
  undrain,
  show,
  metrics,
  watch,
  flow,
  balance,
  events,
  up,
  down,
  apply,
  confirm,
  import,
  enable,
  export_state,
  check,
  doctor
};

struct Arguments {
  std::filesystem::path run_dir;
  std::string netns;  ///< an `ip netns` name; empty: the caller's own
  bool json = false;
  Command command{};
  std::string bond;                     ///< empty if none was given: all of them
  std::vector<std::string> words;       ///< flow: the flow, or "-"
  std::chrono::seconds seconds{5};      ///< balance: how long to look
  std::size_t frames = 100'000;         ///< balance: how many to look at, at most
  std::vector<std::string> interfaces;  ///< slaves; for set_slave, drain and undrain the one
  control::KeyValues options;
  std::string upper_netns;  ///< add: where bond0 is to stand; empty: where the bond is
  bool proc = false;
  bool everywhere = false;  ///< show the bonds of all network namespaces
  bool verbose = false;
  bool openmetrics = false;
  bool force = false;    ///< forget is meant, or drain of the last slave that carries, or adoption with DHCP
  bool dry_run = false;  ///< apply: say what would be done
  std::chrono::seconds confirm{};  ///< apply: undone after so long unless confirmed; 0: it is kept at once
  bool undo = false;               ///< confirm: take it back instead
  std::string adopt;  ///< add: the interface whose addresses and routes become the bond's; empty: none
  bool wait = false;  ///< for slaves that are not there
  std::filesystem::path sysconfig = "/etc/sysconfig";
  std::optional<config::Format> format;  ///< of the files for import, up and down; none: sysconfig's
  std::filesystem::path root = "/";      ///< of the machine whose files they are
  std::filesystem::path
      file;  ///< for apply; for up and down of one TOML file that is enabled; import, a folder too
  bool enabled = false;                  ///< up, down: all that `ebond enable` enabled
  std::optional<std::int64_t> since_ns;  ///< events: those that are kept, since then; none: only what comes
  bool follow = true;                    ///< events: go on with what comes
  std::string from;                      ///< enable: the format to note; empty: none
  std::filesystem::path config_dir = "/etc/ebond";  ///< what is enabled
};

/// The command line asked for a text, or was wrong: print it and end.
struct Answer {
  int exit_code = kDone;
  std::string text;  ///< stdout if exit_code is kDone, else stderr
};

std::expected<Arguments, Answer> parse_arguments(std::vector<std::string> words);

/// An option of the command line, as it is written.
struct FlagWords {
  std::vector<std::string> names;  ///< "--netns", "-n"
  std::string help;
  std::string value;  ///< what follows it: "DIR"; empty: nothing
};

struct CommandWords {
  std::string name;
  std::string help;
  std::vector<std::string> operands;  ///< "BOND", "OPTIONS", in their order; the last one may be repeated
  std::vector<FlagWords> flags;
};

/// All that the command line takes, for what completes it in shells.
struct CommandLine {
  CommandWords ebond;  ///< no operands: what stands there is a command
  std::vector<CommandWords> commands;
};
CommandLine describe_command_line();

}  // namespace ebond::cli
