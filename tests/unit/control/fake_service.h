// A Service that remembers what it was asked and answers what the test wants.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>
#include <vector>

#include "control/service.h"

namespace ebond::control {

class FakeService : public Service {
 public:
  Result<> add(NamespaceRef netns, const std::string& bond, const KeyValues& options) override {
    std::string text = "add " + bond;
    for (const auto& [key, value] : options) text += " " + key + "=" + value;
    return note(netns, text);
  }
  Result<std::vector<std::string>> add_adopting(NamespaceRef netns, const std::string& bond,
                                                const KeyValues& options,
                                                const std::string& interface) override {
    std::string text = "add " + bond;
    for (const auto& [key, value] : options) text += " " + key + "=" + value;
    if (auto done = note(netns, text + " --adopt " + interface); !done) return std::unexpected(done.error());
    return std::vector<std::string>{"a route is lost"};
  }
  Result<> del(NamespaceRef netns, const std::string& bond) override { return note(netns, "del " + bond); }
  Result<std::vector<std::string>> forget(NamespaceRef netns, const std::string& bond) override {
    if (auto done = note(netns, "forget " + bond); !done) return std::unexpected(done.error());
    return std::vector<std::string>{"eth0: its MTU is not known any more"};
  }
  Result<> set(NamespaceRef netns, const std::string& bond, const KeyValues& options) override {
    std::string text = "set " + bond;
    for (const auto& [key, value] : options) text += " " + key + "=" + value;
    return note(netns, text);
  }
  Result<std::vector<std::string>> enslave(NamespaceRef netns, const std::string& bond,
                                           const std::vector<std::string>& interfaces,
                                           Absent absent) override {
    std::string text = "enslave " + bond;
    for (const auto& interface : interfaces) text += " " + interface;
    if (absent == Absent::awaited) text += " or wait";
    if (auto done = note(netns, text); !done) return std::unexpected(done.error());
    return std::vector<std::string>{"eth0 had addresses: flushed"};
  }
  Result<> release(NamespaceRef netns, const std::string& bond,
                   const std::vector<std::string>& interfaces) override {
    std::string text = "release " + bond;
    for (const auto& interface : interfaces) text += " " + interface;
    return note(netns, text);
  }
  Result<> set_slave(NamespaceRef netns, const std::string& interface, const KeyValues& options) override {
    std::string text = "set_slave " + interface;
    for (const auto& [key, value] : options) text += " " + key + "=" + value;
    return note(netns, text);
  }
  std::vector<std::string> namespaces_with_bonds() override { return {"net:[7]", "net:[8]"}; }
  Result<> checkpoint(NamespaceRef netns, const std::vector<std::string>& bonds,
                      std::chrono::seconds within) override {
    std::string text = "checkpoint " + std::to_string(within.count());
    for (const auto& bond : bonds) text += " " + bond;
    return note(netns, text);
  }
  Result<> confirm(NamespaceRef netns) override { return note(netns, "confirm"); }
  Result<> roll_back(NamespaceRef netns) override { return note(netns, "roll back"); }
  Result<> drain(NamespaceRef netns, const std::string& interface, bool on, bool force) override {
    return note(netns, (on ? force ? "drain --force " : "drain " : "undrain ") + interface);
  }
  Result<std::vector<core::BondReport>> show(NamespaceRef netns, const std::string& bond) override {
    if (auto done = note(netns, "show " + bond); !done) return std::unexpected(done.error());
    core::BondReport view;
    view.status.name = bond.empty() ? "bond0" : bond;
    return std::vector<core::BondReport>{view};
  }
  Result<core::Foresight> foresee(NamespaceRef netns, const std::string& bond) override {
    if (auto done = note(netns, "foresee " + bond); !done) return std::unexpected(done.error());
    return core::Foresight{.bond = bond, .slaves = {{core::SlotId{3}, "eth0"}}};
  }
  core::DaemonReport about_itself() override { return {}; }
  Result<core::EventShelf::Part> history(NamespaceRef netns, std::int64_t since_ns,
                                         std::uint64_t from) override {
    if (auto done = note(netns, "history"); !done) return std::unexpected(done.error());
    return kept.part(1, from, since_ns, 2);
  }
  std::shared_ptr<void> subscribe(NamespaceRef, EventSink new_sink,
                                  std::optional<std::uint64_t> from) override {
    sink = std::move(new_sink);
    if (from) {
      for (const auto& event : kept.part(1, *from, 0, 1000).events) sink(*event);
    }
    return {this, [this](void*) { sink = nullptr; }};
  }

  std::vector<std::string> calls;
  std::vector<ino_t> namespaces;  ///< inode of each call's namespace
  std::optional<Error> refusal;   ///< answer to everything, where set
  EventSink sink;
  core::EventShelf kept{100};  ///< events of namespace 1, whatever is asked for; history() has two at a time
  std::function<void()> during_call;

 private:
  Result<> note(NamespaceRef netns, const std::string& text) {
    struct stat info{};
    if (netns.fd >= 0) ::fstat(netns.fd, &info);
    namespaces.push_back(netns.fd >= 0 ? info.st_ino : netns.inode);
    calls.push_back(text);
    if (during_call) during_call();
    if (refusal) return std::unexpected(*refusal);
    return {};
  }
};

}  // namespace ebond::control
