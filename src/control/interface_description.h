// The texts of io.ebond.varlink and org.varlink.service, compiled in for GetInterfaceDescription.
#pragma once

#include <string_view>

namespace ebond::control {

extern const std::string_view kEbondInterface;
extern const std::string_view kServiceInterface;

}  // namespace ebond::control
