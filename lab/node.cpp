#include "lab/node.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_addr.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "lab/leftovers.h"
#include "lab/must.h"

namespace ebond::lab {
namespace {

constexpr const char* kBridge = "br0";

std::system_error failed(const std::string& what) {
  return {errno, std::generic_category(), what};
}

/// /run/netns as `ip netns` wants it: a shared mount, so that a name removed here is removed everywhere.
void prepare_directory() {
  const std::string directory(os::kNamespaceDirectory);
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) throw failed("cannot make " + directory);
  if (::mount("", directory.c_str(), "none", MS_SHARED | MS_REC, nullptr) == 0) return;
  if (errno != EINVAL) throw failed("cannot share " + directory);
  if (::mount(directory.c_str(), directory.c_str(), "none", MS_BIND | MS_REC, nullptr) != 0 ||
      ::mount("", directory.c_str(), "none", MS_SHARED | MS_REC, nullptr) != 0) {
    throw failed("cannot share " + directory);
  }
}

os::Namespace create_named(const std::string& name) {
  prepare_directory();
  const auto path = fmt::format("{}/{}", os::kNamespaceDirectory, name);
  const os::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0));
  if (!file) throw failed("cannot create " + path);
  remember_namespace(name);
  int error = 0;
  std::thread([&] {  // a thread of its own: the caller stays where it is
    if (::unshare(CLONE_NEWNET) != 0 ||
        ::mount("/proc/thread-self/ns/net", path.c_str(), "none", MS_BIND, nullptr) != 0) {
      error = errno;
    }
  })
      .join();
  if (error != 0) {
    ::unlink(path.c_str());
    forget_namespace(name);
    throw std::system_error(error, std::generic_category(), "cannot make network namespace " + name);
  }
  return must(os::Namespace::open_path(path));
}

os::Address parse_address(os::IfIndex ifindex, std::string_view text) {
  const auto slash = text.find('/');
  os::Address address{.ifindex = ifindex};
  int prefix = -1;
  if (slash != std::string_view::npos) {
    std::from_chars(text.data() + slash + 1, text.data() + text.size(), prefix);
  }
  const auto ip = text.substr(0, slash);
  if (auto v4 = wire::parse_ipv4(ip)) address.local = *v4;
  const auto v6 = wire::parse_ipv6(ip);
  if (v6) address.local = *v6;
  if (prefix < 0 || (!v6 && !wire::parse_ipv4(ip))) {
    throw std::invalid_argument(fmt::format("'{}' is not an address with its prefix length", text));
  }
  address.prefix_length = static_cast<std::uint8_t>(prefix);
  if (v6) address.flags = IFA_F_NODAD;
  return address;
}

}  // namespace

Node::Node(std::string name)
    : name_(std::move(name)),
      netns_name_(namespace_name(name_)),
      netns_(create_named(netns_name_)),
      net_(must(os::Rtnetlink::open(netns_))) {}

Node::~Node() {
  const auto path = fmt::format("{}/{}", os::kNamespaceDirectory, netns_name_);
  ::umount2(path.c_str(), MNT_DETACH);
  ::unlink(path.c_str());
  forget_namespace(netns_name_);
}

os::LinkInfo Node::link(std::string_view interface) {
  return must(net_.link(interface));
}

void Node::set_up(std::string_view interface, bool up) {
  must(net_.set_up(link(interface).ifindex, up));
}

std::string Node::must_run(const Arguments& arguments) const {
  auto result = run(arguments);
  if (result.exit_code == 0) return std::move(result.output);
  std::string line = name_ + ":";
  for (const auto& argument : arguments) line += " " + argument;
  throw std::runtime_error(fmt::format("{}: exit {}: {}", line, result.exit_code, result.output));
}

Host::Host(std::string name) : Node(std::move(name)) {
  set_up("lo");
}

void Host::add_address(std::string_view interface, std::string_view address) {
  must(net().add_address(parse_address(link(interface).ifindex, address)));
}

Switch::Switch(std::string name) : Node(std::move(name)) {
  must(net().create_bridge(kBridge));
  set_up(kBridge);
}

void Switch::adopt(std::string_view interface) {
  must(net().set_master(link(interface).ifindex, link(kBridge).ifindex));
  set_up(interface);
}

bool Switch::forwards(const std::string& port) const {
  return run({"bridge", "link", "show", "dev", port}).output.find("state forwarding") != std::string::npos;
}

}  // namespace ebond::lab
