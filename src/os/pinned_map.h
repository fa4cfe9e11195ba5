// BPF maps that outlive the daemon: one value, mapped into memory, pinned in bpffs.
// Used by Datapath and LinkBits; knows nothing of bonds.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>

#include "os/error.h"
#include "os/unique_fd.h"

namespace ebond::os {

/// Makes sure a bpffs is mounted on /sys/fs/bpf and `dir` exists in it.
Result<> make_pin_dir(const std::filesystem::path& dir);

/// A mapped stretch of memory that unmaps itself.
class Mapping {
 public:
  Mapping() = default;
  static Result<Mapping> of_map(int map_fd, std::size_t size);
  Mapping(Mapping&& other) noexcept
      : address_(std::exchange(other.address_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(address_, other.address_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Mapping();
  void* get() const { return address_; }

 private:
  void* address_ = nullptr;
  std::size_t size_ = 0;
};

/// An array map of one T, zeroed when made.
template <class T>
class PinnedValue {
 public:
  /// Makes and pins it; an old pin of that name is replaced.
  static Result<PinnedValue> create(const std::filesystem::path& pin, const std::string& map_name);
  /// Opens a pin; fails with EPROTO if the map there holds something of another size.
  static Result<PinnedValue> open(const std::filesystem::path& pin);

  T* operator->() const { return static_cast<T*>(mapping_.get()); }
  T& operator*() const { return *static_cast<T*>(mapping_.get()); }
  int fd() const { return fd_.get(); }

 private:
  static Result<PinnedValue> mapped(Result<UniqueFd> fd);

  UniqueFd fd_;
  Mapping mapping_;
};

namespace detail {
Result<UniqueFd> create_value_map(const std::filesystem::path& pin, const std::string& map_name,
                                  std::size_t size);
Result<UniqueFd> open_map(const std::filesystem::path& pin, std::size_t value_size);
}  // namespace detail

/// Is anything pinned there?
Result<bool> is_pinned(const std::filesystem::path& pin);
/// Pins a map that is there already.
Result<> pin_again(int map_fd, const std::filesystem::path& pin);
/// A per-CPU array map, pinned.
Result<UniqueFd> create_percpu_array(const std::filesystem::path& pin, const std::string& map_name,
                                     std::size_t value_size, unsigned entries);
/// A hash map that forgets what was not used for longest, pinned.
Result<UniqueFd> create_lru_hash(const std::filesystem::path& pin, const std::string& map_name,
                                 std::size_t key_size, std::size_t value_size, unsigned entries);
inline Result<UniqueFd> open_map(const std::filesystem::path& pin, std::size_t value_size) {
  return detail::open_map(pin, value_size);
}

template <class T>
Result<PinnedValue<T>> PinnedValue<T>::mapped(Result<UniqueFd> fd) {
  if (!fd) return std::unexpected(fd.error());
  auto mapping = Mapping::of_map(fd->get(), sizeof(T));
  if (!mapping) return std::unexpected(mapping.error());
  PinnedValue value;
  value.fd_ = std::move(*fd);
  value.mapping_ = std::move(*mapping);
  return value;
}

template <class T>
Result<PinnedValue<T>> PinnedValue<T>::create(const std::filesystem::path& pin, const std::string& map_name) {
  return mapped(detail::create_value_map(pin, map_name, sizeof(T)));
}

template <class T>
Result<PinnedValue<T>> PinnedValue<T>::open(const std::filesystem::path& pin) {
  return mapped(detail::open_map(pin, sizeof(T)));
}

}  // namespace ebond::os
