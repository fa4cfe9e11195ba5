#include "core/options/nearest.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace ebond::core {
namespace {

/// How many letters must change to make one word the other (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (const char letter : a) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (letter == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& accepted) {
  const std::size_t too_far = std::min(std::max<std::size_t>(word.size() / 3, 2) + 1, word.size());
  std::string best;
  std::size_t best_distance = too_far;
  for (const auto& candidate : accepted) {
    const bool begins_it = candidate.starts_with(word) || word.starts_with(candidate);
    const auto d = begins_it ? 1 : distance(word, candidate);
    // Of two that begin so, the one with less to be added.
    const bool is_shorter = d == best_distance && begins_it && candidate.size() < best.size();
    if (d < best_distance || is_shorter) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

}  // namespace ebond::core
