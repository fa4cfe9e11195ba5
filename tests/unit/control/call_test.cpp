#include "control/call.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include "control/error_names.h"
#include "os/unique_fd.h"
#include "tests/unit/control/fake_service.h"

namespace ebond::control {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

/// May change the bonds of one network namespace, as root of a container may.
class RightsOver : public Rights {
 public:
  explicit RightsOver(int netns) : netns_(netns) {}
  Result<> may_change(NamespaceRef netns) const override {
    if (netns.fd == netns_) return {};
    return std::unexpected(Error{Error::Kind::permission, "not yours", {}});
  }

 private:
  int netns_;
};

class Answer : public testing::Test {
 protected:
  json ask(const char* method, json parameters = json::object()) {
    return ask_as(root, method, std::move(parameters));
  }
  json ask_as(const Rights& rights, const char* method, json parameters = json::object()) {
    return answer(service, Caller{NamespaceRef{netns.get()}, rights},
                  Call{method, std::move(parameters), false, false});
  }

  FakeService service;
  os::UniqueFd netns{::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)};
  RightsOver root{netns.get()}, stranger{-1};
};

TEST(ParseCall, ReadsMethodParametersAndFlags) {
  const auto call = parse_call(R"({"method":"io.ebond.Add","parameters":{"bond":"bond0"},"oneway":true})");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->method, "io.ebond.Add");
  EXPECT_EQ(call->parameters, (json{{"bond", "bond0"}}));
  EXPECT_TRUE(call->oneway);
  EXPECT_FALSE(call->more);
}

TEST(ParseCall, TakesMissingParametersForNone) {
  const auto call = parse_call(R"({"method":"io.ebond.Check"})");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->parameters, json::object());
}

TEST(ParseCall, RefusesWhatIsNoCall) {
  for (const auto* text :
       {"", "nonsense", "[]", "1", "{}", R"({"method":1})", R"({"method":"a.b","parameters":[]})",
        R"({"method":"a.b","more":"yes"})", R"({"method":"a.b")", "{\"method\":\"\xff\"}"}) {
    EXPECT_FALSE(parse_call(text)) << text;
  }
}

TEST(ParseCall, RefusesANestThatWouldTakeTheStackOfWhoCopiesIt) {
  constexpr std::size_t kDeep = 130'000;
  const auto nested = [](std::size_t depth) {
    return R"({"method":"io.ebond.Show","parameters":{"bond":)" + std::string(depth, '[') +
           std::string(depth, ']') + "}}";
  };
  EXPECT_TRUE(parse_call(nested(kMaxNesting - 2)));
  EXPECT_FALSE(parse_call(nested(kMaxNesting - 1)));
  EXPECT_FALSE(parse_call(nested(kDeep)));
}

TEST_F(Answer, HandsOptionsOnInTheirOrder) {
  const auto reply = ask(
      "io.ebond.Add",
      {{"bond", "bond0"},
       {"options", {{{"key", "mode"}, {"value", "active-backup"}}, {{"key", "miimon"}, {"value", "100"}}}}});
  EXPECT_EQ(reply, (json{{"parameters", json::object()}}));
  EXPECT_THAT(service.calls, ElementsAre("add bond0 mode=active-backup miimon=100"));
}

TEST_F(Answer, ReturnsTheWarningsOfAddingABondThatAdopts) {
  const auto reply = ask("io.ebond.Add", {{"bond", "bond0"}, {"adopt", "eth0"}});
  EXPECT_EQ(reply["parameters"]["warnings"], (json{"a route is lost"}));
  EXPECT_THAT(service.calls, ElementsAre("add bond0 --adopt eth0"));
}

TEST_F(Answer, HandsWaysBackOn) {
  ask("io.ebond.Checkpoint", {{"bonds", {"bond0", "bond1"}}, {"seconds", 60}});
  ask("io.ebond.Confirm");
  ask("io.ebond.RollBack");
  EXPECT_THAT(service.calls, ElementsAre("checkpoint 60 bond0 bond1", "confirm", "roll back"));
  EXPECT_EQ(ask("io.ebond.Checkpoint", {{"bonds", {"bond0"}}, {"seconds", "soon"}})["error"],
            "org.varlink.service.InvalidParameter");
}

TEST_F(Answer, ReturnsTheWarningsOfEnslaving) {
  const auto reply = ask("io.ebond.Enslave", {{"bond", "bond0"}, {"interfaces", {"eth0", "eth1"}}});
  EXPECT_EQ(reply["parameters"]["warnings"], (json{"eth0 had addresses: flushed"}));
  EXPECT_THAT(service.calls, ElementsAre("enslave bond0 eth0 eth1"));
}

TEST_F(Answer, NamesAServicesRefusalWithItsMessageAndOption) {
  service.refusal = Error{Error::Kind::bad_option, "mode cannot be 9: use 0 to 6", "mode"};
  const auto reply = ask("io.ebond.Set", {{"bond", "bond0"}, {"options", json::array()}});
  EXPECT_EQ(reply["error"], "io.ebond.BadOption");
  EXPECT_EQ(reply["parameters"]["message"], "mode cannot be 9: use 0 to 6");
  EXPECT_EQ(reply["parameters"]["option"], "mode");
}

TEST_F(Answer, LetsNobodyChangeAnythingWhoHasNoRightsOverTheNamespace) {
  const json bond{{"bond", "bond0"}};
  for (const auto* method : {"io.ebond.Add", "io.ebond.Del", "io.ebond.Forget", "io.ebond.Set",
                             "io.ebond.Enslave", "io.ebond.Release", "io.ebond.SetSlave",
                             "io.ebond.Checkpoint", "io.ebond.Confirm", "io.ebond.RollBack"}) {
    EXPECT_EQ(ask_as(stranger, method, bond)["error"], "io.ebond.PermissionDenied") << method;
  }
  EXPECT_THAT(service.calls, IsEmpty());
}

TEST_F(Answer, LetsEverybodyLook) {
  EXPECT_FALSE(ask_as(stranger, "io.ebond.Show").contains("error"));
  EXPECT_FALSE(ask_as(stranger, "io.ebond.Proc", {{"bond", "bond0"}}).contains("error"));
}

TEST_F(Answer, TellsEverybodyWhereFramesGoOfOneBondAtATime) {
  const auto foresight = ask_as(stranger, "io.ebond.Foresee", {{"bond", "bond1"}})["parameters"]["foresight"];
  EXPECT_EQ(foresight["bond"], "bond1");
  EXPECT_EQ(foresight["slaves"], (json::array({{{"slot", 3}, {"name", "eth0"}}})));
  EXPECT_EQ(ask("io.ebond.Foresee")["parameters"]["parameter"], "bond");
}

TEST_F(Answer, TellsAnybodyWhereThereAreBonds) {
  EXPECT_EQ(ask_as(stranger, "io.ebond.Namespaces")["parameters"]["namespaces"],
            json::array({"net:[7]", "net:[8]"}));
}

TEST_F(Answer, ShowsAnotherNamespaceByItsInodeAndChangesNoneSo) {
  const json elsewhere{{"netns", "net:[4711]"}};
  EXPECT_FALSE(ask_as(stranger, "io.ebond.Show", elsewhere).contains("error"));
  EXPECT_FALSE(
      ask_as(stranger, "io.ebond.Proc", {{"bond", "bond0"}, {"netns", "net:[4712]"}}).contains("error"));
  EXPECT_THAT(service.namespaces, ElementsAre(4711u, 4712u));
  EXPECT_EQ(ask("io.ebond.Del", {{"bond", "bond0"}, {"netns", "net:[4711]"}})["parameters"]["parameter"],
            "netns");
  for (const auto* wrong :
       {"web", "net:[]", "net:[1", "net:[x]", "net:[-1]", "net:[99999999999999999999]", "mnt:[1]"}) {
    EXPECT_EQ(ask("io.ebond.Show", {{"netns", wrong}})["parameters"]["parameter"], "netns") << wrong;
  }
}

TEST_F(Answer, TriesTheKernelForNobody) {
  const auto reply = ask("io.ebond.Check");
  EXPECT_EQ(reply["error"], "io.ebond.Unsupported");
  EXPECT_NE(reply["parameters"]["message"].get<std::string>().find("run `ebond check`"), std::string::npos);
}

TEST_F(Answer, NamesTheParameterThatIsMissingWrongOrUnknown) {
  const auto blamed = [&](json parameters) {
    const auto reply = ask("io.ebond.Enslave", std::move(parameters));
    EXPECT_EQ(reply["error"], "org.varlink.service.InvalidParameter");
    return reply["parameters"]["parameter"];
  };
  EXPECT_EQ(blamed(json::object()), "bond");
  EXPECT_EQ(blamed({{"bond", 1}, {"interfaces", json::array()}}), "bond");
  EXPECT_EQ(blamed({{"bond", std::string("b\0c", 3)}, {"interfaces", json::array()}}), "bond");
  EXPECT_EQ(blamed({{"bond", "bond0"}, {"interfaces", "eth0"}}), "interfaces");
  EXPECT_EQ(blamed({{"bond", "bond0"}, {"interfaces", {1}}}), "interfaces");
  EXPECT_EQ(blamed({{"bond", "bond0"}, {"interfaces", json::array()}, {"force", true}}), "force");
  EXPECT_THAT(service.calls, IsEmpty());
}

TEST_F(Answer, HasEventsThatAreKeptSomeAtATime) {
  for (std::int64_t when = 1; when <= 3; ++when) {
    service.kept.push({1, std::make_shared<const core::StampedEvent>(
                              core::StampedEvent{.realtime_ns = when, .bond = "bond0"})});
  }
  const auto first = ask_as(stranger, "io.ebond.History", {{"since_ns", 1}})["parameters"];
  EXPECT_EQ(first["events"].size(), 2u);
  EXPECT_EQ(first["events"][0]["bond"], "bond0");
  EXPECT_EQ(first["more"], true);
  const auto second =
      ask_as(stranger, "io.ebond.History", {{"since_ns", 1}, {"from", first["next"]}})["parameters"];
  EXPECT_EQ(second["events"].size(), 1u);
  EXPECT_EQ(second["more"], false);
  EXPECT_EQ(ask("io.ebond.History", {{"from", -1}})["parameters"]["parameter"], "from");
  EXPECT_EQ(ask("io.ebond.History", {{"since_ns", "soon"}})["parameters"]["parameter"], "since_ns");
}

TEST_F(Answer, RefusesAFormatItDoesNotKnow) {
  EXPECT_EQ(ask("io.ebond.Show", {{"format", "yaml"}})["error"], "org.varlink.service.InvalidParameter");
}

TEST_F(Answer, RendersBondsAsTextOrAsObjectsAndNotBoth) {
  const auto objects = ask("io.ebond.Show")["parameters"];
  EXPECT_FALSE(objects.contains("text"));
  EXPECT_FALSE(objects["bonds"].empty());
  for (const auto* format : {"text", "verbose", "json", "proc", "metrics", "openmetrics"}) {
    const auto text = ask("io.ebond.Show", {{"format", format}})["parameters"];
    EXPECT_TRUE(text["text"].is_string()) << format;
    EXPECT_EQ(text["bonds"], json::array()) << format;
  }
}

TEST_F(Answer, NeedsToKnowTheNamespaceForBondsButNotToIntroduceItself) {
  const auto ask_from_nowhere = [&](const char* method) {
    return answer(service, Caller{NamespaceRef{}, root}, Call{method, json{{"bond", "bond0"}}, false, false});
  };
  EXPECT_EQ(ask_from_nowhere("io.ebond.Show")["error"], "io.ebond.System");
  EXPECT_EQ(ask_from_nowhere("io.ebond.Del")["error"], "io.ebond.System");
  EXPECT_FALSE(
      answer(service, Caller{NamespaceRef{}, root}, Call{"org.varlink.service.GetInfo"}).contains("error"));
}

TEST_F(Answer, IntroducesItself) {
  const auto info = ask("org.varlink.service.GetInfo");
  EXPECT_EQ(info["parameters"]["interfaces"], (json{"org.varlink.service", "io.ebond"}));
  const auto description = ask("org.varlink.service.GetInterfaceDescription",
                               {{"interface", "io.ebond"}})["parameters"]["description"]
                               .get<std::string>();
  EXPECT_NE(description.find("interface io.ebond\n"), std::string::npos);
  EXPECT_NE(description.find("method Add("), std::string::npos);
}

TEST_F(Answer, TellsAnUnknownInterfaceFromAnUnknownMethod) {
  EXPECT_EQ(ask("io.ebond.Explode")["error"], "org.varlink.service.MethodNotFound");
  EXPECT_EQ(ask("com.example.Add")["error"], "org.varlink.service.InterfaceNotFound");
  EXPECT_EQ(ask("Add")["error"], "org.varlink.service.InterfaceNotFound");
}

TEST(ErrorNames, GoBothWaysForEveryKind) {
  for (int kind = 0; kind <= static_cast<int>(Error::Kind::system); ++kind) {
    EXPECT_EQ(error_kind(error_name(static_cast<Error::Kind>(kind))), static_cast<Error::Kind>(kind));
  }
  EXPECT_EQ(error_kind("io.ebond.Nothing"), std::nullopt);
  EXPECT_EQ(error_kind("org.varlink.service.MethodNotFound"), std::nullopt);
}

TEST(ToFrame, ReplacesBytesThatAreNotUtf8) {
  const auto frame = to_frame(json{{"name", "eth\xff"}});
  EXPECT_EQ(frame.back(), '\0');
  EXPECT_TRUE(json::accept(frame.substr(0, frame.size() - 1)));
}

}  // namespace
}  // namespace ebond::control
