// Any bytes as the JSON of a team and of one of its ports, as RHEL's ifcfg files hold them.
#include "config/formats/teamd.h"
#include "tests/fuzz/any_configuration.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ebond::config;
  const auto json = parse_json({reinterpret_cast<const char*>(data), size}, {"ifcfg-team0", 3});
  if (!json) {
    if (json.error().message.empty() || json.error().where.line < 3) std::abort();
    return 0;
  }
  Notes notes;
  Draft draft;
  draft.bond.name = "team0";
  draft.bond.where = {"ifcfg-team0", 1};
  add_team_settings(draft, *json, notes);
  add_team_port(draft, {.slave = {.name = "eth0"}, .where = {"ifcfg-eth0", 1}}, *json, notes);
  conclude_team(draft, *json, notes);
  std::vector<Draft> drafts;
  drafts.push_back(std::move(draft));
  ebond::fuzz::check_configuration(finish(std::move(drafts), std::move(notes)));
  return 0;
}
