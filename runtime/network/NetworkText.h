// A finished network as text (JSON) and back: the dump of the import stage.
// {"schema": "rheobase.network-stage/2", "name", "conventions", "assumptions", "nodes", "edges"}; nodes carry
// their tensors with shape, dtype and unit. Delays of edges and inferred shapes follow from the rest.
#pragma once

#include <string>

#include "network/Network.h"
#include "support/Error.h"

namespace rheo {

// True where `text` starts as such a file does.
bool isNetworkText(const std::string& text);

// The same network gives the same text.
std::string networkToText(const Network& network);

// Checked like any file (finishNetwork), with the conventions and assumptions that the text states. Errors:
// R0704 text of the wrong form; those of finishNetwork. `file` is for messages.
Expected<Network> networkFromText(const std::string& text, const std::string& file);

}  // namespace rheo
