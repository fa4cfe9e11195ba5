// How deep a JSON text is nested, told by its brackets alone: asked of a stranger's text before it is parsed,
// because what parses, copies or destroys a value may do so by recursion, and a stack is not endless.
#pragma once

#include <cstddef>
#include <string_view>

namespace ebond::control {

/// Whether arrays and objects in `text` are nested deeper than `limit`. Right for every text up to the place
/// where it stops being JSON, and so for all of it that a parser reads.
constexpr bool is_nested_deeper(std::string_view text, std::size_t limit) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > limit) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace ebond::control
