// A screen as values: lines of pieces of text, each with what it looks like. draw.h makes them, terminal.h
// shows them; tests read them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ebond::cli::watch {

enum class Style : std::uint8_t { plain, bold, dim, good, warning, bad, bar };

struct Span {
  std::string text;  ///< printable
  Style style = Style::plain;
  bool operator==(const Span&) const = default;
};
using Line = std::vector<Span>;

struct Size {
  int columns = 0, rows = 0;
  bool operator==(const Size&) const = default;
};

}  // namespace ebond::cli::watch
