#include "tests/soak/hostile.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "lab/must.h"
#include "os/unique_fd.h"
#include "tests/soak/random.h"
#include "wire/arp.h"
#include "wire/ethernet.h"
#include "wire/icmp_echo.h"
#include "wire/lacpdu.h"
#include "wire/nd.h"
#include "wire/udp.h"

namespace ebond::soak {
namespace {

using namespace std::chrono_literals;
using wire::Bytes;

constexpr unsigned kFrames = 200;
constexpr std::uint16_t kLldp = 0x88cc;
constexpr wire::Ipv4Address kNear{192, 0, 2, 1}, kElsewhere{198, 51, 100, 250};

Bytes random_octets(Random& random, std::size_t size) {
  Bytes octets(size);
  for (auto& octet : octets) octet = static_cast<std::uint8_t>(random.below(256));
  return octets;
}

/// A unicast MAC that no card has.
wire::MacAddress stranger(Random& random) {
  return wire::MacAddress({0x02, 0x77, 0, 0, static_cast<std::uint8_t>(random.below(256)),
                           static_cast<std::uint8_t>(random.below(256))});
}

Bytes framed(const wire::MacAddress& to, const wire::MacAddress& from, std::uint16_t ethertype,
             const Bytes& payload) {
  wire::Writer out;
  wire::write_ethernet(out, {to, from, {}, ethertype});
  auto frame = std::move(out).finish();
  frame.insert(frame.end(), payload.begin(), payload.end());
  frame.resize(std::max(frame.size(), wire::kMinFrameSize));
  return frame;
}

/// Its subtype, version or length is never one that a partner has.
Bytes broken_lacpdu(Random& random) {
  auto frame = wire::build_lacpdu(stranger(random), {});
  constexpr std::size_t kSubtype = 14, kVersion = 15, kActorLength = 17;
  switch (random.below(4)) {
    case 0:
      frame.at(kVersion) = 0;
      break;
    case 1:
      frame.at(kSubtype) = static_cast<std::uint8_t>(random.between(3, 255));
      break;
    case 2:
      frame.resize(random.between(16, 60));
      break;
    default:
      frame.at(kActorLength) = static_cast<std::uint8_t>(random.between(21, 255));
      break;
  }
  return frame;
}

Bytes hostile_frame(const std::string& kind, const wire::MacAddress& to, Random& random) {
  const auto from = stranger(random);
  const auto last = static_cast<std::uint8_t>(random.below(256));
  if (kind == "lacp") return broken_lacpdu(random);
  if (kind == "arp") {
    return wire::arp_request(from, {198, 51, 100, last}, random.chance(50) ? kNear : kElsewhere);
  }
  if (kind == "nd") {
    wire::Ipv6Address address{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x77, last};
    return wire::unsolicited_na(from, address, random.chance(50));
  }
  if (kind == "bfd") {
    return wire::build_udp(to, from, {},
                           {.source = wire::Ipv4Address{198, 51, 100, last},
                            .destination = kNear,
                            .ttl = static_cast<std::uint8_t>(random.chance(50) ? 255 : 63),
                            .source_port = 50000,
                            .destination_port = static_cast<std::uint16_t>(random.chance(50) ? 3784 : 6784)},
                           random_octets(random, 24));
  }
  if (kind == "echo") {
    return wire::build_echo({to, from, {}},
                            wire::EchoPacket4{kElsewhere,
                                              kNear,
                                              {.reply = true,
                                               .identifier = static_cast<std::uint16_t>(random.below(65536)),
                                               .sequence = static_cast<std::uint16_t>(random.below(65536)),
                                               .data = random_octets(random, 16)}});
  }
  if (kind == "lldp") {
    return framed(wire::MacAddress({0x01, 0x80, 0xc2, 0, 0, 0x0e}), from, kLldp, random_octets(random, 100));
  }
  if (kind == "cut") {  // a header, and what it promises is not there
    constexpr std::array<std::uint16_t, 6> kTypes{0x0800, 0x0806, 0x86dd, 0x8100, 0x88a8, 0x8809};
    return framed(to, from, random.pick(kTypes), random_octets(random, random.below(40)));
  }
  // An ethertype in the range of lengths is rude, too; the soak's own protocol is left alone.
  return framed(random.chance(50) ? to : wire::MacAddress({0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), from,
                static_cast<std::uint16_t>(random.below(0x8800)),
                random_octets(random, random.between(0, 1400)));
}

// ---- Clients.

/// This thread alone: setresuid(2) of libc changes all threads.
void become(unsigned id) {
  if (id == 0) return;
  if (::syscall(SYS_setgroups, 0, nullptr) != 0 || ::syscall(SYS_setresgid, id, id, id) != 0 ||
      ::syscall(SYS_setresuid, id, id, id) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot become another user");
  }
}

os::UniqueFd dial(const std::filesystem::path& socket) {
  os::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
  // A daemon that is not there, or has enough of us, is no matter here.
  (void)::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return fd;
}

void say(const os::UniqueFd& fd, const std::string& text) {
  (void)::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

std::string call(const std::string& method, const std::string& parameters) {
  return "{\"method\":\"io.ebond." + method + "\",\"parameters\":" + parameters + "}" + '\0';
}

std::string rude_text(const std::string& kind, Random& random) {
  if (kind == "nested")
    return call("Show", "{\"bond\":" + std::string(50000, '[') + std::string(50000, ']') + "}");
  if (kind == "long") return call("Show", "{\"bond\":\"" + std::string(300000, 'x') + "\"}");
  if (kind == "half") return "{\"method\":\"io.ebond.Show\",\"param";
  if (kind == "calls") {
    std::string all;
    constexpr std::array kMethods{"Show",   "Delete", "Set", "Enslave", "Release",
                                  "Forget", "No",     "Add", "GetInfo"};
    for (int i = 0; i < 40; ++i) {
      all += call(random.pick(kMethods),
                  random.chance(50) ? "{\"bond\":7}" : "{\"bond\":\"no-such\",\"options\":{\"a\":[]}}");
    }
    return all;
  }
  const auto octets = random_octets(random, random.between(1, 20000));
  return {octets.begin(), octets.end()};
}

void talk(const std::filesystem::path& socket, const std::string& kind, std::uint64_t seed) {
  Random random(seed);
  std::vector<os::UniqueFd> open;
  const unsigned connections = kind == "many" ? 200 : 4;
  for (unsigned i = 0; i < connections; ++i) {
    open.push_back(dial(socket));
    say(open.back(), rude_text(kind == "many" ? "half" : kind, random));
    if (kind == "hurried") open.clear();
  }
  std::this_thread::sleep_for(200ms);
}

// ---- Filters.

bpf_insn instruction(std::uint8_t code, std::int32_t immediate) {
  bpf_insn insn{};
  insn.code = code;
  insn.imm = immediate;
  return insn;
}

os::UniqueFd load(int verdict) {
  const std::array program{instruction(BPF_ALU64 | BPF_MOV | BPF_K, verdict),
                           instruction(BPF_JMP | BPF_EXIT, 0)};
  os::UniqueFd fd(bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "soak_foreign", "Dual MIT/GPL", program.data(),
                                program.size(), nullptr));
  if (!fd) throw std::system_error(errno, std::generic_category(), "cannot load a filter");
  return fd;
}

}  // namespace

std::vector<Bytes> frames_of_a_stranger(const std::string& kind, const wire::MacAddress& to,
                                        std::uint64_t seed) {
  Random random(seed);
  std::vector<Bytes> frames;
  for (unsigned i = 0; i < kFrames; ++i) frames.push_back(hostile_frame(kind, to, random));
  return frames;
}

void be_a_hostile_client(const std::filesystem::path& socket, const std::string& kind, unsigned id,
                         std::uint64_t seed) {
  std::exception_ptr failed;
  std::thread([&] {
    try {
      become(id);
      talk(socket, kind, seed);
    } catch (...) {
      failed = std::current_exception();
    }
  }).join();
  if (failed) std::rethrow_exception(failed);
}

void set_foreign_filter(const os::Namespace& where, core::IfIndex interface, const std::string& verdict) {
  const auto inside = lab::must(os::NamespaceScope::enter(where));
  LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = static_cast<int>(std::to_underlying(interface)),
              .attach_point = BPF_TC_INGRESS);
  constexpr std::uint32_t kHandle = 0x7, kPriority = 7;
  const auto check = [](int status, const char* what) {
    if (status < 0) throw std::system_error(-status, std::generic_category(), what);
  };
  if (verdict.empty()) {
    LIBBPF_OPTS(bpf_tc_opts, old, .handle = kHandle, .priority = kPriority);
    const int status = bpf_tc_detach(&hook, &old);
    // Its qdisc may have been removed with it.
    if (status != -ENOENT && status != -EINVAL) check(status, "cannot take a filter away");
    return;
  }
  const auto printer = libbpf_set_print(nullptr);  // a hook that is there already is not an error
  const int made = bpf_tc_hook_create(&hook);
  libbpf_set_print(printer);
  if (made != -EEXIST) check(made, "cannot make a TC hook");
  const auto program = load(verdict == "ok" ? TC_ACT_OK : TC_ACT_UNSPEC);
  LIBBPF_OPTS(bpf_tc_opts, fresh, .prog_fd = program.get(), .flags = BPF_TC_F_REPLACE, .handle = kHandle,
              .priority = kPriority);
  check(bpf_tc_attach(&hook, &fresh), "cannot put a filter on an interface");
}

}  // namespace ebond::soak
