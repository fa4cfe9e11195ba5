// Text laid out on a screen of a given width: columns, clipping, sparklines. Knows nothing of bonds.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/watch/screen.h"

namespace ebond::cli::watch {

/// Columns on a terminal: characters of UTF-8.
int width_of(std::string_view text);
int width_of(const Line& line);
/// At most so many columns of it.
std::string clipped(std::string_view text, int columns);
void clip(Line& line, int columns);

/// In lines of at most so many columns (one at least), broken between words if that is possible.
std::vector<std::string> wrapped(std::string_view text, int columns);

/// For a terminal that shows ASCII alone: "µ" as "u", other characters as "?".
std::string in_ascii(std::string_view text);

struct Cell {
  Span span;
  bool to_the_right = false;
};
using Row = std::vector<Cell>;

/// Each column as wide as its widest cell, two spaces between them; the last one runs free.
std::vector<Line> laid_out(const std::vector<Row>& rows);

/// The last `columns` of these values as bars of up to `most`; blocks if the terminal has them, else ASCII.
/// What is not zero is never drawn as if it were.
std::string sparkline(std::span<const double> values, double most, int columns, bool has_blocks);

/// Bits a second as five columns at most: "0", "950", "12.3k", "940M", "1.25G".
std::string rate_text(double bits_per_second);

/// Which of `total` rows are to be seen if there is room for `room` of them and `chosen` is to be among them:
/// the first.
int first_shown(int total, int room, int chosen);

}  // namespace ebond::cli::watch
