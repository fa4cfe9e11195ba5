// Texts that a view is to make, kept as files in tests/unit/views/expected: what people and programs read is
// seen whole in a review. EBOND_WRITE_EXPECTED=1 writes them as they are now.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace ebond::views {

inline std::string expected_path(const std::string& name) {
  return EBOND_SOURCE_DIR "/tests/unit/views/expected/" + name;
}

inline void expect_text(const std::string& text, const std::string& name) {
  const auto path = expected_path(name);
  if (std::getenv("EBOND_WRITE_EXPECTED") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  const std::string expected{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, expected) << "expected is " << path;
}

}  // namespace ebond::views
