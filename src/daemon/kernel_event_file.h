// The EventFile that ebondd keeps in its run directory, with a thread of its own.
#pragma once

#include <asio/io_context.hpp>
#include <asio/thread_pool.hpp>
#include <atomic>
#include <filesystem>

#include "daemon/event_file.h"

namespace ebond::daemon {

class KernelEventFile : public EventFile {
 public:
  KernelEventFile(asio::io_context& loop, std::filesystem::path path, std::string boot_id)
      : loop_(loop), path_(std::move(path)), boot_id_(std::move(boot_id)) {}
  /// What is still to be written is.
  ~KernelEventFile() override;
  KernelEventFile(const KernelEventFile&) = delete;
  KernelEventFile& operator=(const KernelEventFile&) = delete;

  void read(std::function<void(const os::Result<EventFileText>&)> answer) override;
  bool append(const core::PlacedEvent& event) override;
  void replace(std::vector<core::PlacedEvent> events) override;
  void hear(std::function<void(const os::Result<>&)> written) override { written_ = std::move(written); }

 private:
  void tell(os::Result<> result);

  asio::io_context& loop_;
  const std::filesystem::path path_;
  const std::string boot_id_;
  std::function<void(const os::Result<>&)> written_;
  std::atomic<std::size_t> waiting_ = 0;  ///< events that are to be put at the end
  asio::thread_pool thread_{1};
};

}  // namespace ebond::daemon
