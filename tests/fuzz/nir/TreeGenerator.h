// Random trees that look like NIR graphs, mostly right and wrong in a few places, and their streams.
#pragma once

#include <string>

#include "common/Random.h"
#include "hdf5/Tree.h"

namespace rheo::fuzz {

class TreeGenerator {
 public:
  explicit TreeGenerator(Random& random) : random_(random) {}

  hdf5::Tree file();                // of a NIR file: a root with /node and perhaps damage
  hdf5::Tree netxFile();            // of a .net file: a root with /layer and perhaps damage
  void damage(std::string& bytes);  // flips, cuts, repeats and inserts a few bytes of a stream

 private:
  bool oneIn(std::uint64_t chances) { return random_.oneIn(chances); }
  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
  hdf5::Tree netxLayer(std::uint64_t index, const std::string& type);
  hdf5::Tree denseLayer(std::uint64_t index, std::int64_t inputs, std::int64_t outputs);
  hdf5::Tree windowLayer(std::uint64_t index, std::vector<std::int64_t>& shape);
  void addNetxNeuron(hdf5::Tree& layer, std::int64_t channels, bool complex);
  void keepShape(hdf5::Tree& array, std::vector<std::int64_t> shape);
  void addWindow(hdf5::Tree& node, std::int64_t size, const std::string& kind);
  double whole(std::int64_t low, std::int64_t high);
  void add(hdf5::Tree& to, const char* name, std::vector<std::int64_t> shape, std::int64_t low,
           std::int64_t high);
  hdf5::Tree graph(const std::string& name, std::int64_t size, int depth);
  hdf5::Tree leaf(const std::string& name, std::int64_t size, const std::string& kind);
  void addNeuron(hdf5::Tree& node, std::int64_t size, const std::string& kind);
  void makeGainsOne(hdf5::Tree& node);
  void spreadShapes(hdf5::Tree& node);
  hdf5::Tree numbers(const std::string& name, std::vector<std::int64_t> shape);
  static hdf5::Tree text(const std::string& name, const std::string& value);
  void spoil(hdf5::Tree& tree);
  void addAttributes(hdf5::Tree& group);
  double number();
  std::string someName();
  std::string someKind();

  Random& random_;
};

}  // namespace rheo::fuzz
