#include "views/metrics_writer.h"

#include <fmt/format.h>

#include "core/printable.h"

namespace ebond::views {
namespace {

/// As both formats have it within quotes: backslash, quote and newline. What is not UTF-8, and what a
/// terminal would obey, is spelt out.
std::string escaped(std::string_view value) {
  std::string text;
  for (const char each : core::printable(value)) {
    if (each == '\n') {
      text += "\\n";
      continue;
    }
    if (each == '\\' || each == '"') text += '\\';
    text += each;
  }
  return text;
}

std::string_view ending_of(MetricsWriter::Kind kind) {
  switch (kind) {
    case MetricsWriter::Kind::counter:
      return "_total";
    case MetricsWriter::Kind::info:
      return "_info";
    case MetricsWriter::Kind::gauge:
    case MetricsWriter::Kind::histogram:
      break;
  }
  return "";
}

std::string_view type_of(MetricsWriter::Kind kind, bool openmetrics) {
  switch (kind) {
    case MetricsWriter::Kind::counter:
      return "counter";
    case MetricsWriter::Kind::info:
      return openmetrics ? "info" : "gauge";
    case MetricsWriter::Kind::histogram:
      return "histogram";
    case MetricsWriter::Kind::gauge:
      break;
  }
  return "gauge";
}

/// Whole numbers as such, whatever their size.
std::string number_text(double value) {
  constexpr double kExact = 9007199254740992;  // 2^53
  if (value >= 0 && value < kExact && value == static_cast<double>(static_cast<std::uint64_t>(value))) {
    return fmt::format("{}", static_cast<std::uint64_t>(value));
  }
  return fmt::format("{:.15g}", value);
}

}  // namespace

void MetricsWriter::family(Kind kind, std::string_view name, std::string_view help) {
  kind_ = kind;
  name_ = name;
  help_ = help;
  head_is_due_ = true;
}

/// OpenMetrics names the family, Prometheus its samples.
void MetricsWriter::head() {
  if (!head_is_due_) return;
  head_is_due_ = false;
  const auto name = name_ + std::string(openmetrics_ ? "" : ending_of(kind_));
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help_, name, type_of(kind_, openmetrics_));
}

void MetricsWriter::line(std::string_view ending, const Labels& labels, double value) {
  head();
  text_ += fmt::format("{}{}", name_, ending);
  char between = '{';
  for (const auto& [label, text] : labels) {
    text_ += fmt::format("{}{}=\"{}\"", between, label, escaped(text));
    between = ',';
  }
  text_ += fmt::format("{} {}\n", labels.empty() ? "" : "}", number_text(value));
}

void MetricsWriter::sample(const Labels& labels, double value) {
  line(ending_of(kind_), labels, value);
}

void MetricsWriter::histogram(const Labels& labels,
                              const std::vector<std::pair<double, std::uint64_t>>& classes,
                              std::uint64_t above, double sum) {
  std::uint64_t so_far = 0;
  const auto bucket = [&](std::string bound) {
    auto all = labels;
    all.emplace_back("le", std::move(bound));
    line("_bucket", all, static_cast<double>(so_far));
  };
  for (const auto& [bound, count] : classes) {
    so_far += count;
    bucket(fmt::format("{}", bound));
  }
  so_far += above;
  bucket("+Inf");
  line("_sum", labels, sum);
  line("_count", labels, static_cast<double>(so_far));
}

std::string MetricsWriter::finish() {
  text_ += "# EOF\n";
  return std::move(text_);
}

}  // namespace ebond::views
