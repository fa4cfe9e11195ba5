#include "cli/ifenslave_arguments.h"

#include <getopt.h>

namespace ebond::cli {
namespace {

constexpr auto kUsageText =
    "Usage: ifenslave [-f] MASTER SLAVE [SLAVE]...\n"
    "       ifenslave -d MASTER SLAVE [SLAVE]...\n"
    "       ifenslave -c MASTER SLAVE\n"
    "       ifenslave MASTER | -a\n"
    "       ifenslave --help\n";

constexpr auto kHelpText =
    "\n"
    "Without an option, enslaves the slaves to the bond MASTER, in order of preference.\n"
    "MASTER alone shows that bond.\n"
    "\n"
    "  -a, --all-interfaces   show all interfaces\n"
    "  -c, --change-active    make SLAVE the active one\n"
    "  -d, --detach           take the slaves out of the bond\n"
    "  -f, --force            accepted for old scripts: nothing here needs forcing\n"
    "  -u, --usage            the short form of this\n"
    "  -v, --verbose          say what is done\n"
    "  -V, --version          say which version this is\n"
    "  -h, --help             this text\n"
    "\n"
    "If no ebondd runs, one is started.\n";

constexpr auto kVersionText = "ifenslave of ebond " EBOND_VERSION "\n";

const option kLongOptions[] = {{"all-interfaces", no_argument, nullptr, 'a'},
                               {"change-active", no_argument, nullptr, 'c'},
                               {"detach", no_argument, nullptr, 'd'},
                               {"force", no_argument, nullptr, 'f'},
                               {"help", no_argument, nullptr, 'h'},
                               {"usage", no_argument, nullptr, 'u'},
                               {"verbose", no_argument, nullptr, 'v'},
                               {"version", no_argument, nullptr, 'V'},
                               {nullptr, 0, nullptr, 0}};

std::unexpected<Answer> usage() {
  return std::unexpected(Answer{kUsage, kUsageText});
}
std::unexpected<Answer> text(std::string text) {
  return std::unexpected(Answer{kDone, std::move(text)});
}

struct Options {
  char what = 0;  ///< the one of acdfhuV given, 0 for none
  bool verbose = false;
  bool wrong = false;
  std::vector<std::string> names;
};

Options read(std::vector<std::string>& words) {
  std::vector<char*> pointers{const_cast<char*>("ifenslave")};
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const int count = static_cast<int>(pointers.size()) - 1;

  Options options;
  optind = 0;  // start again
  for (int found; (found = ::getopt_long(count, pointers.data(), "acdfhuvV", kLongOptions, nullptr)) != -1;) {
    if (found == 'v') {
      options.verbose = true;
    } else if (found == '?' || options.what != 0) {
      options.wrong = true;
    } else {
      options.what = static_cast<char>(found);
    }
  }
  options.names.assign(pointers.begin() + optind, pointers.end() - 1);
  return options;
}

}  // namespace

std::expected<IfenslaveArguments, Answer> parse_ifenslave_arguments(std::vector<std::string> words) {
  using Action = IfenslaveArguments::Action;
  auto options = read(words);
  if (options.wrong) return usage();
  if (options.what == 'V') return text(kVersionText);
  if (options.what == 'u') return text(kUsageText);
  if (options.what == 'h') return text(std::string(kUsageText).append(kHelpText));

  IfenslaveArguments arguments;
  arguments.verbose = options.verbose;
  auto& names = options.names;
  if (options.what == 'a') {
    if (!names.empty()) return usage();
    arguments.action = Action::show_all;
    return arguments;
  }
  if (names.empty()) return usage();
  arguments.master = names.front();
  arguments.slaves.assign(names.begin() + 1, names.end());
  const bool asks_for_slaves = options.what == 'c' || options.what == 'd';
  if (arguments.slaves.empty() && asks_for_slaves) return usage();
  if (options.what == 'c' && arguments.slaves.size() > 1) return usage();
  if (arguments.slaves.empty()) {
    arguments.action = Action::show;
  } else if (options.what == 'd') {
    arguments.action = Action::detach;
  } else if (options.what == 'c') {
    arguments.action = Action::change_active;
  }
  return arguments;
}

}  // namespace ebond::cli
