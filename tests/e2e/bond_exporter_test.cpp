// ebond-exporter as systemd starts it, scraped by a real Prometheus; and whatever the dashboard and the
// alerts ask for, asked of it.
#include <chrono>
#include <cstdlib>
#include <fstream>

#include "lab/must.h"
#include "os/file.h"
#include "os/packet_socket.h"
#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr auto kExporter = "127.0.0.1:9716", kPrometheus = "127.0.0.1:9090";

bool is_here(const std::string& program) {
  return std::system((program + " --version >/dev/null 2>&1").c_str()) == 0;
}

wire::Bytes lldp() {
  wire::Bytes frame{0x01, 0x80, 0xc2, 0, 0, 0x0e, 2, 0, 0, 0, 0, 9, 0x88, 0xcc};
  frame.insert(frame.end(), {2, 4, 7, 's', 'w', '1', 4, 3, 5, 'p', '1', 6, 2, 0, 120, 0, 0});
  frame.resize(60);
  return frame;
}

//   server eth0, eth1 (bond0, watched by ICMP) --- sw --- eth0 client
//          eth2, eth3 (bond1, 802.3ad) ----------- eth2, eth3 (bond1) client
class ExporterTest : public OneSwitch {
 protected:
  void SetUp() override {
    if (!is_here("prometheus") || !is_here("systemd-socket-activate")) {
      GTEST_SKIP() << "scripts/setup test installs Debian's packages prometheus and systemd";
    }
    OneSwitch::SetUp();
    directory = fs::path(ebond.run_dir()) / "exporter";
    fs::create_directories(directory / "etc");
  }
  /// As ebond-exporter.socket and its service have it: a process for each connection.
  Process start_exporter() {
    return server.start({"systemd-socket-activate", "--accept", "--inetd", "--listen", kExporter,
                         EBOND_BUILD_DIR "/ebond-exporter", "--run-dir", ebond.run_dir().string(),
                         "--config-dir", (directory / "etc").string()},
                        directory / "exporter.log");
  }
  std::string fetch(const std::string& path, const Arguments& more = {}) {
    Arguments command{"curl", "--silent", "--include", "--max-time", "10"};
    command.insert(command.end(), more.begin(), more.end());
    command.push_back(fmt::format("http://{}{}", kExporter, path));
    return server.run(command).output;
  }
  bool answers() {
    return eventually([&] { return fetch("/metrics").find("# EOF") != std::string::npos; });
  }
  json ask(const std::string& query) {
    const auto answer = server.run({"curl", "--silent", "--get", "--data-urlencode", "query=" + query,
                                    fmt::format("http://{}/api/v1/query", kPrometheus)});
    return json::parse(answer.output, nullptr, false);
  }
  bool has_data(const std::string& query) {
    const auto answer = ask(query);
    return answer.is_object() && answer.value("status", "") == "success" && !answer["data"]["result"].empty();
  }

  fs::path directory;
};

TEST_F(ExporterTest, AnswersOneRequestOfAConnection) {
  bond({"mode", "active-backup"});
  const auto exporter = start_exporter();
  ASSERT_TRUE(answers());
  const auto text = fetch("/metrics");
  EXPECT_THAT(text, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(text, HasSubstr("node_bonding_slaves{master=\"bond0\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("ebond_daemon_loop_lag_seconds_count"));
  EXPECT_THAT(fetch("/metrics", {"--header", "Accept: application/openmetrics-text"}),
              HasSubstr("application/openmetrics-text; version=1.0.0"));
  EXPECT_THAT(fetch("/other"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(fetch("/metrics", {"--request", "POST"}), StartsWith("HTTP/1.1 405 "));
  ebond.kill(SIGTERM);
  EXPECT_THAT(fetch("/metrics"), HasSubstr("503 Service Unavailable"));
  ebond.start();
  EXPECT_THAT(fetch("/metrics"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(ExporterTest, TellsOfAllNetworkNamespacesAlsoToAUserWithoutRights) {
  bond({"mode", "active-backup"});
  auto& other = lab.host("other");
  ebond.must_run(other, {"add", "bond0", "mode", "balance-rr"});
  const auto as_nobody = [&](const Arguments& words) {
    Arguments command{"setpriv",
                      "--reuid",
                      "65534",
                      "--regid",
                      "65534",
                      "--clear-groups",
                      "--bounding-set=-all",
                      EBOND_BUILD_DIR "/ebond",
                      "--run-dir",
                      ebond.run_dir().string()};
    command.insert(command.end(), words.begin(), words.end());
    return server.must_run(command);
  };
  const auto text = as_nobody({"metrics", "--all"});
  for (const auto& netns : {server.netns_name(), other.netns_name()}) {
    EXPECT_THAT(text, HasSubstr(fmt::format("ebond_bond_carrier{{bond=\"bond0\",netns=\"{}\"}}", netns)));
  }
  EXPECT_THAT(text, HasSubstr("node_bonding_slaves{master=\"bond0\"} 2\n"));
  EXPECT_THAT(text, Not(HasSubstr("node_bonding_slaves{master=\"bond0\"} 0\n")));
  std::ofstream(directory / "metrics") << text;
  const auto checked =
      server.run({"sh", "-c", "promtool check metrics <" + (directory / "metrics").string()});
  EXPECT_EQ(checked.exit_code, 0) << checked.output;
}

TEST_F(ExporterTest, GivesPrometheusAllThatDashboardAndAlertsAskFor) {
  auto& third = lab.cable(server, "eth2", client, "eth2");
  lab.cable(server, "eth3", client, "eth3");
  bond({"mode", "active-backup", "path_monitor", "icmp", "path_target", "192.0.2.2", "path_interval", "200"});
  for (auto* host : {&server, &client}) {
    ebond.must_run(*host, {"add", "bond1", "mode", "802.3ad", "lacp_rate", "fast"});
    ebond.must_run(*host, {"enslave", "bond1", "eth2", "eth3"});
    host->set_up("bond1");
  }
  const auto sender = must(os::FrameSender::open(sw.netns()));
  must(sender.send(sw.link("p1").ifindex, lldp()));
  // A file that says otherwise than what runs.
  std::ofstream(directory / "etc" / "bonds.toml")
      << "[bond.bond0]\nmode = \"active-backup\"\nmiimon = 50\nslaves = [\"eth0\", \"eth1\"]\n";
  const auto exporter = start_exporter();
  ASSERT_TRUE(answers());
  std::ofstream(directory / "prometheus.yml")
      << "global:\n  scrape_interval: 1s\n  evaluation_interval: 1s\n"
      << "rule_files: [" EBOND_SOURCE_DIR "/contrib/prometheus/ebond.rules.yml]\n"
      << "scrape_configs:\n  - job_name: ebond\n    static_configs:\n      - targets: ['" << kExporter
      << "']\n";
  const auto prometheus = server.start(
      {"prometheus", "--config.file", (directory / "prometheus.yml").string(), "--storage.tsdb.path",
       (directory / "data").string(), "--web.listen-address", kPrometheus},
      directory / "prometheus.log");
  ASSERT_TRUE(eventually([&] { return has_data("up{job=\"ebond\"} == 1"); }))
      << os::read_file(directory / "prometheus.log").value_or("") << fetch("/metrics").substr(0, 500);
  const auto began = std::chrono::steady_clock::now();
  left.pull();
  third.pull();
  EXPECT_TRUE(eventually([&] { return has_data("ebond_bond_failovers_total{bond=\"bond0\"} > 0"); }));
  RecordProperty("ms_until_prometheus_told",
                 static_cast<int>((std::chrono::steady_clock::now() - began) / 1ms));
  EXPECT_TRUE(
      eventually([&] { return has_data("ALERTS{alertname=\"EbondNoRedundancy\", bond=\"bond0\"}"); }));
  EXPECT_TRUE(eventually([&] { return has_data("ALERTS{alertname=\"EbondConfigDrift\", bond=\"bond0\"}"); }));
  // Every query of the dashboard has an answer.
  const auto dashboard =
      json::parse(os::read_file(EBOND_SOURCE_DIR "/contrib/grafana/ebond.json").value_or(""));
  std::size_t queries = 0;
  for (const auto& panel : dashboard["panels"]) {
    for (const auto& target : panel.value("targets", json::array())) {
      auto query = target["expr"].get<std::string>();
      for (const auto& [name, value] : {std::pair<std::string, std::string>{"$instance", ".*"},
                                        {"$bond", ".*"},
                                        {"$__rate_interval", "30s"}}) {
        for (std::size_t at; (at = query.find(name)) != std::string::npos;)
          query.replace(at, name.size(), value);
      }
      ++queries;
      EXPECT_TRUE(eventually([&] { return has_data(query); }))
          << panel["title"] << ": " << query << ask(query);
    }
  }
  EXPECT_GE(queries, 30u);
}

TEST(Alerts, PassTheirOwnTests) {
  if (!is_here("promtool")) GTEST_SKIP() << "scripts/setup test installs Debian's package prometheus";
  for (const auto* what : {"check rules ebond.rules.yml", "test rules ebond.tests.yml"}) {
    const auto command =
        fmt::format("cd {}/contrib/prometheus && promtool {} >/dev/null", EBOND_SOURCE_DIR, what);
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }
}

}  // namespace
}  // namespace ebond::lab
