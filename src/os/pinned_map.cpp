#include "os/pinned_map.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace ebond::os {

namespace {

constexpr const char* kBpffs = "/sys/fs/bpf";

bool is_bpffs(const char* path) {
  struct statfs facts{};
  return ::statfs(path, &facts) == 0 && static_cast<unsigned long>(facts.f_type) == BPF_FS_MAGIC;
}

/// Why bpf(2) failed, the kernel without it told by the name of what it lacks.
std::unexpected<Error> bpf_call_error(std::string what, int why) {
  if (why == ENOSYS) return errno_error("this kernel has no BPF (CONFIG_BPF_SYSCALL)", why);
  return errno_error(std::move(what), why);
}

Result<UniqueFd> pin_new(int map_fd, const std::filesystem::path& pin, const std::string& map_name) {
  if (map_fd < 0) {
    return bpf_call_error(fmt::format("cannot create BPF map {}", map_name), errno);
  }
  UniqueFd fd(map_fd);
  if (auto done = pin_again(fd.get(), pin); !done) return std::unexpected(done.error());
  return fd;
}

/// Whoever may write there may put maps of its own in the place of ours. A mount that everybody may write to
/// is older than this daemon (mode 1777 is the kernel's default).
Result<> check_is_ours(const std::filesystem::path& dir) {
  struct stat facts{};
  if (::lstat(dir.c_str(), &facts) != 0) {
    return errno_error(fmt::format("cannot look at {}", dir.string()), errno);
  }
  constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;
  if (S_ISDIR(facts.st_mode) && facts.st_uid == ::geteuid() && (facts.st_mode & kOthersWrite) == 0) return {};
  return errno_error(
      fmt::format("{} is not a directory that only root may write to, so what is pinned there cannot "
                  "be trusted: remove it",
                  dir.string()),
      EPERM);
}

}  // namespace

Result<> pin_again(int map_fd, const std::filesystem::path& pin) {
  ::unlink(pin.c_str());
  if (bpf_obj_pin(map_fd, pin.c_str()) == 0) return {};
  return errno_error(fmt::format("cannot pin a BPF map at {}", pin.string()), errno);
}

Result<bool> is_pinned(const std::filesystem::path& pin) {
  if (::access(pin.c_str(), F_OK) == 0) return true;
  if (errno == ENOENT) return false;
  return errno_error(fmt::format("cannot look for the pin {}", pin.string()), errno);
}

Result<> make_pin_dir(const std::filesystem::path& dir) {
  if (!is_bpffs(kBpffs) && ::mount("bpf", kBpffs, "bpf", 0, "mode=0700") != 0) {
    return errno_error("cannot mount a BPF file system (CONFIG_BPF_SYSCALL) on /sys/fs/bpf", errno);
  }
  std::filesystem::path made = kBpffs;
  for (const auto& name : dir.lexically_relative(kBpffs)) {
    made /= name;
    if (::mkdir(made.c_str(), 0700) != 0 && errno != EEXIST) {
      return errno_error(fmt::format("cannot create {}", made.string()), errno);
    }
    if (auto ours = check_is_ours(made); !ours) return ours;
  }
  return {};
}

Result<Mapping> Mapping::of_map(int map_fd, std::size_t size) {
  void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
  if (address == MAP_FAILED)
    return errno_error("cannot map a BPF map into memory (Linux 5.5 or newer)", errno);
  Mapping mapping;
  mapping.address_ = address;
  mapping.size_ = size;
  return mapping;
}

Mapping::~Mapping() {
  if (address_ != nullptr) ::munmap(address_, size_);
}

namespace detail {

Result<UniqueFd> create_value_map(const std::filesystem::path& pin, const std::string& map_name,
                                  std::size_t size) {
  LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
  return pin_new(bpf_map_create(BPF_MAP_TYPE_ARRAY, map_name.c_str(), sizeof(__u32), static_cast<__u32>(size),
                                1, &options),
                 pin, map_name);
}

Result<UniqueFd> open_map(const std::filesystem::path& pin, std::size_t value_size) {
  UniqueFd fd(bpf_obj_get(pin.c_str()));
  if (!fd) return bpf_call_error(fmt::format("cannot open the pinned map {}", pin.string()), errno);
  bpf_map_info info{};
  __u32 length = sizeof(info);
  if (bpf_obj_get_info_by_fd(fd.get(), &info, &length) != 0) {
    return errno_error(fmt::format("cannot ask about the pinned map {}", pin.string()), errno);
  }
  if (info.value_size != value_size) {
    return errno_error(
        fmt::format("the pinned map {} holds values of {} bytes, but this ebond knows values of {}",
                    pin.string(), info.value_size, value_size),
        EPROTO);
  }
  return fd;
}

}  // namespace detail

Result<UniqueFd> create_percpu_array(const std::filesystem::path& pin, const std::string& map_name,
                                     std::size_t value_size, unsigned entries) {
  return pin_new(bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, map_name.c_str(), sizeof(__u32),
                                static_cast<__u32>(value_size), entries, nullptr),
                 pin, map_name);
}

Result<UniqueFd> create_lru_hash(const std::filesystem::path& pin, const std::string& map_name,
                                 std::size_t key_size, std::size_t value_size, unsigned entries) {
  return pin_new(bpf_map_create(BPF_MAP_TYPE_LRU_HASH, map_name.c_str(), static_cast<__u32>(key_size),
                                static_cast<__u32>(value_size), entries, nullptr),
                 pin, map_name);
}

}  // namespace ebond::os
