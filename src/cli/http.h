// As much of HTTP as a scrape takes: one request, one answer. Knows nothing of sockets or metrics.
// Used by ebond-exporter.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

namespace ebond::cli {

/// No request's head may be longer.
inline constexpr std::size_t kMaxHttpHead = 8192;

/// The metrics in one of two formats; or why there are none, a sentence.
using MetricsSource = std::function<std::expected<std::string, std::string>(bool openmetrics)>;

/// Nothing more is needed to answer.
bool is_whole_head(std::string_view received);

/// The whole answer to what was received, which is a head, or what came of one before it was too long, or
/// before patience ended.
std::string answer_http(std::string_view received, const MetricsSource& metrics);

}  // namespace ebond::cli
