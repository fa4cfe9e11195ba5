// The stanzas of interfaces(5), before anybody asks what their options mean. Used by interfaces.h alone.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/formats/interfaces.h"
#include "config/natural_order.h"
#include "config/problem.h"

namespace ebond::config {

struct StanzaOption {
  std::string key;  ///< with '-' for '_', as bond-mode
  std::string value;
  Location where{};
  std::string written;  ///< the key as it stands
};

/// One `iface` line and what follows it.
struct Stanza {
  std::string interface;
  std::string family{};  ///< "inet", "inet6", or empty (ifupdown2)
  std::string method{};
  Location where{};
  std::vector<StanzaOption> options{};

  const StanzaOption* find(std::string_view key) const;
};

struct InterfacesFiles {
  std::vector<Stanza> stanzas;  ///< in the order read
  std::set<std::string, std::less<>> automatic;
  std::set<std::string, std::less<>> hotplugged;
};

/// A `#` behind a value is taken for the comment it was meant to be, with a note.
InterfacesFiles parse_stanzas(const TextFile& file, const SourceLines& sources, Notes& notes);

}  // namespace ebond::config
