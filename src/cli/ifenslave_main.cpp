// ifenslave: the classic tool's arguments, carried out by ebondd, which is started if none runs.
#include <fmt/format.h>

#include <cstdio>

#include "cli/ifenslave.h"
#include "cli/ifenslave_arguments.h"
#include "cli/session.h"
#include "cli/start_daemon.h"

int main(int argc, char** argv) {
  using namespace ebond::cli;
  const auto arguments = parse_ifenslave_arguments({argv + 1, argv + argc});
  if (!arguments) {
    std::fputs(arguments.error().text.c_str(), arguments.error().exit_code == kDone ? stdout : stderr);
    return arguments.error().exit_code;
  }
  auto client = connect_or_start("ifenslave", ebond::control::default_run_dir());
  return client ? run_ifenslave(*arguments, *client) : client.error();
}
