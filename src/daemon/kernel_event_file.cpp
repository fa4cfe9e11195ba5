#include "daemon/kernel_event_file.h"

#include <asio/post.hpp>

#include "os/file.h"

namespace ebond::daemon {
namespace {

constexpr std::size_t kMostWaiting = 1024;
/// Larger than it can become: it is not ours.
constexpr std::uintmax_t kMostBytes = std::uintmax_t{64} << 20;
constexpr mode_t kForRoot = 0600;  // others ask the daemon

os::Result<EventFileText> read_events(const std::filesystem::path& path, std::string_view boot_id) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error == std::errc::no_such_file_or_directory) return EventFileText{};
  if (!error && size > kMostBytes) return os::errno_error("it is too large", EFBIG);
  const auto text = os::read_file(path);
  if (!text) return std::unexpected(text.error());
  return parse_event_file(*text, boot_id);
}

}  // namespace

KernelEventFile::~KernelEventFile() {
  thread_.join();
}

void KernelEventFile::read(std::function<void(const os::Result<EventFileText>&)> answer) {
  asio::post(thread_, [this, answer = std::move(answer)]() mutable {
    asio::post(loop_, [answer = std::move(answer), found = read_events(path_, boot_id_)] { answer(found); });
  });
}

bool KernelEventFile::append(const core::PlacedEvent& event) {
  if (waiting_ >= kMostWaiting) return false;
  ++waiting_;
  asio::post(thread_, [this, event] {
    --waiting_;
    if (auto done = os::append_to_file(path_, event_file_line(event)); !done) tell(std::move(done));
  });
  return true;
}

void KernelEventFile::replace(std::vector<core::PlacedEvent> events) {
  asio::post(thread_, [this, events = std::move(events)] {
    auto text = event_file_header(boot_id_);
    for (const auto& event : events) text += event_file_line(event);
    tell(os::write_file_atomically(path_, text, kForRoot));
  });
}

void KernelEventFile::tell(os::Result<> result) {
  asio::post(loop_, [this, result = std::move(result)] {
    if (written_) written_(result);
  });
}

}  // namespace ebond::daemon
