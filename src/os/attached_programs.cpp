#include "os/attached_programs.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>

#include <algorithm>
#include <cerrno>

#include "os/number.h"

namespace ebond::os {

namespace {
constexpr std::size_t kMostPrograms = 64;  // BPF_MPROG_MAX
}

Result<std::vector<std::uint32_t>> attached_programs(core::IfIndex device, int place) {
  std::vector<std::uint32_t> programs(kMostPrograms);
  auto count = static_cast<__u32>(programs.size());
  const auto where = static_cast<bpf_attach_type>(place);
  if (bpf_prog_query(static_cast<int>(number(device)), where, 0, nullptr, programs.data(), &count) != 0) {
    if (errno == ENOENT) return std::vector<std::uint32_t>{};
    return errno_error(fmt::format("cannot ask for the programs attached to interface {}", number(device)),
                       errno == EINVAL ? ENXIO : errno);
  }
  programs.resize(std::min<std::size_t>(count, programs.size()));
  return programs;
}

}  // namespace ebond::os
