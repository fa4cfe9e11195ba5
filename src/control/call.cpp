#include "control/call.h"

#include <fmt/format.h>

#include <array>
#include <exception>
#include <utility>

#include "control/error_names.h"
#include "control/event_message.h"
#include "control/interface_description.h"
#include "control/nesting.h"
#include "control/parameters.h"
#include "control/rendering.h"
#include "core/options/option_table.h"
#include "views/foresight_json.h"

namespace ebond::control {
namespace {

using nlohmann::json;

json success(json parameters = json::object()) {
  return {{"parameters", std::move(parameters)}};
}

json standard_error(std::string_view name, json parameters) {
  return {{"error", fmt::format("org.varlink.service.{}", name)}, {"parameters", std::move(parameters)}};
}

json reply_of(const Result<>& result) {
  return result ? success() : error_reply(result.error());
}

json unknown_namespace() {
  return error_reply(
      {Error::Kind::system,
       "the network namespace of the caller is not known: its process is gone or not visible from here, "
       "and it sent no namespace descriptor",
       {}});
}

json add(Service& service, const Caller& caller, Parameters& parameters) {
  const auto bond = parameters.text("bond");
  const auto options = parameters.optional_options("options");
  const auto adopted = parameters.optional_text("adopt");
  if (auto wrong = parameters.wrong()) return invalid_parameter(*wrong);
  if (core::ask_for_slaves_away(options)) {
    if (auto allowed = caller.rights.may_name_a_namespace(); !allowed) return error_reply(allowed.error());
  }
  if (adopted.empty()) return reply_of(service.add(caller.netns, bond, options));
  const auto warnings = service.add_adopting(caller.netns, bond, options, adopted);
  if (!warnings) return error_reply(warnings.error());
  return success({{"warnings", *warnings}});
}

json del(Service& service, const Caller& caller, Parameters& parameters) {
  const auto bond = parameters.text("bond");
  if (auto wrong = parameters.wrong()) return invalid_parameter(*wrong);
  return reply_of(service.del(caller.netns, bond));
}

json forget(Service& service, const Caller& caller, Parameters& parameters) {
  const auto bond = parameters.text("bond");
  if (auto wrong = parameters.wrong()) return invalid_parameter(*wrong);
  const auto failures = service.forget(caller.netns, bond);
  if (!failures) return error_reply(failures.error());
  return success({{"warnings", *failures}});
}

json set(Service& service, const Caller& caller, Parameters& parameters) {
  const auto bond = parameters.text("bond");
  const auto options = parameters.options("options");
  if (auto wrong = parameters.wrong()) return invalid_parameter(*wrong);
  return reply_of(service.set(caller.netns, bond, options));
}

json enslave(Service& service, const Caller& caller, Parameters& parameters) {
  const auto bond = parameters.text("bond");
  const auto interfaces = parameters.texts("interfaces");
  const auto absent = parameters.optional_flag("wait") ? Absent::awaited : Absent::refused;
  if (auto wrong = parameters.wrong()) return invalid_parameter(*wrong);
  const auto warnings = service.enslave(caller.netns, bond, interfaces, absent);
  if (!warnings) return error_reply(warnings.error());
  return success({{"warnings", *warnings}});
}

json release(Service& service, const Caller& caller, Parameters& parameters) {
  const auto bond = parameters.text("bond");
  const auto interfaces = parameters.texts("interfaces");
  if (auto wrong = parameters.wrong()) return invalid_parameter(*wrong);
  return reply_of(service.release(caller.netns, bond, interfaces));
}

json set_slave(Service& service, const Caller& caller, Parameters& parameters) {
  const auto interface = parameters.text("interface");
  const auto options = parameters.options("options");
  if (auto wrong = parameters.wrong()) return invalid_parameter(*wrong);
  return reply_of(service.set_slave(caller.netns, interface, options));
}

json drain(Service& service, const Caller& caller, Parameters& parameters) {
  const auto interface = parameters.text("interface");
  const auto force = parameters.optional_flag("force");
  if (auto wrong = parameters.wrong()) return invalid_parameter(*wrong);
  return reply_of(service.drain(caller.netns, interface, true, force));
}

json undrain(Service& service, const Caller& caller, Parameters& parameters) {
  const auto interface = parameters.text("interface");
  if (auto wrong = parameters.wrong()) return invalid_parameter(*wrong);
  return reply_of(service.drain(caller.netns, interface, false, false));
}

json checkpoint(Service& service, const Caller& caller, Parameters& parameters) {
  const auto bonds = parameters.texts("bonds");
  const auto seconds = parameters.number("seconds");
  if (auto wrong = parameters.wrong()) return invalid_parameter(*wrong);
  return reply_of(service.checkpoint(caller.netns, bonds, std::chrono::seconds(seconds)));
}

json confirm(Service& service, const Caller& caller, Parameters& parameters) {
  if (auto wrong = parameters.wrong()) return invalid_parameter(*wrong);
  return reply_of(service.confirm(caller.netns));
}

json roll_back(Service& service, const Caller& caller, Parameters& parameters) {
  if (auto wrong = parameters.wrong()) return invalid_parameter(*wrong);
  return reply_of(service.roll_back(caller.netns));
}

json show(Service& service, const Caller& caller, Parameters& parameters) {
  const auto bond = parameters.optional_text("bond");
  const auto format = parameters.optional_text("format");
  const auto colour = parameters.optional_flag("colour");
  const auto netns = parameters.optional_namespace("netns", caller.netns);
  if (auto wrong = parameters.wrong()) return invalid_parameter(*wrong);
  if (!netns.is_known()) return unknown_namespace();
  const auto bonds = service.show(netns, bond);
  if (!bonds) return error_reply(bonds.error());
  if (format.empty()) return success({{"bonds", render_json(*bonds)}});
  auto daemon = service.about_itself();
  daemon.version = EBOND_VERSION;
  auto text = render_text(*bonds, format, colour, daemon);
  if (!text) return invalid_parameter("format");
  return success({{"bonds", json::array()}, {"text", std::move(*text)}});
}

json foresee(Service& service, const Caller& caller, Parameters& parameters) {
  const auto bond = parameters.text("bond");
  const auto netns = parameters.optional_namespace("netns", caller.netns);
  if (auto wrong = parameters.wrong()) return invalid_parameter(*wrong);
  if (!netns.is_known()) return unknown_namespace();
  const auto foresight = service.foresee(netns, bond);
  if (!foresight) return error_reply(foresight.error());
  return success({{"foresight", views::foresight_json(*foresight)}});
}

json namespaces(Service& service, const Caller&, Parameters& parameters) {
  if (auto wrong = parameters.wrong()) return invalid_parameter(*wrong);
  return success({{"namespaces", service.namespaces_with_bonds()}});
}

json proc(Service& service, const Caller& caller, Parameters& parameters) {
  const auto bond = parameters.text("bond");
  const auto netns = parameters.optional_namespace("netns", caller.netns);
  if (auto wrong = parameters.wrong()) return invalid_parameter(*wrong);
  if (bond.empty()) return invalid_parameter("bond");
  if (!netns.is_known()) return unknown_namespace();
  const auto bonds = service.show(netns, bond);
  if (!bonds) return error_reply(bonds.error());
  return success({{"text", render_text(*bonds, "proc", false, {}).value_or("")}});
}

json history(Service& service, const Caller& caller, Parameters& parameters) {
  const auto since = parameters.optional_number("since_ns").value_or(0);
  const auto from = parameters.optional_number("from").value_or(0);
  const auto netns = parameters.optional_namespace("netns", caller.netns);
  if (auto wrong = parameters.wrong()) return invalid_parameter(*wrong);
  if (from < 0) return invalid_parameter("from");
  if (!netns.is_known()) return unknown_namespace();
  const auto part = service.history(netns, since, static_cast<std::uint64_t>(from));
  if (!part) return error_reply(part.error());
  auto events = json::array();
  for (const auto& event : part->events) events.push_back(event_to_json(*event));
  return success({{"events", std::move(events)}, {"next", part->next}, {"more", part->more}});
}

/// What a kernel offers is found by making devices and loading programs: each asks for that with its own
/// rights.
json check(Service&, const Caller&, Parameters& parameters) {
  if (auto wrong = parameters.wrong()) return invalid_parameter(*wrong);
  return error_reply(
      {Error::Kind::unsupported,
       "ebondd does not try the kernel for its callers: run `ebond check`, which does it by itself",
       {}});
}

json get_info(Service&, const Caller&, Parameters& parameters) {
  if (auto wrong = parameters.wrong()) return invalid_parameter(*wrong);
  return success({{"vendor", "ebond"},
                  {"product", "ebond"},
                  {"version", EBOND_VERSION},
                  {"url", ""},
                  {"interfaces", {"org.varlink.service", "io.ebond"}}});
}

json get_interface_description(Service&, const Caller&, Parameters& parameters) {
  const auto interface = parameters.text("interface");
  if (auto wrong = parameters.wrong()) return invalid_parameter(*wrong);
  if (interface == "io.ebond") return success({{"description", kEbondInterface}});
  if (interface == "org.varlink.service") return success({{"description", kServiceInterface}});
  return standard_error("InterfaceNotFound", {{"interface", interface}});
}

struct Method {
  std::string_view name;
  bool changes;  ///< bonds of the caller's network namespace
  json (*handler)(Service&, const Caller&, Parameters&);
};

constexpr std::array kMethods{
    Method{"io.ebond.Add", true, add},
    Method{"io.ebond.Del", true, del},
    Method{"io.ebond.Forget", true, forget},
    Method{"io.ebond.Set", true, set},
    Method{"io.ebond.Enslave", true, enslave},
    Method{"io.ebond.Release", true, release},
    Method{"io.ebond.SetSlave", true, set_slave},
    Method{"io.ebond.Drain", true, drain},
    Method{"io.ebond.Undrain", true, undrain},
    Method{"io.ebond.Checkpoint", true, checkpoint},
    Method{"io.ebond.Confirm", true, confirm},
    Method{"io.ebond.RollBack", true, roll_back},
    Method{"io.ebond.Show", false, show},
    Method{"io.ebond.Foresee", false, foresee},
    Method{"io.ebond.Namespaces", false, namespaces},
    Method{"io.ebond.Proc", false, proc},
    Method{"io.ebond.History", false, history},
    Method{"io.ebond.Check", false, check},
    Method{"org.varlink.service.GetInfo", false, get_info},
    Method{"org.varlink.service.GetInterfaceDescription", false, get_interface_description},
};

json unknown_method(const std::string& name) {
  const auto dot = name.rfind('.');
  const auto interface = name.substr(0, dot == std::string::npos ? 0 : dot);
  if (interface == "io.ebond" || interface == "org.varlink.service") {
    return standard_error("MethodNotFound", {{"method", name}});
  }
  return standard_error("InterfaceNotFound", {{"interface", interface}});
}

json carry_out(const Method& method, Service& service, const Caller& caller, const Call& call) {
  if (method.changes) {
    if (caller.netns.fd < 0) return unknown_namespace();
    const auto& rights = caller.rights;
    const auto allowed =
        method.handler == add ? rights.may_add(caller.netns) : rights.may_change(caller.netns);
    if (!allowed) return error_reply(allowed.error());
  }
  Parameters parameters(call.parameters);
  return method.handler(service, caller, parameters);
}

}  // namespace

std::optional<Call> parse_call(std::string_view message) {
  if (is_nested_deeper(message, kMaxNesting)) return std::nullopt;
  auto object = json::parse(message, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  const auto flag = [&](const char* name) -> std::optional<bool> {
    const auto found = object.find(name);
    if (found == object.end() || found->is_null()) return false;
    if (!found->is_boolean()) return std::nullopt;
    return found->get<bool>();
  };
  const auto method = object.find("method");
  const auto more = flag("more");
  const auto oneway = flag("oneway");
  if (method == object.end() || !method->is_string() || !more || !oneway) return std::nullopt;

  Call call{method->get<std::string>(), json::object(), *more, *oneway};
  const auto parameters = object.find("parameters");
  if (parameters != object.end() && !parameters->is_null()) {
    if (!parameters->is_object()) return std::nullopt;
    call.parameters = std::move(*parameters);  // a copy would recurse
  }
  return call;
}

json answer(Service& service, const Caller& caller, const Call& call) {
  for (const auto& method : kMethods) {
    if (method.name != call.method) continue;
    try {
      return carry_out(method, service, caller, call);
    } catch (const std::exception& bug) {
      return error_reply({Error::Kind::system, fmt::format("internal error: {}", bug.what()), {}});
    }
  }
  return unknown_method(call.method);
}

json error_reply(const Error& error) {
  json parameters{{"message", error.message}};
  if (!error.option.empty()) parameters["option"] = error.option;
  return {{"error", error_name(error.kind)}, {"parameters", std::move(parameters)}};
}

json invalid_parameter(std::string_view name) {
  return standard_error("InvalidParameter", {{"parameter", name}});
}

json event_reply(const core::StampedEvent& event, std::size_t missed) {
  json parameters{{"event", event_to_json(event)}};
  if (missed > 0) parameters["missed"] = missed;
  return {{"parameters", std::move(parameters)}, {"continues", true}};
}

json subscribed_reply() {
  return {{"parameters", json::object()}, {"continues", true}};
}

std::expected<Subscription, json> subscription_of(const Call& call, NamespaceRef own) {
  if (!call.more) return std::unexpected(standard_error("ExpectedMore", json::object()));
  Parameters parameters(call.parameters);
  Subscription wanted{.netns = parameters.optional_namespace("netns", own)};
  if (const auto from = parameters.optional_number("from")) {
    wanted.from = static_cast<std::uint64_t>(*from);
    if (*from < 0) return std::unexpected(invalid_parameter("from"));
  }
  if (auto wrong = parameters.wrong()) return std::unexpected(invalid_parameter(*wrong));
  if (!wanted.netns.is_known()) return std::unexpected(unknown_namespace());
  return wanted;
}

std::string to_frame(const json& message) {
  auto text = message.dump(-1, ' ', false, json::error_handler_t::replace);
  text.push_back('\0');
  return text;
}

}  // namespace ebond::control
