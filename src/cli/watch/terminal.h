// A terminal by curses, which writes only what changed. The one place that knows of curses.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/watch/model.h"
#include "cli/watch/screen.h"

namespace ebond::cli::watch {

class Terminal {
 public:
  /// On standard input and output. Why not, in a sentence.
  static std::expected<Terminal, std::string> open(bool wants_colour);
  Terminal(Terminal&&) noexcept;
  Terminal& operator=(Terminal&&) = delete;
  /// Gives the terminal back as it was.
  ~Terminal();

  Size size() const;
  /// Takes in that the terminal has another size now.
  void follow_size();
  /// Its characters may be UTF-8.
  bool has_blocks() const { return has_blocks_; }
  void paint(const std::vector<Line>& lines);
  /// What was pressed; nothing if nothing was. Does not wait.
  std::optional<Key> read();

 private:
  struct State;
  Terminal(std::unique_ptr<State> state, bool has_blocks);
  std::unique_ptr<State> state_;
  bool has_blocks_ = false;
};

}  // namespace ebond::cli::watch
