// One Varlink call, and its answer by a Service: the protocol without the socket.
#pragma once

#include <cstddef>
#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "control/rights.h"
#include "control/service.h"

namespace ebond::control {

struct Call {
  std::string method;  ///< "io.ebond.Add"
  nlohmann::json parameters = nlohmann::json::object();
  bool more = false;
  bool oneway = false;
};

struct Caller {
  NamespaceRef netns;
  const Rights& rights;
};

inline constexpr std::string_view kEventsMethod = "io.ebond.Events";

/// A call's arrays and objects may be nested so deep: Add has four levels.
inline constexpr std::size_t kMaxNesting = 16;

/// None where `message` is not a Varlink call at all, or is nested deeper than any.
std::optional<Call> parse_call(std::string_view message);

/// The whole reply: {"parameters": …} or {"error": …, "parameters": …}. For every method but Events, which
/// has more than one answer.
nlohmann::json answer(Service& service, const Caller& caller, const Call& call);

// Replies by themselves.
nlohmann::json error_reply(const Error& error);
nlohmann::json invalid_parameter(std::string_view name);
/// One reply of Events. `missed` events were dropped before this one.
nlohmann::json event_reply(const core::StampedEvent& event, std::size_t missed);
/// The first reply of Events: from here on nothing is missed unsaid.
nlohmann::json subscribed_reply();
/// What an Events call asks for.
struct Subscription {
  NamespaceRef netns;
  std::optional<std::uint64_t> from{};  ///< and first the events with this number or a later one
};
/// Or the reply that refuses it.
std::expected<Subscription, nlohmann::json> subscription_of(const Call& call, NamespaceRef own);

/// JSON text and its NUL. Bytes that are not UTF-8 (an interface may be named so) are replaced.
std::string to_frame(const nlohmann::json& message);

}  // namespace ebond::control
