// The weights of a layer and their delays, as a node.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "network/Network.h"
#include "netx/Fields.h"

namespace rheo::netx {

// A Linear node "NAME.FIELD" [rows, columns]. A single row or column may be stored without its other
// dimension. With `delays`, the field 'delay' is read too.
Expected<Node> readMatrix(Fields& layer, const std::string& field, const std::string& name, std::int64_t rows,
                          std::int64_t columns, bool delays);

// A node with a window, of a layer of type conv, convT, pool or unpool that receives `shape`; its own shapes
// are set.
Expected<Node> readWindow(Fields& layer, const std::string& type, const std::string& name,
                          const std::vector<std::int64_t>& shape);

// Passes every value of `shape` on, by weights of 1 that its channels share.
Node passOn(const std::string& name, const std::vector<std::int64_t>& shape, const std::string& place);

// The mean over each of `groups` equal parts of a flat input.
Node average(const std::string& name, std::int64_t size, std::int64_t groups, const std::string& place);

}  // namespace rheo::netx
