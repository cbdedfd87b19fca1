// Random trees that look like NIR graphs, mostly right and wrong in a few places, and their streams.
#pragma once

#include <string>

#include "common/Random.h"
#include "nir/Tree.h"

namespace rheo::fuzz {

class TreeGenerator {
 public:
  explicit TreeGenerator(Random& random) : random_(random) {}

  nir::Tree file();                 // a root with /node and perhaps damage
  void damage(std::string& bytes);  // flips, cuts, repeats and inserts a few bytes of a stream

 private:
  bool oneIn(std::uint64_t chances) { return random_.oneIn(chances); }
  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
  nir::Tree graph(const std::string& name, std::int64_t size, int depth);
  nir::Tree leaf(const std::string& name, std::int64_t size, const std::string& kind);
  void addNeuron(nir::Tree& node, std::int64_t size, const std::string& kind);
  void makeGainsOne(nir::Tree& node);
  void spreadShapes(nir::Tree& node);
  nir::Tree numbers(const std::string& name, std::vector<std::int64_t> shape);
  static nir::Tree text(const std::string& name, const std::string& value);
  void spoil(nir::Tree& tree);
  double number();
  std::string someName();
  std::string someKind();

  Random& random_;
};

}  // namespace rheo::fuzz
