// IfupdownHost for real: bonds by the daemon, links by rtnetlink in the same network namespace, and
// ifupdown's own programs.
#pragma once

#include <utility>

#include "cli/ifupdown.h"
#include "cli/live_host.h"
#include "control/client.h"
#include "os/rtnetlink.h"

namespace ebond::cli {

class LiveIfupdown : public IfupdownHost {
 public:
  /// `host` for what `ebond up` does as well; the others are for the rest.
  LiveIfupdown(LiveHost host, control::Client client, os::Rtnetlink links)
      : host_(std::move(host)), client_(std::move(client)), links_(std::move(links)) {}

  Step<std::vector<config::BondConfig>> bonds() override;
  Step<std::vector<Card>> cards() override { return host_.cards(); }
  bool has_interface(const std::string& name) override { return host_.has_interface(name); }
  bool carries(const std::string& interface) override;
  Step<> set_down(const std::string& interface) override;
  Step<> add_bond(const std::string& bond, const config::KeyValues& options) override {
    return host_.add_bond(bond, options);
  }
  Step<> delete_bond(const std::string& bond) override { return host_.delete_bond(bond); }
  Step<> set_bond(const std::string& bond, const config::KeyValues& options) override {
    return host_.set_bond(bond, options);
  }
  Step<std::vector<std::string>> enslave(const std::string& bond, const std::string& slave) override {
    return host_.enslave(bond, {slave});
  }
  Step<> release(const std::string& bond, const std::string& slave) override {
    return host_.release(bond, {slave});
  }
  Step<> set_slave(const std::string& slave, const config::KeyValues& options) override {
    return host_.set_slave(slave, options);
  }
  std::optional<std::string> run(const std::vector<std::string>& command) override;
  void wait_a_second() override;
  void say(const std::string& line) override;

 private:
  LiveHost host_;
  control::Client client_;
  os::Rtnetlink links_;
};

}  // namespace ebond::cli
