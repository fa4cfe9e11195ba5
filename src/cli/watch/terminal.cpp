#include "cli/watch/terminal.h"

#include <fmt/format.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#define NCURSES_NOMACROS
#include <curses.h>

namespace ebond::cli::watch {
namespace {

struct Look {
  short colour;  // -1: the terminal's own
  attr_t attributes;
};

Look look_of(Style style) {
  switch (style) {
    case Style::plain:
      break;
    case Style::bold:
      return {-1, A_BOLD};
    case Style::dim:
      return {-1, A_DIM};
    case Style::good:
      return {COLOR_GREEN, 0};
    case Style::warning:
      return {COLOR_YELLOW, 0};
    case Style::bad:
      return {COLOR_RED, A_BOLD};
    case Style::bar:
      return {COLOR_CYAN, 0};
  }
  return {-1, 0};
}

/// A pair of colours for each style; 0 is the terminal's own.
short pair_of(Style style) {
  return look_of(style).colour < 0 ? short{0} : static_cast<short>(static_cast<int>(style) + 1);
}

void make_colours() {
  start_color();
  use_default_colors();
  for (const auto style : {Style::good, Style::warning, Style::bad, Style::bar}) {
    init_pair(pair_of(style), look_of(style).colour, -1);
  }
}

}  // namespace

struct Terminal::State {
  SCREEN* screen = nullptr;
  bool has_colours = false;
};

Terminal::Terminal(std::unique_ptr<State> state, bool has_blocks)
    : state_(std::move(state)), has_blocks_(has_blocks) {}
Terminal::Terminal(Terminal&&) noexcept = default;

std::expected<Terminal, std::string> Terminal::open(bool wants_colour) {
  (void)std::setlocale(LC_CTYPE, "");
  const char* name = std::getenv("TERM");
  auto state = std::make_unique<State>();
  state->screen = newterm(nullptr, stdout, stdin);
  if (state->screen == nullptr) {
    return std::unexpected(
        fmt::format("cannot use a terminal of type '{}': TERM is to name one that this machine "
                    "knows, as xterm",
                    name ? name : ""));
  }
  set_escdelay(25);
  cbreak();
  noecho();
  nonl();
  curs_set(0);
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  leaveok(stdscr, TRUE);
  state->has_colours = wants_colour && has_colors();
  if (state->has_colours) make_colours();
  return Terminal(std::move(state), std::string_view(nl_langinfo(CODESET)) == "UTF-8");
}

Terminal::~Terminal() {
  if (!state_) return;
  endwin();
  delscreen(state_->screen);
}

Size Terminal::size() const {
  return {.columns = getmaxx(stdscr), .rows = getmaxy(stdscr)};
}

void Terminal::follow_size() {
  winsize now{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) == 0 && now.ws_row > 0 && now.ws_col > 0) {
    resizeterm(now.ws_row, now.ws_col);
  }
}

void Terminal::paint(const std::vector<Line>& lines) {
  werase(stdscr);
  for (std::size_t row = 0; row < lines.size(); ++row) {
    wmove(stdscr, static_cast<int>(row), 0);
    for (const auto& span : lines[row]) {
      wattr_set(stdscr, look_of(span.style).attributes, state_->has_colours ? pair_of(span.style) : short{0},
                nullptr);
      waddnstr(stdscr, span.text.data(), static_cast<int>(span.text.size()));
    }
  }
  wattr_set(stdscr, 0, 0, nullptr);
  wrefresh(stdscr);
}

std::optional<Key> Terminal::read() {
  constexpr int kEscape = 27;
  const int pressed = wgetch(stdscr);
  switch (pressed) {
    case ERR:
      return std::nullopt;
    case KEY_UP:
      return Key{Key::Kind::up};
    case KEY_DOWN:
      return Key{Key::Kind::down};
    case KEY_LEFT:
    case KEY_BTAB:
      return Key{Key::Kind::left};
    case KEY_RIGHT:
      return Key{Key::Kind::right};
    case kEscape:
      return Key{Key::Kind::escape};
    default:
      if (pressed > 0 && pressed < 128) return Key{Key::Kind::character, static_cast<char>(pressed)};
      return Key{Key::Kind::other};
  }
}

}  // namespace ebond::cli::watch
