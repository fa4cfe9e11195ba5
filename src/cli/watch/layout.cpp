#include "cli/watch/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace ebond::cli::watch {

int width_of(std::string_view text) {
  return static_cast<int>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

int width_of(const Line& line) {
  int width = 0;
  for (const auto& span : line) width += width_of(span.text);
  return width;
}

std::string clipped(std::string_view text, int columns) {
  std::size_t end = 0;
  for (int taken = 0; end < text.size(); ++end) {
    if ((text[end] & 0xc0) != 0x80 && ++taken > columns) break;
  }
  return std::string(text.substr(0, end));
}

void clip(Line& line, int columns) {
  for (auto& span : line) {
    span.text = clipped(span.text, std::max(columns, 0));
    columns -= width_of(span.text);
  }
  std::erase_if(line, [](const Span& span) { return span.text.empty(); });
}

std::vector<std::string> wrapped(std::string_view text, int columns) {
  std::vector<std::string> lines;
  while (width_of(text) > columns) {
    auto line = clipped(text, columns);
    const auto space = text[line.size()] == ' ' ? line.size() : line.rfind(' ');
    if (space != std::string::npos && space > 0) line.resize(space);
    text.remove_prefix(line.size());
    if (text.starts_with(' ')) text.remove_prefix(1);
    lines.push_back(std::move(line));
  }
  lines.emplace_back(text);
  return lines;
}

std::string in_ascii(std::string_view text) {
  constexpr std::string_view kMicro = "µ";
  std::string ascii;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] & 0x80) == 0) {
      ascii += text[i];
    } else if ((text[i] & 0xc0) != 0x80) {
      ascii += text.substr(i).starts_with(kMicro) ? 'u' : '?';
    }
  }
  return ascii;
}

std::vector<Line> laid_out(const std::vector<Row>& rows) {
  std::vector<int> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i].span.text));
  }
  std::vector<Line> lines;
  for (const auto& row : rows) {
    Line line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto& [span, to_the_right] = row[i];
      const auto missing = static_cast<std::size_t>(widths[i] - width_of(span.text));
      const bool is_last = i + 1 == row.size();
      const std::string before =
          std::string(i == 0 ? 0 : 2, ' ') + std::string(to_the_right ? missing : 0, ' ');
      if (!before.empty()) line.push_back({before});
      line.push_back(span);
      if (!to_the_right && !is_last && missing > 0) line.push_back({std::string(missing, ' ')});
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string sparkline(std::span<const double> values, double most, int columns, bool has_blocks) {
  constexpr std::array<std::string_view, 9> kBlocks = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::array<std::string_view, 9> kAscii = {" ", "_", ".", ":", "-", "=", "+", "*", "#"};
  const auto& signs = has_blocks ? kBlocks : kAscii;
  const auto room = static_cast<std::size_t>(std::max(columns, 0));
  const auto shown = values.last(std::min(values.size(), room));
  std::string text(room - shown.size(), ' ');
  for (const double value : shown) {
    constexpr double kSteps = kBlocks.size() - 1;
    const double share = most > 0 ? std::clamp(value / most, 0.0, 1.0) : 0;
    text += signs.at(static_cast<std::size_t>(std::ceil(share * kSteps)));
  }
  return text;
}

std::string rate_text(double bits) {
  constexpr std::array<std::string_view, 5> kUnits = {"", "k", "M", "G", "T"};
  std::size_t unit = 0;
  while (bits >= 999.5 && unit + 1 < kUnits.size()) {
    bits /= 1000;
    ++unit;
  }
  const int decimals = unit == 0 || bits >= 99.95 ? 0 : bits >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f}{}", bits, decimals, kUnits.at(unit));
}

int first_shown(int total, int room, int chosen) {
  return std::clamp(chosen - room / 2, 0, std::max(total - room, 0));
}

}  // namespace ebond::cli::watch
