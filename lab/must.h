// The lab has no way to go on without its pieces: what fails is an exception with the whole sentence.
#pragma once

#include <stdexcept>
#include <type_traits>
#include <utility>

#include "os/error.h"

namespace ebond::lab {

template <class T>
T must(os::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace ebond::lab
