#include "cli/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace ebond::cli {
namespace {

constexpr std::string_view kText = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::string_view kOpenMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
constexpr std::string_view kPlain = "text/plain; charset=utf-8";

struct Reply {
  std::string_view status, type = kPlain;
  std::string body;
  std::string_view header = {};  ///< one more line, with its end
};

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view take_word(std::string_view& line) {
  const auto end = line.find(' ');
  const auto word = line.substr(0, end);
  line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  return word;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

/// Whoever reads OpenMetrics says so; nobody asks for anything but one of the two.
bool wants_openmetrics(std::string_view headers) {
  while (!headers.empty()) {
    const auto line = lower(take_line(headers));
    if (line.starts_with("accept:") && line.find("application/openmetrics-text") != std::string::npos)
      return true;
  }
  return false;
}

Reply reply_to(std::string_view received, const MetricsSource& metrics, bool& has_body) {
  if (received.size() >= kMaxHttpHead && !is_whole_head(received)) {
    return {.status = "431 Request Header Fields Too Large", .body = "The request is too long.\n"};
  }
  if (!is_whole_head(received))
    return {.status = "408 Request Timeout", .body = "The request did not end.\n"};
  auto line = take_line(received);
  const auto method = take_word(line), target = take_word(line);
  if (!line.starts_with("HTTP/1.") || !target.starts_with('/')) {
    return {.status = "400 Bad Request", .body = "This is not an HTTP request.\n"};
  }
  has_body = method != "HEAD";
  if (method != "GET" && method != "HEAD") {
    return {.status = "405 Method Not Allowed",
            .body = "There is something to GET, and nothing else.\n",
            .header = "Allow: GET, HEAD\r\n"};
  }
  const auto path = target.substr(0, target.find('?'));
  if (path == "/") return {.status = "200 OK", .body = "The metrics of ebond's bonds are at /metrics.\n"};
  if (path != "/metrics")
    return {.status = "404 Not Found", .body = "There is /metrics, and nothing else.\n"};
  const bool openmetrics = wants_openmetrics(received);
  auto text = metrics(openmetrics);
  if (!text) return {.status = "503 Service Unavailable", .body = text.error() + "\n"};
  return {.status = "200 OK", .type = openmetrics ? kOpenMetrics : kText, .body = *std::move(text)};
}

}  // namespace

bool is_whole_head(std::string_view received) {
  return received.find("\r\n\r\n") != std::string_view::npos ||
         received.find("\n\n") != std::string_view::npos;
}

std::string answer_http(std::string_view received, const MetricsSource& metrics) {
  bool has_body = true;
  const auto reply = reply_to(received, metrics, has_body);
  return fmt::format("HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}Connection: close\r\n\r\n{}",
                     reply.status, reply.type, reply.body.size(), reply.header,
                     has_body ? std::string_view(reply.body) : std::string_view());
}

}  // namespace ebond::cli
