#include "cli/arguments.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <charconv>
#include <map>

#include "cli/time_words.h"
#include "control/client.h"
#include "core/options/nearest.h"
#include "core/options/option_table.h"
#include "views/option_help.h"

namespace ebond::cli {
namespace {

constexpr auto kDescription =
    "Bonds network cards without the bonding driver. Keys and values are those of iproute2's\n"
    "`type bond`: ebond add bond0 mode active-backup miimon 100";
constexpr auto kFooter =
    "Exit status: 0 done, 1 refused, 2 usage, 3 no daemon.\n"
    "EBOND_RUN_DIR is the run directory if --run-dir does not name one.";

/// A word that begins like a negative number is a value (`prio -5`, `--since -10m`), not an option: hidden
/// from CLI11 behind a byte no word starts with.
constexpr char kShield = '\x01';

bool is_negative_number(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && word[1] >= '0' && word[1] <= '9';
}

std::string unshielded(std::string word) {
  if (!word.empty() && word[0] == kShield) word.erase(0, 1);
  return word;
}

/// From 1 to `most`.
std::optional<int> whole_number(const std::string& text, int most) {
  int number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || end != text.data() + text.size() || number < 1 || number > most)
    return std::nullopt;
  return number;
}

/// The app, the places it reads into, and which command was given.
class Parser {
 public:
  Parser();
  std::expected<Arguments, Answer> parse(std::vector<std::string> words);
  CommandLine describe() const;

 private:
  CLI::App* command(Command which, const std::string& name, const std::string& help);
  void add_changing_commands();
  void add_slave_commands();
  void add_looking_commands();
  void add_config_commands();
  std::expected<Arguments, Answer> checked();
  void take_upper_netns();
  void spell_slaves_away();
  Answer explain(const std::string& topic) const;
  Answer usage_error(const std::string& message) const;

  CLI::App app_{kDescription, "ebond"};
  Arguments arguments_;
  std::string run_dir_, interface_, sysconfig_, format_, root_, file_, topic_, config_dir_, confirm_, since_,
      seconds_, frames_;
  std::vector<std::string> pairs_;
  bool no_follow_ = false;
  const CLI::App* help_ = nullptr;
  std::map<const CLI::App*, Command> commands_;
};

Parser::Parser() {
  app_.footer(kFooter);
  app_.require_subcommand(1);
  app_.set_version_flag("--version", "ebond " EBOND_VERSION);
  app_.add_option("--run-dir", run_dir_, "Where ebondd keeps its socket (/run/ebond)")->type_name("DIR");
  app_.add_option("-n,--netns", arguments_.netns, "Network namespace, as `ip netns` names it")
      ->type_name("NETNS");
  app_.add_flag("-j,--json", arguments_.json, "JSON instead of text");
  add_changing_commands();
  add_slave_commands();
  add_looking_commands();
  add_config_commands();
}

CLI::App* Parser::command(Command which, const std::string& name, const std::string& help) {
  auto* made = app_.add_subcommand(name, help);
  made->fallthrough();  // global options may stand behind the command too
  commands_[made] = which;
  return made;
}

void Parser::add_changing_commands() {
  auto* add = command(Command::add, "add", "Create a bond");
  add->add_option("BOND", arguments_.bond, "Name of the new interface")->required();
  add->add_option("OPTIONS", pairs_,
                  "KEY VALUE pairs: mode active-backup miimon 100 …; netns NETNS: where the interface is to "
                  "stand; slaves "
                  "away: in a namespace of their own");
  add->add_option("--adopt", arguments_.adopt,
                  "Enslave IF, and have its addresses, routes, neighbours and rules move to the bond")
      ->type_name("IF");
  add->add_flag("--force", arguments_.force, "With --adopt: even if a DHCP client is at work on IF");
  auto* set = command(Command::set, "set", "Change options of a bond: all of them or none");
  set->add_option("BOND", arguments_.bond, "The bond")->required();
  set->add_option("OPTIONS", pairs_, "KEY VALUE pairs")->required();
  auto* del = command(Command::del, "del", "Delete a bond; its slaves are restored to what they were");
  del->add_option("BOND", arguments_.bond, "The bond")->required();
  auto* forget =
      command(Command::forget, "forget",
              "End a bond that cannot be deleted, whatever state it is in, and restore what is known");
  forget->add_option("BOND", arguments_.bond, "The bond")->required();
  forget->add_flag("--force", arguments_.force, "Needed: what is not known any more is lost");
}

void Parser::add_slave_commands() {
  auto* enslave = command(Command::enslave, "enslave", "Enslave interfaces to a bond: all of them or none");
  enslave->add_option("BOND", arguments_.bond, "The bond")->required();
  enslave->add_option("IF", arguments_.interfaces, "Interfaces, in order of preference")->required();
  enslave->add_flag("--wait", arguments_.wait, "Take an interface that is not there when it appears");
  auto* release = command(Command::release, "release", "Take interfaces out of a bond");
  release->add_option("BOND", arguments_.bond, "The bond")->required();
  release->add_option("IF", arguments_.interfaces, "Slaves of the bond")->required();
  auto* set_slave =
      command(Command::set_slave, "set-slave",
              fmt::format("Change options of a slave: {}", fmt::join(core::slave_option_names(), ", ")));
  set_slave->add_option("IF", interface_, "The slave")->required();
  set_slave->add_option("OPTIONS", pairs_, "KEY VALUE pairs")->required();
  auto* drain = command(Command::drain, "drain",
                        "Take a slave out of use without losing a frame, before its cable is moved");
  drain->add_option("IF", interface_, "The slave")->required();
  drain->add_flag("--force", arguments_.force, "Even if it is the last that carries");
  auto* undrain = command(Command::undrain, "undrain", "Let a drained slave back");
  undrain->add_option("IF", interface_, "The slave")->required();
}

void Parser::add_looking_commands() {
  auto* show = command(Command::show, "show", "Show one bond, or all of them");
  show->add_option("BOND", arguments_.bond, "The bond");
  show->add_flag("--all,-a", arguments_.everywhere, "The bonds of every network namespace");
  show->add_flag("--proc", arguments_.proc, "The text of /proc/net/bonding/BOND");
  show->add_flag("-v,--verbose", arguments_.verbose,
                 "All there is: since when, failovers, LACP, monitors, cards, what stands above");
  auto* metrics = command(Command::metrics, "metrics", "Metrics of one bond, or all of them, for Prometheus");
  metrics->add_option("BOND", arguments_.bond, "The bond");
  metrics->add_flag("--all,-a", arguments_.everywhere, "Of every network namespace");
  metrics->add_flag("--openmetrics", arguments_.openmetrics,
                    "By the letter of OpenMetrics: families of counters without _total");
  auto* watch = command(Command::watch, "watch", "Watch bonds, rates and events on a live screen");
  watch->add_option("BOND", arguments_.bond, "The bond to choose first");
  auto* flow = command(Command::flow, "flow", "Which slave a flow takes, and would take after each loss");
  flow->add_option(
          "FLOW", arguments_.words,
          "'tcp 192.0.2.1:40000 > 192.0.2.2:443', a line of tcpdump -n or ss -n; -: lines of standard input")
      ->required();
  flow->add_option("--bond", arguments_.bond, "The bond it leaves by (default: by the routes of this host)")
      ->type_name("BOND");
  auto* balance = command(Command::balance, "balance",
                          "How what is sent is shared by the slaves, and would be by other policies");
  balance->add_option("BOND", arguments_.bond, "The bond (default: the only one)");
  balance->add_option("--seconds", seconds_, "How long to look, 1 to 3600 (5)")->type_name("SECONDS");
  balance->add_option("--frames", frames_, "How many frames to look at, at most, 1 to 1000000 (100000)")
      ->type_name("FRAMES");
  auto* events =
      command(Command::events, "events", "Print what happens to bonds, a line each, until interrupted");
  events
      ->add_option("--since", since_,
                   "First what has happened since TIME: 10m, 2h, 12:03:04, 2026-01-02T12:03:04Z")
      ->type_name("TIME");
  events->add_flag("--no-follow", no_follow_,
                   "End after what has happened; without --since all that is kept");
  auto* doctor = command(Command::doctor, "doctor",
                         "Say what is wrong, or will be, with which evidence, and what to do");
  doctor->add_option("BOND", arguments_.bond, "One bond (default: all)");
  command(Command::check, "check", "What this kernel offers and which layers will be used");
  auto* help = app_.add_subcommand("help", "Explain an option or a command; without one, list the options");
  help->add_option("OPTION", topic_, "An option of a bond or of a slave, or a command");
  help_ = help;
}

void Parser::add_config_commands() {
  const auto take_config_dir = [this](CLI::App* made) {
    made->add_option("--config-dir", config_dir_, "Where the TOML files for boot are (/etc/ebond)")
        ->type_name("DIR");
  };
  const auto from_sysconfig = [this, take_config_dir](Command which, const std::string& name,
                                                      const std::string& help) {
    auto* made = command(which, name, help);
    made->add_option("BOND", arguments_.bond, "One bond (default: all with ONBOOT=yes)");
    made->add_option("--sysconfig", sysconfig_,
                     "Read DIR/network-scripts/ifcfg-*, route-* and DIR/modprobe.conf "
                     "(/etc/sysconfig and /etc/modprobe.d)")
        ->type_name("DIR");
    made->add_option(
            "--from", format_,
            fmt::format("Read files of this format instead: {}", fmt::join(config::format_names(), ", ")))
        ->type_name("FORMAT");
    made->add_option("--root", root_, "Look for them below DIR, as below / (with --from)")->type_name("DIR");
    made->add_flag("--enabled", arguments_.enabled, "All that is brought up at boot; see `ebond enable`");
    take_config_dir(made);
  };
  from_sysconfig(Command::up, "up", "Bring bonds up from the files a distribution has");
  from_sysconfig(Command::down, "down", "Shut down the bonds of those files");
  auto* import =
      command(Command::import, "import", "Print files of another format as TOML for `ebond apply`");
  import->add_option("FORMAT", format_, fmt::format("{}", fmt::join(config::format_names(), ", ")))
      ->required();
  import->add_option("PATH", file_, "A file, or the folder that holds what the format has below /etc")
      ->required();
  auto* export_state =
      command(Command::export_state, "export", "Print the running state as TOML for `ebond apply`");
  export_state->add_option("BOND", arguments_.bond, "One bond (default: all)");
  auto* apply = command(Command::apply, "apply",
                        "Make all bonds of a TOML file what it says, changing only what differs, or none");
  apply->add_option("FILE", file_, "The file")->required();
  apply->add_flag("--dry-run", arguments_.dry_run, "Print what would be done, and do nothing");
  apply
      ->add_option("--confirm", confirm_,
                   "Take it all back after so many seconds, unless `ebond confirm` comes")
      ->type_name("SECONDS");
  apply->add_flag("--force", arguments_.force, "Adopt an interface even if a DHCP client is at work on it");
  auto* confirm = command(Command::confirm, "confirm", "Keep what `ebond apply --confirm` has done");
  confirm->add_flag("--undo", arguments_.undo, "Take it back now");
  auto* enable = command(Command::enable, "enable", "Have /etc/ebond/*.toml brought up at boot");
  enable
      ->add_option("--from", arguments_.from,
                   "And the bonds of the files that the machine has of this format")
      ->type_name("FORMAT");
  take_config_dir(enable);
}

Answer Parser::usage_error(const std::string& message) const {
  const auto given = app_.get_subcommands();
  const auto name = given.empty() ? std::string() : given.front()->get_name() + " ";
  return {kUsage, fmt::format("ebond: {}\nTry `ebond {}--help`.\n", message, name)};
}

std::expected<Arguments, Answer> Parser::parse(std::vector<std::string> words) {
  for (auto& word : words) {
    if (is_negative_number(word)) word.insert(word.begin(), kShield);
  }
  std::reverse(words.begin(), words.end());  // CLI11 takes a vector from its end
  try {
    app_.parse(words);
  } catch (const CLI::CallForHelp&) {
    const auto given = app_.get_subcommands();
    return std::unexpected(Answer{kDone, given.empty() ? app_.help() : given.front()->help()});
  } catch (const CLI::CallForVersion& version) {
    return std::unexpected(Answer{kDone, std::string(version.what()) + "\n"});
  } catch (const CLI::ParseError& error) {
    return std::unexpected(usage_error(error.what()));
  }
  return checked();
}

Answer Parser::explain(const std::string& topic) const {
  if (topic.empty()) return {kDone, views::option_list() + "\nebond help OPTION tells more of one.\n"};
  if (auto text = views::option_help(topic); !text.empty()) return {kDone, text};
  for (const auto* known : app_.get_subcommands(nullptr)) {
    if (known->get_name() == topic) return {kDone, known->help()};
  }
  auto names = core::option_names();
  for (auto& name : core::slave_option_names()) names.push_back(std::move(name));
  const auto meant = core::nearest(topic, names);
  return usage_error(fmt::format("there is no option or command {}{}", topic,
                                 meant.empty() ? "" : fmt::format("; did you mean {}?", meant)));
}

/// `netns` is no option of a bond: it says where the new interface goes.
void Parser::take_upper_netns() {
  std::erase_if(arguments_.options, [&](const auto& option) {
    if (option.first != "netns") return false;
    arguments_.upper_netns = option.second;
    return true;
  });
}

/// "slaves away" is how the option of that name is said.
void Parser::spell_slaves_away() {
  for (auto& [key, value] : arguments_.options) {
    if (key != "slaves" || (value != "away" && value != "here")) continue;
    key = "slaves_away";
    value = value == "away" ? "on" : "off";
  }
}

/// What the parser cannot check by itself.
std::expected<Arguments, Answer> Parser::checked() {
  if (help_->parsed()) return std::unexpected(explain(topic_));
  if (pairs_.size() % 2 != 0) {
    return std::unexpected(usage_error(fmt::format("{} has no value", unshielded(pairs_.back()))));
  }
  for (std::size_t i = 0; i < pairs_.size(); i += 2) {
    arguments_.options.emplace_back(unshielded(pairs_[i]), unshielded(pairs_[i + 1]));
  }
  arguments_.command = commands_.at(app_.get_subcommands().front());
  if (arguments_.command == Command::add) {
    take_upper_netns();
    spell_slaves_away();
  }
  if (arguments_.proc && arguments_.bond.empty()) {
    return std::unexpected(usage_error("--proc needs a bond"));
  }
  if (arguments_.everywhere && !(arguments_.bond.empty() && arguments_.netns.empty())) {
    return std::unexpected(
        usage_error("--all shows all bonds of all network namespaces: it goes with neither a bond nor -n"));
  }
  if (arguments_.command == Command::forget && !arguments_.force) {
    return std::unexpected(usage_error(
        "forget ends a bond without all that its slaves had, and needs --force; try `ebond del` first"));
  }
  if (arguments_.command == Command::add && arguments_.force && arguments_.adopt.empty()) {
    return std::unexpected(usage_error("--force goes with --adopt"));
  }
  if (!arguments_.adopt.empty() && !arguments_.upper_netns.empty()) {
    return std::unexpected(
        usage_error("netns does not go with --adopt: what is adopted belongs to this namespace"));
  }
  if (core::ask_for_slaves_away(arguments_.options) && !arguments_.upper_netns.empty()) {
    return std::unexpected(usage_error(
        "netns does not go with slaves away: either the interface leaves this namespace or the slaves do"));
  }
  if (arguments_.proc && arguments_.json) {
    return std::unexpected(usage_error("--proc prints text: it does not go with -j"));
  }
  if (!seconds_.empty()) {
    constexpr int kMost = 3600;
    const auto seconds = whole_number(seconds_, kMost);
    if (!seconds) {
      return std::unexpected(usage_error(fmt::format(
          "--seconds {} is not a time: a whole number of seconds from 1 to {}", seconds_, kMost)));
    }
    arguments_.seconds = std::chrono::seconds(*seconds);
  }
  if (!frames_.empty()) {
    constexpr int kMost = 1'000'000;
    const auto frames = whole_number(frames_, kMost);
    if (!frames) {
      return std::unexpected(
          usage_error(fmt::format("--frames {} is not a whole number from 1 to {}", frames_, kMost)));
    }
    arguments_.frames = static_cast<std::size_t>(*frames);
  }
  if (!confirm_.empty()) {
    constexpr int kMost = 24 * 60 * 60;
    const auto seconds = whole_number(confirm_, kMost);
    if (!seconds) {
      return std::unexpected(usage_error(fmt::format(
          "--confirm {} is not a time: a whole number of seconds from 1 to {}", confirm_, kMost)));
    }
    if (arguments_.dry_run)
      return std::unexpected(usage_error("--dry-run does nothing that could be confirmed"));
    arguments_.confirm = std::chrono::seconds(*seconds);
  }
  if (no_follow_) {
    arguments_.follow = false;
    arguments_.since_ns = 0;
  }
  if (!since_.empty()) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto since =
        parse_time(unshielded(since_), std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
    if (!since) return std::unexpected(usage_error("--since " + since.error()));
    arguments_.since_ns = *since;
  }
  if (!format_.empty()) {
    arguments_.format = config::parse_format(format_);
    if (!arguments_.format) {
      return std::unexpected(usage_error(
          fmt::format("{} is not a format: there are {}", format_, fmt::join(config::format_names(), ", "))));
    }
  }
  if (!root_.empty() && format_.empty()) return std::unexpected(usage_error("--root goes with --from"));
  if (!sysconfig_.empty() && !format_.empty()) {
    return std::unexpected(usage_error("--sysconfig is for ifcfg files alone: with --from it is --root"));
  }
  if (!root_.empty()) arguments_.root = root_;
  if (arguments_.enabled && (!arguments_.bond.empty() || !sysconfig_.empty())) {
    return std::unexpected(
        usage_error("--enabled is all that is enabled: it takes no BOND and no --sysconfig"));
  }
  if (!config_dir_.empty()) arguments_.config_dir = config_dir_;
  if (arguments_.verbose && (arguments_.proc || arguments_.json)) {
    return std::unexpected(
        usage_error("-v is for people: -j has all of it, and --proc no more than the driver"));
  }
  if (arguments_.command == Command::metrics && arguments_.json) {
    return std::unexpected(usage_error("metrics prints text: for JSON use `ebond -j show`"));
  }
  if (arguments_.command == Command::watch && arguments_.json) {
    return std::unexpected(usage_error("watch is for people: for JSON use `ebond -j events`"));
  }
  if (!interface_.empty()) arguments_.interfaces = {interface_};
  arguments_.run_dir = run_dir_.empty() ? control::default_run_dir() : std::filesystem::path(run_dir_);
  if (!sysconfig_.empty()) arguments_.sysconfig = sysconfig_;
  arguments_.file = file_;
  return arguments_;
}

FlagWords words_of(const CLI::Option& option) {
  FlagWords flag{
      {}, option.get_description(), option.get_items_expected_max() == 0 ? "" : option.get_type_name()};
  for (const auto& name : option.get_lnames()) flag.names.push_back("--" + name);
  for (const auto& name : option.get_snames()) flag.names.push_back("-" + name);
  return flag;
}

CommandWords words_of(const CLI::App& app) {
  CommandWords words{app.get_name(), app.get_description(), {}, {}};
  for (const auto* option : app.get_options()) {
    if (option->get_positional()) {
      words.operands.push_back(option->get_single_name());
    } else {
      words.flags.push_back(words_of(*option));
    }
  }
  return words;
}

CommandLine Parser::describe() const {
  CommandLine line{words_of(app_), {}};
  for (const auto* command : app_.get_subcommands(nullptr)) line.commands.push_back(words_of(*command));
  return line;
}

}  // namespace

CommandLine describe_command_line() {
  return Parser().describe();
}

std::expected<Arguments, Answer> parse_arguments(std::vector<std::string> words) {
  return Parser().parse(std::move(words));
}

}  // namespace ebond::cli
