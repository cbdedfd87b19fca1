// Hypergraphs as text, in the form of hMETIS: a header `edges vertices format`, a line for each edge (its
// weight first if the format has units digit 1, then its pins from 1, the source before the targets), a line
// for each vertex' weight if the tens digit is 1. `%` begins a comment line.
#pragma once

#include <string>

#include "partition/Hypergraph.h"
#include "support/Error.h"

namespace rheo::partition {

// Errors: R0501 (cannot be read), R0140 with the line's number (is no such text).
Expected<Hypergraph> readHypergraph(const std::string& path);
Expected<Hypergraph> parseHypergraph(std::string_view text, const std::string& path);

std::string hypergraphText(const Hypergraph& graph);

}  // namespace rheo::partition
