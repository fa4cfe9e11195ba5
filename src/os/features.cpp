#include "os/features.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>

#include "os/ethtool.h"
#include "os/file.h"
#include "os/netkit.h"
#include "os/netns.h"
#include "os/packet_socket.h"
#include "os/rtnetlink.h"
#include "os/tcx.h"
#include "os/unique_fd.h"
#include "wire/ethernet.h"

namespace ebond::os {

namespace {

constexpr auto kFrameMayTake = std::chrono::seconds(1);
constexpr int kKernelNotSupported = 524;  // the kernel's own ENOTSUPP, which errno.h lacks

// All the instructions the test programs need.
constexpr bpf_insn move_immediate(std::uint8_t reg, std::int32_t value) {
  return {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = reg, .src_reg = 0, .off = 0, .imm = value};
}
constexpr bpf_insn call(std::int32_t helper) {
  return {.code = BPF_JMP | BPF_CALL, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = helper};
}
constexpr bpf_insn exit_program() {
  return {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0};
}

/// Why a call failed, for a person. `config` is what gives the feature if the kernel does not know of it.
std::string why(int error, std::string_view config) {
  if (error == EPERM || error == EACCES) {
    return "not permitted: it needs root (CAP_BPF, CAP_NET_ADMIN, CAP_SYS_ADMIN)";
  }
  if (error == kKernelNotSupported) return fmt::format("not in this kernel: {}", config);
  const bool unknown = error == ENOSYS || error == EOPNOTSUPP || error == ENOENT || error == EINVAL ||
                       error == EAFNOSUPPORT || error == EPROTONOSUPPORT || error == ENODEV;
  return unknown ? fmt::format("not in this kernel: {}", config)
                 : fmt::format("refused ({}): {}", std::strerror(error), config);
}

class Prober {
 public:
  core::CheckReport run();

 private:
  /// Where the test devices are: a network namespace of this process's own.
  struct Place {
    Namespace where;
    Rtnetlink netlink;
  };

  bool hook_works_ = false;
  void add(std::string feature, bool required, bool available, std::string detail) {
    report_.lines.push_back({std::move(feature), available, required, std::move(detail)});
  }
  /// `error` 0: available, and `use` is said; else why it is not.
  void add_tried(std::string feature, bool required, int error, std::string_view use,
                 std::string_view config) {
    add(std::move(feature), required, error == 0, error == 0 ? std::string(use) : why(error, config));
  }

  void kernel();
  void maps();
  void bpf_file_system();
  void jit();
  void ipv6();
  void in_own_namespace();
  std::optional<Place> place();
  bool devices(Place& place);
  void link_poll(const Place& place);
  void packet_socket(const Place& place);
  void redirect_program(Place& place);
  void frame_path(Place& place);
  void carrier_hook();
  void layers();

  static std::optional<LinkInfo> find(Place& place, std::string_view name);
  int attach_to(IfIndex device);
  void netkit_devices(Place& place);
  void short_cut(Place& place);
  /// One that is sent into `from` comes out of out1.
  static bool frame_crosses(Place& place, const char* from, const char* other_end);

  core::CheckReport report_;
  UniqueFd program_;
};

void Prober::kernel() {
  utsname name{};
  ::uname(&name);
  add("kernel", false, true, fmt::format("{} {} {}", name.sysname, name.release, name.machine));
}

void Prober::maps() {
  bpf_map_create_opts options{};
  options.sz = sizeof(options);
  const UniqueFd plain(bpf_map_create(BPF_MAP_TYPE_ARRAY, "ebond_probe", sizeof(__u32), 1, 1, &options));
  add_tried("BPF", true, plain ? 0 : errno, "programs and maps can be made", "CONFIG_BPF_SYSCALL");

  options.map_flags = BPF_F_MMAPABLE;
  const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const UniqueFd shared(bpf_map_create(BPF_MAP_TYPE_ARRAY, "ebond_probe", sizeof(__u32),
                                       static_cast<__u32>(size), 1, &options));
  int error = shared ? 0 : errno;
  if (shared) {
    void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, shared.get(), 0);
    if (memory == MAP_FAILED) error = errno;
    if (memory != MAP_FAILED) ::munmap(memory, size);
  }
  add_tried("maps in memory", true, error, "a bond's table is written without a system call",
            "CONFIG_BPF_SYSCALL of Linux 5.5 or later");

  const UniqueFd percpu(
      bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "ebond_probe", sizeof(__u32), sizeof(__u64), 1, nullptr));
  add_tried("per-CPU maps", true, percpu ? 0 : errno, "frames are counted without a lock",
            "CONFIG_BPF_SYSCALL");
}

void Prober::bpf_file_system() {
  constexpr const char* kMountPoint = "/sys/fs/bpf";
  struct statfs facts{};
  if (::statfs(kMountPoint, &facts) == 0 && static_cast<unsigned long>(facts.f_type) == BPF_FS_MAGIC) {
    const bool writable = ::access(kMountPoint, W_OK) == 0;
    add("bpffs", true, writable,
        writable ? "mounted on /sys/fs/bpf: bonds outlive the daemon there"
                 : "mounted on /sys/fs/bpf, but this process may not write there");
    return;
  }
  auto known = read_file("/proc/filesystems");
  if (!known || known->find("\tbpf\n") == std::string::npos) {
    add("bpffs", true, false, "not in this kernel: CONFIG_BPF_SYSCALL");
  } else if (::access(kMountPoint, F_OK) != 0) {
    add("bpffs", true, false, "there is no /sys/fs/bpf to mount it on: is /sys mounted (CONFIG_SYSFS)?");
  } else {
    const bool may_mount = ::geteuid() == 0;
    add("bpffs", true, may_mount,
        may_mount ? "not mounted yet: ebondd mounts it on /sys/fs/bpf"
                  : "not mounted, and mounting needs root: mount -t bpf bpf /sys/fs/bpf");
  }
}

/// What the kernel made of the program that was just loaded. The sysctl tells only the initial namespace.
void Prober::jit() {
  bpf_prog_info info{};
  __u32 size = sizeof(info);
  const bool known = program_ && bpf_obj_get_info_by_fd(program_.get(), &info, &size) == 0;
  const bool compiled = known && info.jited_prog_len > 0;
  add("BPF JIT", false, compiled,
      compiled ? "programs run as machine code"
               : "programs are interpreted, slower: CONFIG_BPF_JIT, sysctl net.core.bpf_jit_enable=1");
}

void Prober::ipv6() {
  const UniqueFd socket(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  add_tried("IPv6", false, socket ? 0 : errno, "neighbour advertisements after a failover", "CONFIG_IPV6");
}

std::optional<LinkInfo> Prober::find(Place& place, std::string_view name) {
  auto link = place.netlink.link(name);
  return link ? std::optional(std::move(*link)) : std::nullopt;
}

std::optional<Prober::Place> Prober::place() {
  if (auto where = Namespace::current()) {
    if (auto netlink = Rtnetlink::open(*where)) return Place{*std::move(where), *std::move(netlink)};
  }
  add("rtnetlink", true, false, "refused: CONFIG_NET, and a mounted /proc");
  return std::nullopt;
}

/// Two veth pairs: a frame sent into `in0` comes out of `in1`; one sent into `out0` comes out of `out1`.
bool Prober::devices(Place& place) {
  int error = 0;
  for (const auto* pair : {"in", "out"}) {
    auto made =
        place.netlink.create_veth({.name = fmt::format("{}0", pair), .peer_name = fmt::format("{}1", pair)});
    if (!made) error = made.error().errno_value;
  }
  add_tried("veth devices", true, error, "bond0 is one where there is no netkit", "CONFIG_VETH");
  return error == 0;
}

void Prober::packet_socket(const Place& place) {
  auto sender = FrameSender::open(place.where);
  add_tried("packet sockets", true, sender ? 0 : sender.error().errno_value,
            "gratuitous ARP, neighbour advertisements, LACP", "CONFIG_PACKET");
}

void Prober::redirect_program(Place& place) {
  auto out = find(place, "out0");
  const auto ifindex = out ? static_cast<std::int32_t>(out->ifindex) : 1;
  const bpf_insn instructions[] = {move_immediate(BPF_REG_1, ifindex), move_immediate(BPF_REG_2, 0),
                                   call(BPF_FUNC_redirect), exit_program()};
  program_ = UniqueFd(bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "ebond_probe", "Dual MIT/GPL", instructions,
                                    std::size(instructions), nullptr));
  add_tried("tc programs", true, program_ ? 0 : errno, "they move every frame",
            "CONFIG_BPF_SYSCALL, CONFIG_NET");
}

/// Puts the program on a device's ingress: 0, or the errno, said as a line of its own.
int Prober::attach_to(IfIndex device) {
  bpf_tc_hook hook{};
  hook.sz = sizeof(hook);
  hook.ifindex = static_cast<int>(device);
  hook.attach_point = BPF_TC_INGRESS;
  int error = -bpf_tc_hook_create(&hook);
  add_tried("clsact qdisc", true, error, "where the programs are attached",
            "CONFIG_NET_SCHED, CONFIG_NET_SCH_INGRESS, CONFIG_NET_CLS_ACT");
  if (error != 0) {
    add("BPF classifier", true, false, "not tried: it needs the clsact qdisc (and CONFIG_NET_CLS_BPF)");
    return error;
  }
  bpf_tc_opts options{};
  options.sz = sizeof(options);
  options.prog_fd = program_.get();
  error = -bpf_tc_attach(&hook, &options);
  add_tried("BPF classifier", true, error, "what attaches them", "CONFIG_NET_CLS_BPF");
  return error;
}

/// The program at its other end sends it out of out0, so out1 receives it.
bool Prober::frame_crosses(Place& place, const char* from_name, const char* other_end) {
  for (const auto* name : {from_name, other_end, "out0", "out1"}) {
    auto link = find(place, name);
    if (!link || !place.netlink.set_up(link->ifindex, true)) return false;
  }
  const auto from = find(place, from_name), to = find(place, "out1");
  if (!from || !to) return false;
  constexpr std::uint16_t kProbe[] = {wire::ethertype::kLoopback};
  auto sender = FrameSender::open(place.where);
  auto receiver = FrameReceiver::open(place.where, to->ifindex, kProbe);
  if (!sender || !receiver) return false;

  wire::Writer frame;
  wire::write_ethernet(frame, {.destination = wire::MacAddress::broadcast(),
                               .source = from->mac,
                               .tags = {},
                               .ethertype = kProbe[0]});
  frame.zeros(wire::kMinFrameSize - frame.size());
  const auto bytes = std::move(frame).finish();
  // An interface that just came up sends nothing until the kernel has given it its queue: hence again and
  // again.
  const auto until = std::chrono::steady_clock::now() + kFrameMayTake;
  while (std::chrono::steady_clock::now() < until) {
    (void)sender->send(from->ifindex, bytes);
    if (auto heard = receiver->receive(); heard && *heard) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

void Prober::frame_path(Place& place) {
  constexpr const char* kRedirect = "redirect";
  auto in = find(place, "in1");
  if (!in || !program_) {
    add(kRedirect, true, false, "not tried: it needs veth devices and tc programs");
  } else if (attach_to(in->ifindex) != 0) {
    add(kRedirect, true, false, "not tried: there is no program on an interface to do it");
  } else if (frame_crosses(place, "in0", "in1")) {
    add(kRedirect, true, true, "a test frame went from one interface to another");
  } else {
    add(kRedirect, true, false, "a test frame was lost: CONFIG_NET_CLS_ACT, CONFIG_PACKET");
  }
}

void Prober::netkit_devices(Place& place) {
  constexpr const char* kNetkit = "netkit devices";
  const auto made = place.netlink.create_netkit({.name = "nk0", .peer_name = "nk1"});
  if (!made) {
    return add_tried(kNetkit, false, made.error().errno_value, "",
                     "CONFIG_NETKIT of Linux 6.7 or later; bond0 is a veth");
  }
  const auto primary = find(place, "nk1");
  if (!primary || !program_) return add(kNetkit, false, false, "not tried: there is no program to attach");
  const auto link = NetkitLink::attach(primary->ifindex, program_.get());
  if (!link) return add_tried(kNetkit, false, link.error().errno_value, "", "links of netkit's");
  const bool crosses = frame_crosses(place, "nk0", "nk1");
  add(kNetkit, false, crosses,
      crosses ? "bond0 is one, unless its mode needs a veth: frames leave it without a hop"
              : "a test frame was lost: bond0_device veth is what works here");
}

void Prober::short_cut(Place& place) {
  constexpr const char* kTcx = "tcx";
  const auto in = find(place, "in1");
  if (!in || !program_) return add(kTcx, false, false, "not tried: there is no program to attach");
  if (::access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
    return add(kTcx, false, false, "of no use without the kernel's type information: CONFIG_DEBUG_INFO_BTF");
  }
  const auto put = tcx::attach(in->ifindex, program_.get());
  add_tried(kTcx, false, put ? 0 : put.error().errno_value,
            "what slaves receive goes past tc where no filter of others is on them",
            "CONFIG_NET_XGRESS of Linux 6.6 or later");
}

void Prober::link_poll(const Place& place) {
  auto ethtool = Ethtool::open(place.where);
  auto link = ethtool ? ethtool->link_up("in0") : std::unexpected(ethtool.error());
  add_tried("link poll", true, link ? 0 : link.error().errno_value,
            "ETHTOOL_GLINK: exact where netlink is late", "CONFIG_NET of Linux 2.4 or later");
}

/// A tracing program that does nothing, on netif_carrier_off for a moment.
void Prober::carrier_hook() {
  constexpr const char* kHook = "carrier hook";
  constexpr const char* kFunction = "netif_carrier_off";
  const int type = libbpf_find_vmlinux_btf_id(kFunction, BPF_TRACE_FENTRY);
  if (type < 0) {
    const bool readable = ::access("/sys/kernel/btf/vmlinux", R_OK) == 0;
    add(kHook, false, false,
        readable ? fmt::format("this kernel's type information has no {}", kFunction)
                 : std::string("no kernel type information: CONFIG_DEBUG_INFO_BTF"));
    return;
  }
  const bpf_insn instructions[] = {move_immediate(BPF_REG_0, 0), exit_program()};
  bpf_prog_load_opts options{};
  options.sz = sizeof(options);
  options.expected_attach_type = BPF_TRACE_FENTRY;
  options.attach_btf_id = static_cast<__u32>(type);
  const UniqueFd program(bpf_prog_load(BPF_PROG_TYPE_TRACING, "ebond_probe", "Dual MIT/GPL", instructions,
                                       std::size(instructions), &options));
  int error = program ? 0 : errno;
  if (program) {
    const UniqueFd attached(bpf_raw_tracepoint_open(nullptr, program.get()));
    error = attached ? 0 : errno;
  }
  constexpr const char* kConfig =
      "CONFIG_BPF_EVENTS, CONFIG_FUNCTION_TRACER, CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS";
  hook_works_ = error == 0;
  if (error == 0) {
    add(kHook, false, true, "a dead link is cut in the kernel, before any other part of it knows");
  } else if (error == EPERM || error == EACCES) {
    add(kHook, false, false,
        fmt::format("not permitted: tracing needs root, a kernel not locked down, and {}", kConfig));
  } else {
    add(kHook, false, false, why(error, kConfig));
  }
}

void Prober::layers() {
  add("link detection", false, true,
      hook_works_ ? "the carrier hook, rtnetlink events, and an exact poll of every slave each miimon ms"
                  : "rtnetlink events, and an exact poll of every slave each miimon ms");
}

void Prober::in_own_namespace() {
  constexpr const char* kNamespaces = "network namespaces";
  if (::unshare(CLONE_NEWNET) != 0) {
    const int error = errno;
    add(kNamespaces, true, false, why(error, "CONFIG_NET_NS"));
    add("frame path", true, false,
        "not tried, as there is no namespace to try it in: veth devices, clsact, BPF classifier, redirect");
    return;
  }
  add(kNamespaces, true, true, "each can have bonds of its own");
  auto here = place();
  if (!here || !devices(*here)) return;
  packet_socket(*here);
  redirect_program(*here);
  if (program_) jit();
  frame_path(*here);
  netkit_devices(*here);
  short_cut(*here);
  link_poll(*here);
}

core::CheckReport Prober::run() {
  kernel();
  maps();
  bpf_file_system();
  in_own_namespace();
  ipv6();
  carrier_hook();
  layers();
  report_.can_run =
      std::ranges::all_of(report_.lines, [](const auto& line) { return line.available || !line.required; });
  return std::move(report_);
}

}  // namespace

core::CheckReport probe_features() {
  // Refusals are what this is about: libbpf need not print them.
  const auto printer = libbpf_set_print(nullptr);
  core::CheckReport report;
  // A thread of its own, so that the caller's network namespace stays what it is.
  std::thread([&report] { report = Prober().run(); }).join();
  libbpf_set_print(printer);
  return report;
}

}  // namespace ebond::os
