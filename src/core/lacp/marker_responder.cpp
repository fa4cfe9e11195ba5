#include "core/lacp/marker_responder.h"

namespace ebond::core::lacp {

std::optional<wire::Marker> MarkerResponder::respond(const wire::Marker& marker, TimePoint now) {
  if (marker.kind != wire::Marker::Kind::information || !limit_.allows(now)) return std::nullopt;
  limit_.take(now);
  auto response = marker;
  response.kind = wire::Marker::Kind::response;
  return response;
}

}  // namespace ebond::core::lacp
