#include "views/paint.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/printable.h"

namespace ebond::views {
namespace {

/// Columns on a terminal: bytes that start a UTF-8 character.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace

std::string painted(std::string_view text, std::string_view sgr, Colour colour) {
  if (colour == Colour::never || sgr.empty()) return core::printable(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", sgr, core::printable(text));
}

std::string laid_out(const std::vector<Row>& rows, Colour colour) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(core::printable(row[i].text)));
    }
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line = "  ";
    std::string gap;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto& cell = row[i];
      if (cell.text.empty() && i + 1 == row.size()) break;
      const std::string padding(widths[i] - width_of(core::printable(cell.text)), ' ');
      line += gap;
      if (cell.to_the_right) line += padding;
      line += painted(cell.text, cell.sgr, colour);
      gap = (cell.to_the_right ? "" : padding) + "  ";
    }
    text += line + "\n";
  }
  return text;
}

}  // namespace ebond::views
