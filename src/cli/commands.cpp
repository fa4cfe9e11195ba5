#include "cli/commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/add.h"
#include "cli/metrics.h"
#include "cli/session.h"
#include "os/features.h"
#include "views/json.h"
#include "views/table_text.h"
#include "views/words.h"

namespace ebond::cli {
namespace {

bool wants_colour() {
  return colour() == views::Colour::ansi;
}

/// One namespace after the other, each a question of its own: the daemon has other things to do in between.
int show_everywhere(const Arguments& arguments, control::Client& client) {
  const auto namespaces = client.namespaces();
  if (!namespaces) return conclude(kProgram, namespaces);
  if (namespaces->empty() && !arguments.json) print("no bonds in any network namespace\n");
  std::vector<std::string> arrays;
  bool first = true;
  for (const auto& each : *namespaces) {
    client.only_look_at(each);
    const auto* format = arguments.json ? "json" : arguments.verbose ? "verbose" : "text";
    const auto text = client.show_text("", format, wants_colour());
    if (!text) return conclude(kProgram, text);
    if (arguments.json) {
      arrays.push_back(*text);
      continue;
    }
    if (!first && !text->empty()) print("\n");
    first = first && text->empty();
    print(*text);
  }
  if (arguments.json) print(views::joined_json_text(arrays));
  return kDone;
}

int show(const Arguments& arguments, control::Client& client) {
  if (arguments.everywhere) return show_everywhere(arguments, client);
  const auto* format = arguments.json      ? "json"
                       : arguments.proc    ? "proc"
                       : arguments.verbose ? "verbose"
                                           : "text";
  const auto text = client.show_text(arguments.bond, format, wants_colour());
  if (text) print(*text);
  return conclude(kProgram, text);
}

int metrics(const Arguments& arguments, control::Client& client) {
  const auto text = collect_metrics(arguments, client);
  if (text) print(*text);
  return conclude(kProgram, text);
}

std::string lines_of(const core::StampedEvent& event, std::size_t missed, bool as_json) {
  if (as_json) {
    const auto lost = missed > 0 ? fmt::format("{{\"missed\": {}}}\n", missed) : std::string();
    return lost + views::event_json_line(event) + "\n";
  }
  const auto lost = missed > 0 ? fmt::format("({} events missed)\n", missed) : std::string();
  return lost + views::event_line(event, colour()) + "\n";
}

/// Lines for people have the time of day: a line before those of another day names it.
int events(const Arguments& arguments, control::Client& client) {
  constexpr std::size_t kDate = std::string_view("2026-01-02").size();
  const auto day_of = [](std::int64_t time) { return views::local_date_time(time).substr(0, kDate); };
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  auto day = day_of(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
  const auto print_event = [&](const core::StampedEvent& event, std::size_t missed) {
    if (const auto its = day_of(event.realtime_ns); !arguments.json && its != day) {
      print(its + "\n");
      day = its;
    }
    print(lines_of(event, missed, arguments.json));
    return std::fflush(stdout) == 0;
  };
  std::optional<std::uint64_t> next;
  if (arguments.since_ns) {
    const auto history = client.history(*arguments.since_ns, print_event);
    if (!history || !*history || !arguments.follow) return conclude(kProgram, history);
    next = *history;
  }
  return conclude(kProgram, client.events([] {}, print_event, next));
}

}  // namespace

views::Colour colour() {
  const char* refused = std::getenv("NO_COLOR");
  const bool wanted = ::isatty(STDOUT_FILENO) == 1 && !(refused && *refused);
  return wanted ? views::Colour::ansi : views::Colour::never;
}

int run_check(const Arguments& arguments) {
  const auto report = os::probe_features();
  print(arguments.json ? views::check_json_text(report) : views::check_text(report, colour()));
  return report.can_run ? kDone : kRefused;
}

int run_command(const Arguments& arguments, control::Client& client) {
  switch (arguments.command) {
    case Command::add:
      return run_add(arguments, client);
    case Command::set:
      return conclude(kProgram, client.set(arguments.bond, arguments.options));
    case Command::del:
      return conclude(kProgram, client.del(arguments.bond));
    case Command::forget:
      return conclude_with_warnings(client.forget(arguments.bond));
    case Command::enslave:
      return conclude_with_warnings(
          client.enslave(arguments.bond, arguments.interfaces,
                         arguments.wait ? control::Absent::awaited : control::Absent::refused));
    case Command::release:
      return conclude(kProgram, client.release(arguments.bond, arguments.interfaces));
    case Command::set_slave:
      return conclude(kProgram, client.set_slave(arguments.interfaces.front(), arguments.options));
    case Command::drain:
      return conclude(kProgram, client.drain(arguments.interfaces.front(), arguments.force));
    case Command::undrain:
      return conclude(kProgram, client.undrain(arguments.interfaces.front()));
    case Command::confirm:
      return conclude(kProgram, arguments.undo ? client.roll_back() : client.confirm());
    case Command::metrics:
      return metrics(arguments, client);
    case Command::show:
      return show(arguments, client);
    case Command::events:
      return events(arguments, client);
    case Command::up:
    case Command::down:
    case Command::apply:
    case Command::import:
    case Command::enable:
    case Command::export_state:
      break;  // configured.h, enabled.h
    case Command::check:
    case Command::doctor:
    case Command::watch:
    case Command::flow:
    case Command::balance:
      break;  // run_check, doctor.h, watch/watch.h, traffic/commands.h
  }
  std::unreachable();
}

}  // namespace ebond::cli
