// Texts of metrics as one: see merged_metrics().
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "views/metrics.h"

namespace ebond::views {
namespace {

constexpr std::string_view kHelp = "# HELP ", kEnd = "# EOF";

/// A family: its two lines of comment, and the samples below them.
struct Family {
  std::string_view name;
  std::string head, samples;
};

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// Calls it with each line, and the family that it is of.
template <class Take>
void for_each_line(std::string_view text, const Take& take) {
  std::string_view family;
  while (!text.empty()) {
    const auto line = take_line(text);
    if (line.empty() || line == kEnd) continue;
    if (line.starts_with(kHelp))
      family = line.substr(kHelp.size(), line.find(' ', kHelp.size()) - kHelp.size());
    take(family, line);
  }
}

/// Name and labels: all before the value, which has no blank in it.
std::string_view series_of(std::string_view sample) {
  return sample.substr(0, sample.rfind(' '));
}

void append(std::string& text, std::string_view line) {
  text += line;
  text += '\n';
}

}  // namespace

std::string merged_metrics(const std::vector<std::string>& texts) {
  std::vector<Family> families;
  std::map<std::string_view, std::size_t> places;
  std::set<std::string_view> known;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::set<std::string_view> begun_here;
    for_each_line(texts[i], [&](std::string_view name, std::string_view line) {
      const auto [place, is_new] = places.try_emplace(name, families.size());
      if (is_new) {
        families.push_back({name, {}, {}});
        begun_here.insert(name);
      }
      auto& family = families[place->second];
      if (line.starts_with('#')) {
        if (begun_here.contains(name)) append(family.head, line);
      } else if (known.insert(series_of(line)).second) {
        append(family.samples, line);
      }
    });
  }
  std::string merged;
  for (const auto& family : families) merged += family.head + family.samples;
  append(merged, kEnd);
  return merged;
}

std::string without_families(std::string_view text, std::string_view beginning) {
  std::string rest;
  for_each_line(text, [&](std::string_view name, std::string_view line) {
    if (!name.starts_with(beginning)) append(rest, line);
  });
  append(rest, kEnd);
  return rest;
}

}  // namespace ebond::views
