// ebond: the command line of ebondd.
#include <cstdio>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/configured.h"
#include "cli/doctor.h"
#include "cli/enabled.h"
#include "cli/session.h"
#include "cli/traffic/commands.h"
#include "cli/watch/watch.h"

int main(int argc, char** argv) {
  using namespace ebond::cli;
  const auto arguments = parse_arguments({argv + 1, argv + argc});
  if (!arguments) {
    std::fputs(arguments.error().text.c_str(), arguments.error().exit_code == kDone ? stdout : stderr);
    return arguments.error().exit_code;
  }
  switch (arguments->command) {
    case Command::up:
    case Command::down:
      return arguments->enabled ? run_enabled(*arguments) : run_configured(*arguments);
    case Command::apply:
      return run_apply(*arguments);
    case Command::enable:
      return run_enable(*arguments);
    case Command::import:
      return run_import(*arguments);
    case Command::export_state:
      return run_export(*arguments);
    case Command::check:
      return run_check(*arguments);
    case Command::doctor:
      return run_doctor(*arguments);
    case Command::flow:
      return run_flow(*arguments);
    case Command::balance:
      return run_balance(*arguments);
    case Command::watch:
      return run_watch(*arguments);
    default:
      break;
  }
  auto client = connect("ebond", arguments->run_dir, arguments->netns);
  return client ? run_command(*arguments, *client) : client.error();
}
