#include "cli/http.h"

#include <gmock/gmock.h>

namespace ebond::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

std::expected<std::string, std::string> metrics(bool openmetrics) {
  return openmetrics ? "open 1\n# EOF\n" : "text 1\n";
}
std::expected<std::string, std::string> nothing(bool) {
  return std::unexpected("no ebondd runs on /run/ebond");
}

std::string answer(std::string_view request) {
  return answer_http(request, metrics);
}

TEST(Http, AnswersAScrapeInTheFormatThatIsAskedFor) {
  EXPECT_EQ(answer("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
            "Content-Length: 7\r\nConnection: close\r\n\r\ntext 1\n");
  const auto open = answer(
      "GET /metrics?x=1 HTTP/1.1\r\nAccept: "
      "application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n\r\n");
  EXPECT_THAT(open, HasSubstr("Content-Type: application/openmetrics-text; version=1.0.0"));
  EXPECT_THAT(open, EndsWith("\r\n\r\nopen 1\n# EOF\n"));
}

TEST(Http, AnswersHeadWithoutABody) {
  const auto text = answer("HEAD /metrics HTTP/1.0\r\n\r\n");
  EXPECT_THAT(text, HasSubstr("Content-Length: 7\r\n"));
  EXPECT_THAT(text, EndsWith("\r\n\r\n"));
}

TEST(Http, PointsToTheMetricsAndKnowsNothingElse) {
  EXPECT_THAT(answer("GET / HTTP/1.1\r\n\r\n"), HasSubstr("/metrics"));
  EXPECT_THAT(answer("GET /secret HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  const auto posted = answer("POST /metrics HTTP/1.1\r\n\r\n");
  EXPECT_THAT(posted, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(posted, HasSubstr("Allow: GET, HEAD\r\n"));
}

TEST(Http, SaysIfTheDaemonHasNoAnswer) {
  const auto text = answer_http("GET /metrics HTTP/1.1\r\n\r\n", nothing);
  EXPECT_THAT(text, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(text, EndsWith("no ebondd runs on /run/ebond\n"));
}

TEST(Http, RefusesWhatIsNoRequest) {
  for (const auto* wrong : {"\r\n\r\n", "hello\r\n\r\n", "GET\r\n\r\n", "GET metrics HTTP/1.1\r\n\r\n",
                            "GET /metrics FTP/1.1\r\n\r\n", "GET /metrics\r\n\r\n", "\xff\xfe \n\n"}) {
    EXPECT_THAT(answer(wrong), StartsWith("HTTP/1.1 400 ")) << wrong;
  }
  EXPECT_THAT(answer("GET /metrics HTTP/1.1\r\nHost"), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(answer(std::string(kMaxHttpHead, 'x')), StartsWith("HTTP/1.1 431 "));
}

TEST(Http, KnowsWhenAHeadIsWhole) {
  EXPECT_FALSE(is_whole_head("GET / HTTP/1.1\r\n"));
  EXPECT_TRUE(is_whole_head("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_TRUE(is_whole_head("GET / HTTP/1.1\n\n"));
}

}  // namespace
}  // namespace ebond::cli
