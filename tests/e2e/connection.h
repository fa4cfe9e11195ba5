// Somebody who is logged in: a TCP connection that is in use while things are done to the machine.
#pragma once

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "lab/eventually.h"
#include "lab/sockets.h"

namespace ebond::lab {

/// An open TCP connection that is used all the time, as a shell is: a word there, and the same word back.
class Connection {
 public:
  Connection(const Node& server, const std::string& server_address, const Node& client,
             const std::string& client_address)
      : listening_(open_socket(server, socket_address(server_address, 22).family(), SOCK_STREAM)),
        client_(open_socket(client, socket_address(server_address, 22).family(), SOCK_STREAM)) {
    const auto there = socket_address(server_address, 22), here = socket_address(client_address, 0);
    require(::bind(listening_.get(), there.get(), there.size) == 0, "bind");
    require(::listen(listening_.get(), 1) == 0, "listen");
    require(::bind(client_.get(), here.get(), here.size) == 0, "bind");
    require(::connect(client_.get(), there.get(), there.size) == 0, "connect");
    server_ = os::UniqueFd(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    require(static_cast<bool>(server_), "accept");
    talker_ = std::thread([this] { talk(); });
  }
  ~Connection() {
    over_ = true;
    talker_.join();
  }

  /// Another so many words are exchanged within half a minute.
  bool goes_on() {
    const auto before = words_.load();
    return eventually([&] { return broken_ || words_ > before + 20; }) && !broken_;
  }
  std::chrono::milliseconds longest_silence() const { return silence_.load(); }

 private:
  void talk() {
    while (!over_ && !broken_) {
      const auto began = std::chrono::steady_clock::now();
      broken_ = !pass(client_, server_) || !pass(server_, client_);
      silence_ = std::max(silence_.load(), std::chrono::duration_cast<std::chrono::milliseconds>(
                                               std::chrono::steady_clock::now() - began));
      ++words_;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  static bool pass(const os::UniqueFd& from, const os::UniqueFd& to) {
    constexpr int kPatienceMs = 25'000;
    const std::string word = "word";
    if (::send(from.get(), word.data(), word.size(), MSG_NOSIGNAL) != std::ssize(word)) return false;
    pollfd readable{to.get(), POLLIN, 0};
    if (::poll(&readable, 1, kPatienceMs) != 1) return false;
    std::string heard(word.size(), ' ');
    return ::recv(to.get(), heard.data(), heard.size(), MSG_WAITALL) == std::ssize(word) && heard == word;
  }

  os::UniqueFd listening_, client_, server_;
  std::atomic<bool> over_ = false, broken_ = false;
  std::atomic<std::uint64_t> words_ = 0;
  std::atomic<std::chrono::milliseconds> silence_{};
  std::thread talker_;
};

}  // namespace ebond::lab
