// Hypergraphs: their text, what is refused and where, and the edges of each vertex.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "Graphs.h"
#include "partition/Hypergraph.h"
#include "partition/HypergraphText.h"

namespace rheo::partition {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(HypergraphText, sourcesWeightsAndCommentsAreRead) {
  const auto graph =
      parseHypergraph("% rates in hertz\n2 4 11\n0.5 1 2 3\n% idle\n\n2e1 4\n7\n1\r\n0\n3\n", "g");
  ASSERT_TRUE(graph) << graph.error().diagnostics.front().message;
  EXPECT_EQ(graph->vertices(), 4U);
  EXPECT_EQ(graph->weight(0), 0.5);
  EXPECT_EQ(graph->weight(1), 20);
  EXPECT_EQ(graph->source(0), 0U);
  EXPECT_THAT(graph->targets(0), ElementsAre(1, 2));
  EXPECT_THAT(graph->targets(1), ElementsAre());
  EXPECT_EQ(graph->vertexWeight(3), 3U);
  EXPECT_EQ(graph->totalVertexWeight(), 11U);
}

TEST(HypergraphText, whatIsWrittenIsReadAgain) {
  const Hypergraph graph =
      graphOf(5, {{0, 1, 2}, {4}, {3, 3, 0}}, {0.1, 1e-300, 123456789.25}, {1, 2, 3, 4, 5});
  const auto again = parseHypergraph(hypergraphText(graph), "g");
  ASSERT_TRUE(again);
  for (Index edge = 0; edge < 3; ++edge) {
    EXPECT_EQ(again->weight(edge), graph.weight(edge));
    EXPECT_EQ(again->source(edge), graph.source(edge));
    EXPECT_TRUE(std::ranges::equal(again->targets(edge), graph.targets(edge)));
  }
  EXPECT_EQ(again->vertexWeight(4), 5U);
}

TEST(HypergraphText, aRepeatedTargetCountsOnceAndASourceMayBeItsOwnTarget) {
  const auto graph = parseHypergraph("1 3 0\n1 2 2 1 2\n", "g");
  ASSERT_TRUE(graph);
  EXPECT_THAT(graph->targets(0), ElementsAre(1, 0));
  ASSERT_EQ(graph->incidences(0).size(), 1U);
  EXPECT_EQ(graph->incidences(0)[0].role(), Incidence::kSource | Incidence::kTarget);
}

struct Malformed {
  const char* text;
  const char* line;
  const char* message;
};

TEST(HypergraphText, everyFaultIsNamedWithItsLine) {
  const Malformed cases[] = {
      {"", "line 0", "no header"},
      {"% only a comment\n", "line 1", "no header"},
      {"2\n", "line 1", "the header is not"},
      {"2 x 1\n", "line 1", "the header is not"},
      {"1 2 1 7\n1 1 2\n", "line 1", "the header is not"},
      {"1 2 5\n1 2\n", "line 1", "format 5"},
      {"-1 2 0\n", "line 1", "the header is not"},
      {"99999999 2 0\n", "line 1", "do not fit"},
      {"1 1000000000 0\n1\n", "line 1", "too many"},
      {"2 2 0\n1 2\n", "line 2", "ends after 1 of 2"},
      {"1 2 0\n1 3\n", "line 2", "pin 3"},
      {"1 2 0\n0 1\n", "line 2", "pin 0"},
      {"1 2 0\n1 2.5\n", "line 2", "whole number"},
      {"1 2 0\n1 99999999999999\n", "line 2", "whole number"},
      {"1 2 0\n1 b\n", "line 2", "whole number"},
      {"1 2 1\nnan 1 2\n", "line 2", "weight"},
      {"1 2 1\n-1 1 2\n", "line 2", "weight"},
      {"1 2 1\n1e999 1 2\n", "line 2", "weight"},
      {"%\n1 2 1\n%\n3\n", "line 4", "no pins"},
      {"1 2 10\n1 2\n1\n", "line 3", "after the weights of 1"},
      {"1 2 10\n1 2\n1\n-4\n", "line 4", "whole number"},
      {"1 2 10\n1 2\n1\n4 4\n", "line 4", "whole number"},
      {"1 2 0\n1 2\n1 2\n", "line 3", "more lines than the 1"},
  };
  for (const Malformed& malformed : cases) {
    const auto graph = parseHypergraph(malformed.text, "bad.hgr");
    ASSERT_FALSE(graph) << malformed.text;
    const Diagnostic& first = graph.error().diagnostics.front();
    EXPECT_EQ(first.code, "R0140");
    EXPECT_EQ(first.file, "bad.hgr");
    EXPECT_EQ(first.where, malformed.line) << malformed.text;
    EXPECT_THAT(first.message, HasSubstr(malformed.message)) << malformed.text;
    EXPECT_NE(first.remedy, "");
  }
}

// Figures of a map are sums of weights and of their hops; JSON has no infinity.
TEST(HypergraphText, weightsThatAddUpToNoNumberAreRefused) {
  EXPECT_TRUE(parseHypergraph("2 4 1\n1e299 1 2\n1e299 3 4\n", "big.hgr"));
  for (const char* text : {"2 4 1\n1e299 1 2\n9e299 3 4\n", "2 4 1\n0 1 2\n1.7e308 1 2 3 4\n"}) {
    const auto graph = parseHypergraph(text, "big.hgr");
    ASSERT_FALSE(graph);
    const Diagnostic& first = graph.error().diagnostics.front();
    EXPECT_EQ(first.code, "R0140");
    EXPECT_EQ(first.file, "big.hgr");
    EXPECT_EQ(first.where, "edge 2") << text;
    EXPECT_EQ(graph.error().kind, ErrorKind::Format);
  }
}

TEST(HypergraphText, everyPrefixIsReadOrRefused) {
  const std::string text = hypergraphText(randomGraph(12, 5, 3));
  for (std::size_t length = 0; length < text.size(); ++length)
    (void)static_cast<bool>(parseHypergraph(text.substr(0, length), "g"));
}

TEST(Hypergraph, partsThatDisagreeAreRefused) {
  Hypergraph::Parts parts{3, {1, 1}, {0, 1}, {0, 1, 2}, {1, 2}, {}};
  EXPECT_TRUE(Hypergraph::make(parts));
  auto changed = parts;
  changed.targets[1] = 3;
  EXPECT_FALSE(Hypergraph::make(changed));
  changed = parts;
  changed.sources[0] = 3;
  EXPECT_FALSE(Hypergraph::make(changed));
  changed = parts;
  changed.weights.pop_back();
  EXPECT_FALSE(Hypergraph::make(changed));
  changed = parts;
  changed.firstTarget = {0, 5, 2};
  EXPECT_FALSE(Hypergraph::make(changed));
  changed = parts;
  changed.vertexWeights = {1};
  EXPECT_FALSE(Hypergraph::make(changed));
}

TEST(Hypergraph, incidencesAreTheTransposedEdges) {
  const Hypergraph graph = randomGraph(40, 9, 1);
  std::multiset<std::tuple<Index, Index, Index>> expected, found;
  for (Index edge = 0; edge < graph.edges(); ++edge) {
    std::map<Index, Index> roles{{graph.source(edge), Incidence::kSource}};
    for (Index target : graph.targets(edge)) roles[target] += Incidence::kTarget;
    for (const auto& [vertex, role] : roles) expected.emplace(vertex, edge, role);
  }
  for (Index vertex = 0; vertex < graph.vertices(); ++vertex)
    for (Incidence incidence : graph.incidences(vertex))
      found.emplace(vertex, incidence.edge(), incidence.role());
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace rheo::partition
