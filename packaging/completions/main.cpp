// Writes what completes ebond's command line in a shell, from the command line's own description and the
// option table: `list_completions bash`, `zsh` or `fish`. Run by the build; never installed.
//
// Each script is data, which is written here, and the few lines of that shell that use it, which stand in
// files beside this one: they ask _ebond_flags, _ebond_operands, _ebond_keys and _ebond_values.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "core/options/option_table.h"

namespace {

using namespace ebond;

constexpr std::string_view kSlaveCommand = "set-slave";  // the one whose keys are a slave's

/// For a double-quoted or single-quoted word of any of the shells.
std::string in_quotes(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "’";
    } else if (c != '`') {
      out += c;
    }
  }
  return "'" + out + "'";
}

/// Words that a value can be; a name of the kind of thing it is in capitals if they cannot be listed.
std::vector<std::string> values_of(const core::OptionSpec& spec) {
  std::vector<std::string> words;
  if (spec.kind == core::ValueKind::slave_name) return {"IF"};
  if (spec.kind != core::ValueKind::choice && spec.kind != core::ValueKind::flag) return words;
  for (const auto& value : spec.values) words.emplace_back(value.name);
  return words;
}

/// How a function is written that answers a question with words.
struct Syntax {
  std::string_view begin, label, end;
};
constexpr Syntax kPosix = {"{}() {{\n  case $1 in\n", "    {}) echo {} ;;\n", "  esac\n}}\n\n"};
constexpr Syntax kFish = {"function {}\n  switch \"$argv[1]\"\n",
                          "    case {}\n      string split -- ' ' {}\n", "  end\nend\n\n"};

class Writer {
 public:
  explicit Writer(const Syntax& syntax) : syntax_(syntax) {}
  void begin(std::string_view function) { fmt::print(fmt::runtime(syntax_.begin), function); }
  void answer(const std::string& question, const std::vector<std::string>& words) {
    if (words.empty()) return;
    fmt::print(fmt::runtime(syntax_.label), in_quotes(question),
               in_quotes(fmt::format("{}", fmt::join(words, " "))));
  }
  void end() { fmt::print(fmt::runtime(syntax_.end)); }

 private:
  const Syntax& syntax_;
};

std::vector<std::string> flags_of(const cli::CommandWords& command) {
  std::vector<std::string> names;
  for (const auto& flag : command.flags) names.insert(names.end(), flag.names.begin(), flag.names.end());
  return names;
}

/// The functions that the scripts ask, a line of answer each.
void write_data(const cli::CommandLine& line, const Syntax& syntax) {
  Writer writer(syntax);
  std::vector<std::string> commands;
  for (const auto& command : line.commands) commands.push_back(command.name);
  writer.begin("_ebond_flags");
  writer.answer("", flags_of(line.ebond));
  for (const auto& command : line.commands) writer.answer(command.name, flags_of(command));
  writer.end();

  // What follows a flag, by its name: those of two commands mean the same.
  writer.begin("_ebond_flag_value");
  std::set<std::string> told;
  const auto tell = [&](const cli::CommandWords& command) {
    for (const auto& flag : command.flags) {
      if (flag.value.empty()) continue;
      for (const auto& name : flag.names) {
        if (told.insert(name).second) writer.answer(name, {flag.value});
      }
    }
  };
  tell(line.ebond);
  for (const auto& command : line.commands) tell(command);
  writer.end();

  writer.begin("_ebond_operands");
  for (const auto& command : line.commands) {
    auto operands = command.operands;
    if (command.name == "add") operands.front() = "NEW";  // a name that no bond has
    writer.answer(command.name, operands);
  }
  writer.end();

  const auto bond_names = core::option_names();
  const auto slave_names = core::slave_option_names();
  std::set<std::string> all_names(bond_names.begin(), bond_names.end());
  all_names.insert(slave_names.begin(), slave_names.end());
  all_names.insert(commands.begin(), commands.end());
  writer.begin("_ebond_words");
  writer.answer("COMMAND", commands);
  writer.answer("OPTIONS", bond_names);
  writer.answer(std::string(kSlaveCommand), slave_names);
  writer.answer("OPTION", {all_names.begin(), all_names.end()});
  writer.end();

  writer.begin("_ebond_values");
  for (const auto& spec : core::option_table()) {
    writer.answer(std::string(spec.name), values_of(spec));
    if (!spec.alias.empty()) writer.answer(std::string(spec.alias), values_of(spec));
  }
  writer.end();
}

/// The commands with their helps, each a word; bash shows no helps.
std::string helps(const cli::CommandLine& line, char separator) {
  std::string words;
  for (const auto& command : line.commands) {
    words += " " + in_quotes(fmt::format("{}{}{}", command.name, separator, command.help));
  }
  return words;
}

bool copy(const std::string& path) {
  std::ifstream in(path);
  if (!in) return false;
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string shell = argc == 3 ? argv[1] : "";
  const auto line = cli::describe_command_line();
  if (shell == "bash") {
    fmt::print("# bash completion for ebond, made from its option table.\n\n");
    write_data(line, kPosix);
  } else if (shell == "zsh") {
    fmt::print("#compdef ebond\n# zsh completion for ebond, made from its option table.\n\n");
    write_data(line, kPosix);
    fmt::print("_ebond_commands=({} )\n\n", helps(line, ':'));
  } else if (shell == "fish") {
    fmt::print("# fish completion for ebond, made from its option table.\n\n");
    write_data(line, kFish);
    fmt::print("set -g _ebond_commands{}\n\n", helps(line, '\t'));
  } else {
    fmt::print(stderr, "list_completions bash|zsh|fish FILE, whose text is written behind the data\n");
    return 2;
  }
  return copy(argv[2]) ? 0 : 1;
}
