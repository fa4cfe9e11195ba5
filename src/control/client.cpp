#include "control/client.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "control/descriptor_passing.h"
#include "control/error_names.h"
#include "control/socket_address.h"

namespace ebond::control {
namespace {

using nlohmann::json;

std::unexpected<Error> broken(std::string message) {
  return std::unexpected(Error{Error::Kind::system, std::move(message), {}});
}

json to_json(const KeyValues& options) {
  json result = json::array();
  for (const auto& [key, value] : options) result.push_back({{"key", key}, {"value", value}});
  return result;
}

ConnectFailure connect_failure(int error, const std::filesystem::path& socket) {
  using Kind = ConnectFailure::Kind;
  if (error == ENOENT || error == ECONNREFUSED || error == ENOTDIR) {
    return {Kind::no_daemon, fmt::format("no ebondd runs on {}", socket.parent_path().native())};
  }
  if (error == EACCES || error == EPERM) {
    return {Kind::permission, fmt::format("no permission to reach {}", socket.native())};
  }
  return {Kind::system, fmt::format("cannot connect to {}: {}", socket.native(), std::strerror(error))};
}

// Members of what a daemon sent; what is not there or of another type is empty.
const json* find_in(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}
std::string text_in(const json& object, const char* name) {
  const auto* found = find_in(object, name);
  return found && found->is_string() ? found->get<std::string>() : std::string();
}
std::int64_t number_in(const json& object, const char* name) {
  const auto* found = find_in(object, name);
  return found && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}
bool flag_in(const json& object, const char* name) {
  const auto* found = find_in(object, name);
  return found && found->is_boolean() && found->get<bool>();
}

core::StampedEvent event_in(const json& event) {
  return {number_in(event, "realtime_ns"),
          number_in(event, "monotonic_ns"),
          text_in(event, "netns"),
          text_in(event, "bond"),
          {core::event_kind_of(text_in(event, "kind")), text_in(event, "slave"), text_in(event, "from"),
           text_in(event, "to"), text_in(event, "why"), core::seen_by_of(text_in(event, "seen_by"))},
          number_in(event, "table_us"),
          number_in(event, "announce_us")};
}

Error error_of(const json& reply) {
  const auto name = reply["error"].is_string() ? reply["error"].get<std::string>() : std::string("?");
  const auto parameters = reply.value("parameters", json::object());
  if (const auto kind = error_kind(name); kind && parameters.is_object()) {
    return {*kind, text_in(parameters, "message"), text_in(parameters, "option")};
  }
  return {Error::Kind::system, fmt::format("ebondd answered {} {}", name, parameters.dump()), {}};
}

template <class T>
Result<T> member(const Result<json>& reply, const char* name) {
  if (!reply) return std::unexpected(reply.error());
  const auto found = reply->find(name);
  if (found == reply->end()) return broken(fmt::format("ebondd's answer lacks \"{}\"", name));
  try {
    return found->template get<T>();
  } catch (const json::exception&) {
    return broken(fmt::format("ebondd's answer has a strange \"{}\"", name));
  }
}

Result<> nothing(const Result<json>& reply) {
  if (!reply) return std::unexpected(reply.error());
  return {};
}

}  // namespace

std::filesystem::path default_run_dir() {
  const char* chosen = std::getenv("EBOND_RUN_DIR");
  return chosen && *chosen ? chosen : "/run/ebond";
}

std::expected<Client, ConnectFailure> Client::connect(const std::filesystem::path& path) {
  const auto address = socket_address(path);
  if (!address) return std::unexpected(connect_failure(ENAMETOOLONG, path));
  os::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket || ::connect(socket.get(), address->get(), address->size()) < 0) {
    return std::unexpected(connect_failure(errno, path));
  }
  // Where /proc is not there the daemon looks the namespace up by our process id.
  os::UniqueFd own(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  return Client(std::move(socket), std::move(own));
}

Result<> Client::send(std::string_view method, const json& parameters, bool more) {
  json call{{"method", method}, {"parameters", parameters}};
  if (more) call["more"] = true;
  auto frame = call.dump(-1, ' ', false, json::error_handler_t::replace);
  frame.push_back('\0');
  const auto sent = send_with_descriptor(socket_.get(), frame, unsent_netns_.get());
  if (!sent) return broken(fmt::format("cannot send to ebondd: {}", sent.error().message()));
  unsent_netns_.reset();
  return {};
}

Result<json> Client::receive() {
  std::array<char, 65536> space;
  for (;;) {
    if (const auto message = frames_.next()) {
      auto reply = json::parse(*message, nullptr, false);
      if (!reply.is_object()) return broken("ebondd answered something that is not a Varlink reply");
      if (reply.contains("error")) return std::unexpected(error_of(reply));
      return reply.value("parameters", json::object());
    }
    if (frames_.overflowed()) return broken("ebondd's answer is too long");
    const auto received = receive_with_descriptor(socket_.get(), space);
    if (!received) return broken(fmt::format("cannot read from ebondd: {}", received.error().message()));
    if (received->bytes == 0) return broken("ebondd closed the connection");
    frames_.append({space.data(), received->bytes});
  }
}

Result<json> Client::call(std::string_view method, const json& parameters) {
  if (auto sent = send(method, parameters, false); !sent) return std::unexpected(sent.error());
  return receive();
}

Result<> Client::add(const std::string& bond, const KeyValues& options) {
  return nothing(call("io.ebond.Add", {{"bond", bond}, {"options", to_json(options)}}));
}

Result<> Client::del(const std::string& bond) {
  return nothing(call("io.ebond.Del", {{"bond", bond}}));
}

Result<> Client::set(const std::string& bond, const KeyValues& options) {
  return nothing(call("io.ebond.Set", {{"bond", bond}, {"options", to_json(options)}}));
}

Result<std::vector<std::string>> Client::enslave(const std::string& bond,
                                                 const std::vector<std::string>& interfaces) {
  return member<std::vector<std::string>>(
      call("io.ebond.Enslave", {{"bond", bond}, {"interfaces", interfaces}}), "warnings");
}

Result<> Client::release(const std::string& bond, const std::vector<std::string>& interfaces) {
  return nothing(call("io.ebond.Release", {{"bond", bond}, {"interfaces", interfaces}}));
}

Result<> Client::set_slave(const std::string& interface, const KeyValues& options) {
  return nothing(call("io.ebond.SetSlave", {{"interface", interface}, {"options", to_json(options)}}));
}

Result<json> Client::show(const std::string& bond) {
  return member<json>(call("io.ebond.Show", {{"bond", bond}}), "bonds");
}

Result<std::string> Client::show_text(const std::string& bond, std::string_view format, bool colour) {
  return member<std::string>(call("io.ebond.Show", {{"bond", bond}, {"format", format}, {"colour", colour}}),
                             "text");
}

Result<core::CheckReport> Client::check() {
  const auto reply = call("io.ebond.Check", json::object());
  const auto lines = member<std::vector<json>>(reply, "lines");
  const auto can_run = member<bool>(reply, "can_run");
  if (!lines) return std::unexpected(lines.error());
  if (!can_run) return std::unexpected(can_run.error());
  core::CheckReport report;
  report.can_run = *can_run;
  for (const auto& line : *lines) {
    report.lines.push_back({text_in(line, "feature"), flag_in(line, "available"), flag_in(line, "required"),
                            text_in(line, "detail")});
  }
  return report;
}

Result<> Client::events(const std::function<void()>& subscribed, const EventReader& sink) {
  if (auto sent = send("io.ebond.Events", json::object(), true); !sent) return sent;
  if (auto first = receive(); !first) return std::unexpected(first.error());
  subscribed();
  for (;;) {
    const auto reply = receive();
    if (!reply) return std::unexpected(reply.error());
    const auto event = member<json>(reply, "event");
    if (!event) return std::unexpected(event.error());
    if (!sink(event_in(*event), static_cast<std::size_t>(number_in(*reply, "missed")))) return {};
  }
}

}  // namespace ebond::control
