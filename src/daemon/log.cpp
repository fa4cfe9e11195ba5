#include "daemon/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <string_view>

#include "core/printable.h"

namespace ebond::daemon {
namespace {

class Text : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& line, const std::tm&, spdlog::memory_buf_t& out) override {
    const auto text = core::printable({line.payload.data(), line.payload.size()});
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spdlog::custom_flag_formatter> clone() const override { return std::make_unique<Text>(); }
};

}  // namespace

void begin_log(bool verbose) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("ebondd"));
  auto pattern = std::make_unique<spdlog::pattern_formatter>();
  pattern->add_flag<Text>('*').set_pattern("%Y-%m-%dT%H:%M:%S.%f %l %*");
  spdlog::set_formatter(std::move(pattern));
  spdlog::set_level(verbose ? spdlog::level::debug : spdlog::level::info);
}

}  // namespace ebond::daemon
