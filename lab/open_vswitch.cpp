#include "lab/open_vswitch.h"

#include <stdexcept>

#include "lab/eventually.h"

namespace ebond::lab {

OpenVSwitch::OpenVSwitch(Host& host)
    : host_(host), dir_(std::filesystem::temp_directory_path() / (host.netns_name() + "-ovs")) {
  std::filesystem::create_directories(dir_);
  host_.must_run({"ovsdb-tool", "create", at("conf.db"), "/usr/share/openvswitch/vswitch.ovsschema"});
  database_ =
      std::make_unique<Process>(host_.netns(),
                                with_dir({"ovsdb-server", at("conf.db"), "--remote=punix:" + at("db.sock"),
                                          "--unixctl=" + at("db.ctl")}),
                                at("ovsdb.log"));
  if (!eventually([&] { return vsctl({"--no-wait", "init"}).exit_code == 0; })) {
    throw std::runtime_error("the database of Open vSwitch does not start");
  }
  daemon_ = std::make_unique<Process>(
      host_.netns(), with_dir({"ovs-vswitchd", "unix:" + at("db.sock"), "--unixctl=" + at("vswitchd.ctl")}),
      at("vswitchd.log"));
  must_vsctl({"add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev"});
}

OpenVSwitch::~OpenVSwitch() {
  daemon_.reset();
  database_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(dir_, ignored);
}

void OpenVSwitch::must_vsctl(const Arguments& arguments) const {
  const auto result = vsctl(arguments);
  if (result.exit_code != 0) throw std::runtime_error("ovs-vsctl: " + result.output);
}

std::string OpenVSwitch::appctl(const std::string& command) const {
  return host_.run({"ovs-appctl", "--target", at("vswitchd.ctl"), command}).output;
}

bool OpenVSwitch::is_enabled(const std::string& member) const {
  return appctl("bond/show").find(" " + member + ": enabled") != std::string::npos;
}

Arguments OpenVSwitch::with_dir(const Arguments& arguments) const {
  Arguments whole{"env", "OVS_RUNDIR=" + dir_.string(), "OVS_LOGDIR=" + dir_.string()};
  whole.insert(whole.end(), arguments.begin(), arguments.end());
  return whole;
}

CommandResult OpenVSwitch::vsctl(const Arguments& arguments) const {
  Arguments whole{"ovs-vsctl", "--timeout=20", "--db=unix:" + at("db.sock")};
  whole.insert(whole.end(), arguments.begin(), arguments.end());
  return host_.run(whole);
}

}  // namespace ebond::lab
