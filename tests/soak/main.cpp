// scripts/soak's program: a random lab, random operations under traffic, and what must hold throughout.
#include <fmt/core.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <exception>

#include "tests/soak/soak.h"

int main(int argc, char** argv) {
  using namespace ebond;
  CLI::App app{"a random lab, random operations under traffic, and what must hold throughout"};
  soak::SoakOptions options;
  options.builds.build = EBOND_BUILD_DIR;
  app.add_option("minutes", options.minutes)->required()->check(CLI::PositiveNumber);
  app.add_option("seed", options.seed, "the same seed, the same operations")->capture_default_str();
  app.add_option("--bonds", options.bonds, "how many, each of another mode")->capture_default_str();
  app.add_option("--build", options.builds.build, "where the ebondd is that is tried")->capture_default_str();
  app.add_option("--other-build", options.builds.other,
                 "upgraded to and back from; default: a copy of --build");
  app.add_option("--journal", options.journal, "where each operation is written as it is done");
  CLI11_PARSE(app, argc, argv);
  if (options.journal.empty()) options.journal = fmt::format("/tmp/ebond-soak-{}.journal", options.seed);
  const rlimit many{.rlim_cur = 65536, .rlim_max = 65536};
  ::setrlimit(RLIMIT_NOFILE, &many);
  try {
    soak::Soak soak(options);
    return soak.run() ? 0 : 1;
  } catch (const std::exception& bad) {
    fmt::print(stderr, "ebond-soak: {}\n", bad.what());
    return 1;
  }
}
