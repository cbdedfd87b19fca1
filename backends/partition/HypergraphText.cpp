// Reads hMETIS text at the speed of from_chars; memory is bounded by the file's own size.
#include "partition/HypergraphText.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

#include "support/File.h"

namespace rheo::partition {
namespace {

// Vertices that no line of the file speaks of, beyond one for each of its bytes.
constexpr std::uint64_t kSilentVertices = std::uint64_t{1} << 22;

class Reader {
 public:
  Reader(std::string_view text, const std::string& path)
      : next_(text.data()), end_(text.data() + text.size()), bytes_(text.size()), path_(path) {}

  Expected<Hypergraph> read() {
    if (Status header = readHeader(); !header) return header.error();
    for (std::uint64_t edge = 0; edge < edges_; ++edge)
      if (Status line = readEdge(edge); !line) return line.error();
    if (vertexWeights_)
      for (Index vertex = 0; vertex < parts_.vertices; ++vertex)
        if (Status line = readVertexWeight(vertex); !line) return line.error();
    if (nextLine())
      return fault(fmt::format("there are more lines than the {} that the header promises", lines_));
    Expected<Hypergraph> graph = Hypergraph::make(std::move(parts_));
    if (graph) return graph;
    Error error = std::move(graph).error();
    error.kind = ErrorKind::Format;
    error.diagnostics.front().file = path_;
    error.diagnostics.front().remedy = "correct the edges of the file";
    return error;
  }

 private:
  Error fault(std::string message) const {
    Error error =
        Error::of(ErrorKind::Format, "R0140", fmt::format("line {}", line_), std::move(message),
                  "write hMETIS text: `edges vertices format`, then a line for each edge, its source "
                  "first, vertices counted from 1");
    error.diagnostics.front().file = path_;
    return error;
  }

  // Goes to the next line that is neither empty nor a comment; false at the end of the file.
  bool nextLine() {
    while (next_ < end_) {
      if (started_) {
        while (next_ < end_ && *next_ != '\n') ++next_;
        if (next_ == end_ || ++next_ == end_) break;
      }
      started_ = true;
      ++line_;
      skipBlanks();
      if (next_ < end_ && *next_ != '\n' && *next_ != '%') return true;
    }
    return false;
  }
  void skipBlanks() {
    while (next_ < end_ && (*next_ == ' ' || *next_ == '\t' || *next_ == '\r')) ++next_;
  }
  bool atLineEnd() {
    skipBlanks();
    return next_ == end_ || *next_ == '\n';
  }

  template <class Number>
  bool number(Number& value) {
    skipBlanks();
    const auto [end, status] = std::from_chars(next_, end_, value);
    if (status != std::errc{}) return false;
    if (end < end_ && *end != ' ' && *end != '\t' && *end != '\r' && *end != '\n') return false;
    next_ = end;
    return true;
  }

  Status readHeader() {
    std::uint64_t vertices = 0;
    int format = 0;
    if (!nextLine()) return fault("the file has no header");
    if (!number(edges_) || !number(vertices)) return fault("the header is not `edges vertices format`");
    if (!atLineEnd() && (!number(format) || !atLineEnd()))
      return fault("the header is not `edges vertices format`");
    if (format != 0 && format != 1 && format != 10 && format != 11)
      return fault(fmt::format("format {} is none of 0, 1, 10 and 11", format));
    edgeWeights_ = format % 10 == 1;
    vertexWeights_ = format >= 10;
    if (edges_ >= kMostEdges || edges_ > bytes_)
      return fault(fmt::format("{} edges do not fit a file of {} bytes", edges_, bytes_));
    if (vertices >= kMostVertices || vertices > bytes_ + kSilentVertices)
      return fault(fmt::format("{} vertices are too many for a file of {} bytes", vertices, bytes_));
    parts_.vertices = static_cast<Index>(vertices);
    parts_.weights.reserve(edges_);
    parts_.sources.reserve(edges_);
    parts_.firstTarget.reserve(edges_ + 1);
    parts_.firstTarget.push_back(0);
    parts_.targets.reserve(bytes_ / 8);
    lines_ = edges_ + (vertexWeights_ ? vertices : 0);
    return ok();
  }

  Status readEdge(std::uint64_t edge) {
    if (!nextLine()) return fault(fmt::format("the file ends after {} of {} edges", edge, edges_));
    double weight = 1;
    if (edgeWeights_ && (!number(weight) || !std::isfinite(weight) || weight < 0))
      return fault("the edge's weight is not a number of at least 0");
    parts_.weights.push_back(weight);
    Index source = 0;
    if (Status read = readPin(source); !read) return read;
    parts_.sources.push_back(source);
    while (!atLineEnd()) {
      Index target = 0;
      if (Status read = readPin(target); !read) return read;
      parts_.targets.push_back(target);
    }
    parts_.firstTarget.push_back(parts_.targets.size());
    return ok();
  }

  Status readPin(Index& pin) {
    if (atLineEnd()) return fault("the edge has no pins");
    if (!number(pin)) return fault("a pin is not a whole number");
    if (pin == 0 || pin > parts_.vertices)
      return fault(fmt::format("pin {} is none of the vertices 1 to {}", pin, parts_.vertices));
    --pin;
    return ok();
  }

  Status readVertexWeight(Index vertex) {
    if (!nextLine()) return fault(fmt::format("the file ends after the weights of {} vertices", vertex));
    std::uint32_t weight = 0;
    if (!number(weight) || !atLineEnd())
      return fault(fmt::format("a vertex' weight is not one whole number up to {}",
                               std::numeric_limits<std::uint32_t>::max()));
    parts_.vertexWeights.push_back(weight);
    return ok();
  }

  const char* next_;
  const char* end_;
  std::size_t bytes_;
  const std::string& path_;
  Hypergraph::Parts parts_;
  std::uint64_t edges_ = 0, lines_ = 0, line_ = 0;
  bool started_ = false, edgeWeights_ = false, vertexWeights_ = false;
};

}  // namespace

Expected<Hypergraph> parseHypergraph(std::string_view text, const std::string& path) {
  return Reader(text, path).read();
}

Expected<Hypergraph> readHypergraph(const std::string& path) {
  auto bytes = readFile(path);
  if (!bytes) return bytes.error();
  return parseHypergraph({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, path);
}

std::string hypergraphText(const Hypergraph& graph) {
  std::string text = fmt::format("{} {} {}\n", graph.edges(), graph.vertices(), graph.weighted() ? 11 : 1);
  for (Index edge = 0; edge < graph.edges(); ++edge) {
    fmt::format_to(std::back_inserter(text), "{} {}", graph.weight(edge), graph.source(edge) + 1);
    for (Index target : graph.targets(edge)) fmt::format_to(std::back_inserter(text), " {}", target + 1);
    text += '\n';
  }
  if (graph.weighted())
    for (Index vertex = 0; vertex < graph.vertices(); ++vertex)
      fmt::format_to(std::back_inserter(text), "{}\n", graph.vertexWeight(vertex));
  return text;
}

}  // namespace rheo::partition
