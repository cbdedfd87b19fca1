// Random trees that look like NIR graphs, mostly right and wrong in a few places, and their streams.
#pragma once

#include <random>
#include <string>

#include "nir/Tree.h"

namespace rheo::fuzz {

class TreeGenerator {
 public:
  explicit TreeGenerator(std::uint64_t seed) : random_(seed) {}

  nir::Tree file();                           // a root with /node and perhaps damage
  std::string encode(const nir::Tree& root);  // as the reader writes it
  void damage(std::string& bytes);            // flips, cuts, repeats and inserts a few bytes
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

 private:
  bool oneIn(std::uint64_t chances) { return below(chances) == 0; }
  nir::Tree graph(const std::string& name, int depth);
  nir::Tree leaf(const std::string& name, std::int64_t size, const std::string& kind);
  nir::Tree numbers(const std::string& name, std::vector<std::int64_t> shape);
  static nir::Tree text(const std::string& name, const std::string& value);
  void spoil(nir::Tree& tree);
  double number();
  std::string someName();
  std::string someKind();

  std::mt19937_64 random_;
};

}  // namespace rheo::fuzz
