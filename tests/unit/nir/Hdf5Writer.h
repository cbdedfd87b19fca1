// Writes small HDF5 files for the tests of the reader, good and bad ones.
#pragma once

#include <hdf5.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace rheo::nir::test {

class Hdf5Writer {
 public:
  explicit Hdf5Writer(const std::string& path);
  ~Hdf5Writer() { close(); }
  void close();

  void group(const std::string& path);  // parents included
  void numbers(const std::string& path, const std::vector<hsize_t>& shape, const std::vector<double>& values,
               hid_t stored = H5T_IEEE_F32LE, bool gzip = false);
  void text(const std::string& path, const std::string& value, bool fixed = false);
  void texts(const std::string& path, const std::vector<hsize_t>& shape,
             const std::vector<std::string>& values);
  void edges(const std::string& graph, const std::vector<std::pair<std::string, std::string>>& pairs);
  void claim(const std::string& path, hsize_t elements);  // a chunked dataset without a byte of data
  hid_t file() const { return file_; }

  // Whole nodes.
  void port(const std::string& path, const std::string& type, double size);
  void linear(const std::string& path, hsize_t outputs, hsize_t inputs);
  void lif(const std::string& path, hsize_t size);

 private:
  hid_t file_;
};

// in[2] -> fc[3,2] -> lif[3] -> out[3] under /node, without its edges.
void writeNodes(Hdf5Writer& writer);
// The same with version, type and edges: a good file.
void writeGood(Hdf5Writer& writer);

// A path in a folder of this process's own, removed at exit.
std::string temporaryPath(const std::string& name);

}  // namespace rheo::nir::test
