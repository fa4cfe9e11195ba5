#include "tests/soak/footing.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "lab/must.h"
#include "wire/ip_address.h"

namespace ebond::soak {
namespace {

constexpr const char* kAddress = "address ";
constexpr const char* kRoute = "route ";

/// The kernel makes these by itself, in its own time.
bool is_given(const std::string& line) {
  return line.find(" fe80:") == std::string::npos && line.find("proto kernel") == std::string::npos &&
         !line.starts_with("ff00::") && !line.starts_with("fe80::") && !line.starts_with("multicast");
}

void add_lines(std::vector<std::string>& all, const std::string& prefix, const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    while (line.ends_with(' ')) line.pop_back();
    // What the kernel says of a route while its interface has no carrier or is down.
    for (const std::string state : {" linkdown", " dead"}) {
      if (line.ends_with(state)) line.resize(line.size() - state.size());
    }
    if (!line.empty() && is_given(line)) all.push_back(prefix + line);
  }
}

}  // namespace

std::vector<std::string> footing_of(lab::Node& where, const std::string& interface) {
  const auto link = where.link(interface);
  // The kernel counts anew when an interface is set up, and not while it is down.
  const bool is_promiscuous = link.is_up() && link.promiscuity > 0;
  std::vector<std::string> all{"MAC " + link.mac.to_string(), fmt::format("MTU {}", link.mtu),
                               link.is_up() ? "up" : "down",
                               fmt::format("ARP {}, promiscuous {}, in a master {}", !link.noarp(),
                                           is_promiscuous, link.master.has_value())};
  // "7: eth1    inet 198.51.100.1/24 scope global eth1 …": the number may be another.
  const auto addresses = where.must_run({"ip", "-o", "address", "show", "dev", interface});
  add_lines(all, kAddress, std::regex_replace(addresses, std::regex("(^|\n)[0-9]+: "), "$1"));
  add_lines(all, kRoute, where.must_run({"ip", "route", "show", "dev", interface}));
  add_lines(all, "", where.must_run({"tc", "qdisc", "show", "dev", interface}));
  return all;
}

std::vector<std::string> of_a_new_one(std::vector<std::string> footing) {
  std::erase_if(footing, [](const std::string& line) {
    return line.starts_with(kAddress) || line.starts_with(kRoute) || line == "up" || line == "down";
  });
  return footing;
}

Holdings holdings_of(pid_t daemon) {
  const std::filesystem::path proc = fmt::format("/proc/{}", daemon);
  Holdings holdings;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator(proc / "fd"))
    ++holdings.descriptors;
  std::ifstream status(proc / "status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:"))
      holdings.memory_kib = std::stoul(line.substr(line.find_first_of("0123456789")));
  }
  return holdings;
}

std::set<unsigned> programs_on(lab::Node& where, const std::string& interface) {
  std::set<unsigned> ids;
  for (const char* way : {"ingress", "egress"}) {
    const auto text = where.run({"tc", "filter", "show", "dev", interface, way}).output;
    static const std::regex kId("ebond_[a-z]+:?\\[?[0-9]*\\]?.* id ([0-9]+)");
    for (auto at = std::sregex_iterator(text.begin(), text.end(), kId); at != std::sregex_iterator(); ++at) {
      ids.insert(static_cast<unsigned>(std::stoul((*at)[1])));
    }
  }
  return ids;
}

bool program_is_there(const lab::Node& anywhere, unsigned id) {
  return anywhere.run({"bpftool", "prog", "show", "id", std::to_string(id)}).exit_code == 0;
}

}  // namespace ebond::soak
