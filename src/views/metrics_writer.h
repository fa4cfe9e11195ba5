// The syntax of metrics: the Prometheus text format 0.0.4 and OpenMetrics 1.0. Knows nothing of bonds.
// Used by metrics.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ebond::views {

/// Names and values; any octets may stand in a value.
using Labels = std::vector<std::pair<std::string, std::string>>;

class MetricsWriter {
 public:
  enum class Kind : std::uint8_t {
    gauge,
    counter,   ///< samples end with "_total"
    info,      ///< samples end with "_info"; to Prometheus a gauge
    histogram  ///< see histogram()
  };

  explicit MetricsWriter(bool openmetrics) : openmetrics_(openmetrics) {}

  /// The samples that follow are of this family; `name` without the kind's ending. Nothing is written of a
  /// family without samples.
  void family(Kind kind, std::string_view name, std::string_view help);
  void sample(const Labels& labels, double value);
  /// Upper ends of classes with how many were in each, and how many above all of them.
  void histogram(const Labels& labels, const std::vector<std::pair<double, std::uint64_t>>& classes,
                 std::uint64_t above, double sum);
  /// All of it, with its end.
  std::string finish();

 private:
  void head();
  void line(std::string_view ending, const Labels& labels, double value);

  bool openmetrics_;
  std::string text_;
  Kind kind_{};
  std::string name_, help_;
  bool head_is_due_ = false;
};

}  // namespace ebond::views
