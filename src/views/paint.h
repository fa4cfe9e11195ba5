// Colours and columns of what people read on a terminal. Used by table_text and verbose_text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ebond::views {

enum class Colour : std::uint8_t { never, ansi };

// Select Graphic Rendition, ECMA-48 8.3.117
inline constexpr std::string_view kRed = "31";
inline constexpr std::string_view kGreen = "32";
inline constexpr std::string_view kYellow = "33";
inline constexpr std::string_view kBold = "1";
inline constexpr std::string_view kDim = "2";

/// The text made printable, in a colour; `sgr` empty: in none.
std::string painted(std::string_view text, std::string_view sgr, Colour colour);

struct Cell {
  std::string text;
  std::string_view sgr{};
  bool to_the_right = false;
};
using Row = std::vector<Cell>;

/// Columns as wide as their widest cell, two spaces between them and before the first; the last one runs
/// free. At least one row, all of one length.
std::string laid_out(const std::vector<Row>& rows, Colour colour);

}  // namespace ebond::views
