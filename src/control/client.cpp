#include "control/client.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "control/descriptor_passing.h"
#include "control/error_names.h"
#include "control/event_message.h"
#include "control/socket_address.h"
#include "views/foresight_json.h"

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
  if (error == EAGAIN) {
    return {Kind::no_answer, fmt::format("ebondd on {} does not answer", socket.parent_path().native())};
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

/// Zero: none.
void set_time_limit(int socket, int which, std::chrono::milliseconds span) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span);
  const timeval limit{seconds.count(), std::chrono::microseconds(span - seconds).count()};
  (void)::setsockopt(socket, SOL_SOCKET, which, &limit, sizeof limit);
}

bool is_change(std::string_view method) {
  return method.starts_with("io.ebond.") && method != "io.ebond.Show" && method != "io.ebond.Foresee" &&
         method != "io.ebond.Namespaces" && method != "io.ebond.Proc" && method != "io.ebond.Events" &&
         method != "io.ebond.History";
}

/// Nothing where it is that of the whole process, which the daemon finds out by itself.
os::UniqueFd namespace_of_this_thread() {
  struct stat process{}, thread{};
  constexpr const char* kOfThread = "/proc/thread-self/ns/net";
  if (::stat("/proc/self/ns/net", &process) != 0 || ::stat(kOfThread, &thread) != 0) return {};
  if (process.st_ino == thread.st_ino) return {};
  return os::UniqueFd(::open(kOfThread, O_RDONLY | O_CLOEXEC));
}

}  // namespace

std::filesystem::path default_run_dir() {
  const char* chosen = std::getenv("EBOND_RUN_DIR");
  return chosen && *chosen ? chosen : "/run/ebond";
}

std::expected<Client, ConnectFailure> Client::connect(const std::filesystem::path& path, Patience patience) {
  const auto address = socket_address(path);
  if (!address) return std::unexpected(connect_failure(ENAMETOOLONG, path));
  os::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return std::unexpected(connect_failure(errno, path));
  set_time_limit(socket.get(), SO_SNDTIMEO, patience.to_look);  // connect() heeds it too
  if (::connect(socket.get(), address->get(), address->size()) < 0) {
    return std::unexpected(connect_failure(errno, path));
  }
  return Client(std::move(socket), namespace_of_this_thread(), patience);
}

Result<> Client::check_still_usable(std::string_view method) {
  if (gave_up_)
    return std::unexpected(Error{Error::Kind::no_answer, "ebondd did not answer the last time", {}});
  if (!looks_at_.empty() && is_change(method)) {
    return std::unexpected(
        Error{Error::Kind::permission, "only root of a network namespace may change its bonds", {}});
  }
  return {};
}

void Client::wait_at_most(std::chrono::milliseconds span) {
  waits_ = span;
  set_time_limit(socket_.get(), SO_SNDTIMEO, span);
  set_time_limit(socket_.get(), SO_RCVTIMEO, span);
}

std::unexpected<Error> Client::trouble(std::string_view what, std::error_code error) {
  if (error != std::errc::resource_unavailable_try_again) {
    cut_ = true;
    return broken(fmt::format("{}: {}", what, error.message()));
  }
  gave_up_ = true;
  const auto waited = std::chrono::duration_cast<std::chrono::seconds>(waits_).count();
  auto message =
      fmt::format("ebondd has not answered for {} s: it hangs, or is stopped; its log may tell", waited);
  if (waits_ == patience_.to_change) message += ". What was asked may still be done when it goes on";
  return std::unexpected(Error{Error::Kind::no_answer, std::move(message), {}});
}

Result<> Client::send(std::string_view method, const json& parameters, bool more) {
  if (auto usable = check_still_usable(method); !usable) return usable;
  json call{{"method", method}, {"parameters", parameters}};
  if (more) call["more"] = true;
  if (!looks_at_.empty()) call["parameters"]["netns"] = looks_at_;
  std::string frame;
  try {
    frame = call.dump();
  } catch (const json::type_error&) {  // replaced bytes would name another interface
    return std::unexpected(Error{Error::Kind::bad_option, "a name or value is not UTF-8 text", {}});
  }
  frame.push_back('\0');
  wait_at_most(is_change(method) ? patience_.to_change : patience_.to_look);
  const auto sent = send_with_descriptor(socket_.get(), frame, unsent_netns_.get());
  if (!sent) return trouble("cannot send to ebondd", sent.error());
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
      const auto parameters = reply.find("parameters");
      return parameters == reply.end() ? json::object() : std::move(*parameters);
    }
    if (frames_.overflowed()) return broken("ebondd's answer is too long");
    const auto received = ::recv(socket_.get(), space.data(), space.size(), 0);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0) return trouble("cannot read from ebondd", {errno, std::generic_category()});
    if (received == 0) {
      cut_ = true;
      return broken("ebondd closed the connection");
    }
    frames_.append({space.data(), static_cast<std::size_t>(received)});
  }
}

Result<json> Client::call(std::string_view method, const json& parameters) {
  if (auto sent = send(method, parameters, false); !sent) return std::unexpected(sent.error());
  return receive();
}

Result<> Client::add(const std::string& bond, const KeyValues& options) {
  return nothing(call("io.ebond.Add", {{"bond", bond}, {"options", to_json(options)}}));
}

Result<std::vector<std::string>> Client::add_adopting(const std::string& bond, const KeyValues& options,
                                                      const std::string& interface) {
  return member<std::vector<std::string>>(
      call("io.ebond.Add", {{"bond", bond}, {"options", to_json(options)}, {"adopt", interface}}),
      "warnings");
}

Result<> Client::del(const std::string& bond) {
  return nothing(call("io.ebond.Del", {{"bond", bond}}));
}

Result<> Client::set(const std::string& bond, const KeyValues& options) {
  return nothing(call("io.ebond.Set", {{"bond", bond}, {"options", to_json(options)}}));
}

Result<std::vector<std::string>> Client::enslave(const std::string& bond,
                                                 const std::vector<std::string>& interfaces, Absent absent) {
  nlohmann::json parameters{{"bond", bond}, {"interfaces", interfaces}};
  if (absent == Absent::awaited) parameters["wait"] = true;
  return member<std::vector<std::string>>(call("io.ebond.Enslave", parameters), "warnings");
}

Result<std::vector<std::string>> Client::forget(const std::string& bond) {
  return member<std::vector<std::string>>(call("io.ebond.Forget", {{"bond", bond}}), "warnings");
}

Result<> Client::release(const std::string& bond, const std::vector<std::string>& interfaces) {
  return nothing(call("io.ebond.Release", {{"bond", bond}, {"interfaces", interfaces}}));
}

Result<> Client::set_slave(const std::string& interface, const KeyValues& options) {
  return nothing(call("io.ebond.SetSlave", {{"interface", interface}, {"options", to_json(options)}}));
}

Result<std::vector<std::string>> Client::namespaces() {
  return member<std::vector<std::string>>(call("io.ebond.Namespaces", json::object()), "namespaces");
}

Result<> Client::drain(const std::string& interface, bool force) {
  return nothing(call("io.ebond.Drain", {{"interface", interface}, {"force", force}}));
}

Result<> Client::undrain(const std::string& interface) {
  return nothing(call("io.ebond.Undrain", {{"interface", interface}}));
}

Result<> Client::checkpoint(const std::vector<std::string>& bonds, std::chrono::seconds within) {
  return nothing(call("io.ebond.Checkpoint", {{"bonds", bonds}, {"seconds", within.count()}}));
}

Result<> Client::confirm() {
  return nothing(call("io.ebond.Confirm", json::object()));
}

Result<> Client::roll_back() {
  return nothing(call("io.ebond.RollBack", json::object()));
}

Result<json> Client::show(const std::string& bond) {
  return member<json>(call("io.ebond.Show", {{"bond", bond}}), "bonds");
}

Result<core::Foresight> Client::foresee(const std::string& bond) {
  const auto json = member<nlohmann::json>(call("io.ebond.Foresee", {{"bond", bond}}), "foresight");
  if (!json) return std::unexpected(json.error());
  auto foresight = views::foresight_from_json(*json);
  if (!foresight) return broken("ebondd is of another version: it tells of its tables in another way");
  return *std::move(foresight);
}

Result<std::string> Client::show_text(const std::string& bond, std::string_view format, bool colour) {
  return member<std::string>(call("io.ebond.Show", {{"bond", bond}, {"format", format}, {"colour", colour}}),
                             "text");
}

Result<std::optional<std::uint64_t>> Client::history(std::int64_t since_ns, const EventReader& sink) {
  std::uint64_t from = 0;
  for (bool more = true; more;) {
    const auto reply = call("io.ebond.History", {{"since_ns", since_ns}, {"from", from}});
    const auto events = member<json>(reply, "events");
    if (!events) return std::unexpected(events.error());
    if (!events->is_array()) return broken("ebondd's answer has a strange \"events\"");
    for (const auto& each : *events) {
      if (!sink(event_from_json(each), 0)) return std::nullopt;
    }
    const auto next = member<std::uint64_t>(reply, "next");
    const auto goes_on = member<bool>(reply, "more");
    if (!next) return std::unexpected(next.error());
    if (!goes_on) return std::unexpected(goes_on.error());
    if (*goes_on && *next <= from) return broken("ebondd's answer has a strange \"next\"");
    from = *next;
    more = *goes_on;
  }
  return from;
}

Result<> Client::events(const std::function<void()>& subscribed, const EventReader& sink,
                        std::optional<std::uint64_t> from) {
  auto parameters = json::object();
  if (from) parameters["from"] = *from;
  if (auto sent = send("io.ebond.Events", parameters, true); !sent) return sent;
  if (auto first = receive(); !first) return std::unexpected(first.error());
  subscribed();
  wait_at_most(std::chrono::milliseconds::zero());
  for (;;) {
    const auto reply = receive();
    if (!reply) return std::unexpected(reply.error());
    const auto event = member<json>(reply, "event");
    if (!event) return std::unexpected(event.error());
    if (!sink(event_from_json(*event), static_cast<std::size_t>(number_in(*reply, "missed")))) return {};
  }
}

void Client::hang_up() const {
  ::shutdown(socket_.get(), SHUT_RDWR);
}

}  // namespace ebond::control
