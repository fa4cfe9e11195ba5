#include "core/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace ebond::core {
namespace {

unsigned byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

bool is_control(std::string_view character) {
  const auto first = byte_at(character, 0);
  if (first < 0x20) return first != '\n' && first != '\t';
  return first == 0x7f || (first == 0xc2 && byte_at(character, 1) < 0xa0);  // C1: U+0080 to U+009F
}

/// Of the UTF-8 character at the front; 0 where there is none (Unicode 15, table 3-7).
std::size_t length_of(std::string_view text) {
  const auto first = byte_at(text, 0);
  const std::size_t length = first < 0x80                     ? 1
                             : first >= 0xc2 && first < 0xe0  ? 2
                             : first >= 0xe0 && first < 0xf0  ? 3
                             : first >= 0xf0 && first <= 0xf4 ? 4
                                                              : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xc0) != 0x80) return 0;
  }
  const auto second = length > 1 ? byte_at(text, 1) : 0x80;
  const bool is_overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool is_beyond = (first == 0xed && second >= 0xa0) || (first == 0xf4 && second >= 0x90);
  return is_overlong || is_beyond ? 0 : length;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto length = length_of(text);
    const auto character = text.substr(0, std::max<std::size_t>(length, 1));
    if (length > 0 && !is_control(character)) {
      result += character;
    } else {
      for (std::size_t i = 0; i < character.size(); ++i)
        result += fmt::format("\\x{:02x}", byte_at(character, i));
    }
    text.remove_prefix(character.size());
  }
  return result;
}

}  // namespace ebond::core
