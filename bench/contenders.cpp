#include "bench/contenders.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "lab/ebond.h"
#include "lab/frr.h"

namespace ebond::bench {
namespace {

using namespace std::chrono_literals;
using lab::Arguments;
using lab::Host;

constexpr auto kSettle = 1500ms;  // a link's first report, a switch port's first frame

/// What stands behind "Currently Active Slave: " in the driver's proc text.
std::string active_in(const std::string& proc_text) {
  constexpr std::string_view kLabel = "Currently Active Slave: ";
  const auto at = proc_text.find(kLabel);
  if (at == std::string::npos) return {};
  const auto begin = at + kLabel.size();
  return proc_text.substr(begin, proc_text.find('\n', begin) - begin);
}

Arguments joined(Arguments words, const Arguments& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

class ByEbond : public Contender {
 public:
  ByEbond(Host& server, const std::string& address, const Arguments& options, const Arguments& daemon_options)
      : server_(server), ebond_(EBOND_BUILD_DIR, daemon_options) {
    ebond_.must_run(server, joined({"add", "bond0", "mode", "active-backup"}, options));
    ebond_.must_run(server, {"enslave", "bond0", "eth0", "eth1"});
    server.add_address("bond0", address);
    server.set_up("bond0");
  }
  std::string active() const override {
    return active_in(ebond_.must_run(server_, {"show", "--proc", "bond0"}));
  }
  bool has_hook() const { return ebond_.must_run(server_, {"show"}).contains("carrier hook"); }

 private:
  Host& server_;
  lab::Ebond ebond_;
};

class ByDriver : public Contender {
 public:
  ByDriver(Host& server, const std::string& address, const Arguments& options) : server_(server) {
    server.must_run(joined({"ip", "link", "add", "bond0", "type", "bond", "mode", "active-backup"}, options));
    for (const char* slave : {"eth0", "eth1"}) {
      server.must_run({"ip", "link", "set", slave, "down"});
      server.must_run({"ip", "link", "set", slave, "master", "bond0"});
    }
    server.add_address("bond0", address);
    server.set_up("bond0");
  }
  std::string active() const override {
    return active_in(server_.must_run({"cat", "/proc/net/bonding/bond0"}));
  }

 private:
  Host& server_;
};

class ByTeamd : public Contender {
 public:
  /// `first`: teamd's settings of eth0, as JSON.
  ByTeamd(Host& server, const std::string& address, const std::string& first)
      : server_(server), device_(fmt::format("team{}", ++teams_)), teamd_(start(server)) {
    for (int attempt = 0; attempt < 100 && server.run({"ip", "link", "show", device_}).exit_code != 0;
         ++attempt) {
      if (!teamd_.running()) throw std::runtime_error("teamd ended");
      std::this_thread::sleep_for(100ms);
    }
    control({"port", "config", "update", "eth0", first});
    for (const char* slave : {"eth0", "eth1"}) {
      server.must_run({"ip", "link", "set", slave, "down"});
      control({"port", "add", slave});
    }
    server.add_address(device_, address);
    server.set_up(device_);
  }
  std::string active() const override {
    auto port = control({"state", "item", "get", "runner.active_port"});
    while (!port.empty() && port.back() == '\n') port.pop_back();
    return port;
  }

 private:
  // Its control socket is named after the device, for all namespaces together.
  static inline int teams_ = 0;
  lab::Process start(Host& server) const {
    const auto config = fmt::format(
        R"({{"device": "{}", "runner": {{"name": "activebackup"}}, "link_watch": {{"name": "ethtool"}}}})",
        device_);
    return server.start({"teamd", "--config", config},
                        std::filesystem::temp_directory_path() / (device_ + ".log"));
  }
  /// Its socket may not be there yet.
  std::string control(const Arguments& words) const {
    for (int attempt = 0;; ++attempt) {
      const auto answer = server_.run(joined({"teamdctl", device_}, words));
      if (answer.exit_code == 0) return answer.output;
      if (attempt == 50) throw std::runtime_error("teamdctl: " + answer.output);
      std::this_thread::sleep_for(100ms);
    }
  }

  Host& server_;
  std::string device_;
  lab::Process teamd_;
};

std::unique_ptr<Contender> settled(std::unique_ptr<Contender> contender) {
  std::this_thread::sleep_for(kSettle);
  return contender;
}

Entry ebond_entry(std::string name, Arguments options, Arguments daemon_options,
                  bool must_have_hook = false) {
  return {std::move(name), [=](Host& server, const std::string& address) {
            auto made = std::make_unique<ByEbond>(server, address, options, daemon_options);
            if (must_have_hook && !made->has_hook())
              throw std::runtime_error("this kernel refuses the carrier hook");
            return settled(std::move(made));
          }};
}

Entry driver_entry(std::string name, Arguments options) {
  return {std::move(name), [=](Host& server, const std::string& address) {
            return settled(std::make_unique<ByDriver>(server, address, options));
          }};
}

/// `first`: teamd's settings of eth0, as JSON.
Entry teamd_entry(std::string name, std::string first) {
  return {std::move(name), [=](Host& server, const std::string& address) {
            return settled(std::make_unique<ByTeamd>(server, address, first));
          }};
}

}  // namespace

std::vector<Entry> link_watchers() {
  return {ebond_entry("ebond, hook", {"miimon", "100"}, {}, true),
          ebond_entry("ebond, no hook", {"miimon", "100"}, {"--no-carrier-hook"}),
          driver_entry("driver, miimon 100", {"miimon", "100"}),
          driver_entry("driver, miimon 10", {"miimon", "10"}), teamd_entry("teamd", "{}")};
}

std::vector<Entry> plain_bonds() {
  return {ebond_entry("ebond, veth", {"bond0_device", "veth"}, {}),
          ebond_entry("ebond, netkit", {"bond0_device", "netkit"}, {}),
          driver_entry("driver", {"miimon", "100"})};
}

std::vector<Entry> path_watchers(const std::string& target, int interval_ms) {
  const Arguments probes{"arp_interval", std::to_string(interval_ms), "arp_ip_target", target};
  const auto each = fmt::format("ARP monitor, {} ms", interval_ms);
  auto bfd = ebond_entry("ebond, BFD, 3 x 10 ms",
                         {"miimon", "100", "path_target", target, "path_interval", "10", "path_multiplier",
                          "3", "path_monitor", "bfd"},
                         {});
  bfd.peer = [](Host& client, const std::string& server_address) {
    return std::make_shared<lab::Bfdd>(client, server_address,
                                       lab::Bfdd::Pace{.interval_ms = 10, .multiplier = 3});
  };
  return {std::move(bfd), ebond_entry("ebond, " + each, joined({"miimon", "100"}, probes), {}),
          driver_entry("driver, " + each, probes), driver_entry("driver, miimon 100", {"miimon", "100"})};
}

std::vector<Entry> returners(const std::string& target) {
  const Arguments always{"miimon", "100", "primary", "eth0", "primary_reselect", "always"};
  const Arguments probes{"arp_interval", "100", "arp_ip_target", target};
  // The driver takes a primary only once it is enslaved.
  const auto driver = [&](const std::string& more, const Arguments& options) {
    return Entry{"driver, miimon 100" + more, [=](Host& server, const std::string& address) {
                   auto made =
                       std::make_unique<ByDriver>(server, address, joined({"miimon", "100"}, options));
                   server.must_run({"ip", "link", "set", "bond0", "type", "bond", "primary", "eth0",
                                    "primary_reselect", "always"});
                   return settled(std::move(made));
                 }};
  };
  return {ebond_entry("ebond, failback proof", joined(joined(always, {"failback", "proof"}), probes), {}),
          ebond_entry("ebond, failback immediate", joined(always, {"failback", "immediate"}), {}),
          driver("", {}), driver(", updelay 1000", {"updelay", "1000"}),
          teamd_entry("teamd, prio 100", R"({"prio": 100})")};
}

}  // namespace ebond::bench
