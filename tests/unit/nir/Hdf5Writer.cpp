// Writes small HDF5 files for the tests of the reader.
#include "Hdf5Writer.h"

#include <unistd.h>

#include <cstdlib>

namespace rheo::nir::test {

namespace {

hid_t linkCreation() {
  const hid_t list = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(list, 1);
  return list;
}

hid_t space(const std::vector<hsize_t>& shape) {
  return shape.empty() ? H5Screate(H5S_SCALAR)
                       : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
}

struct Folder {
  std::filesystem::path path;
  Folder() : path(std::filesystem::temp_directory_path() / ("rheo_nir_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path);
    // The reader lies in the build folder, not beside the test.
    setenv("RHEOBASE_HDF5_READER", RHEO_HDF5_READER, 1);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
} folder;

}  // namespace

std::string temporaryPath(const std::string& name) { return (folder.path / name).string(); }

Hdf5Writer::Hdf5Writer(const std::string& path)
    : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)) {}

void Hdf5Writer::close() {
  if (file_ >= 0) H5Fclose(file_);
  file_ = -1;
}

void Hdf5Writer::group(const std::string& path) {
  H5Gclose(H5Gcreate2(file_, path.c_str(), linkCreation(), H5P_DEFAULT, H5P_DEFAULT));
}

void Hdf5Writer::numbers(const std::string& path, const std::vector<hsize_t>& shape,
                         const std::vector<double>& values, hid_t stored, bool gzip) {
  const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  if (gzip) {
    H5Pset_chunk(creation, static_cast<int>(shape.size()), shape.data());
    H5Pset_deflate(creation, 4);
  }
  const hid_t set =
      H5Dcreate2(file_, path.c_str(), stored, space(shape), linkCreation(), creation, H5P_DEFAULT);
  H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  H5Dclose(set);
}

void Hdf5Writer::text(const std::string& path, const std::string& value, bool fixed) {
  if (!fixed) return texts(path, {}, {value});
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, value.size() + 3);
  std::string padded = value + std::string(3, '\0');
  const hid_t set =
      H5Dcreate2(file_, path.c_str(), type, space({}), linkCreation(), H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, padded.data());
  H5Dclose(set);
}

void Hdf5Writer::texts(const std::string& path, const std::vector<hsize_t>& shape,
                       const std::vector<std::string>& values) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  std::vector<const char*> pointers;
  for (const std::string& value : values) pointers.push_back(value.c_str());
  const hid_t set =
      H5Dcreate2(file_, path.c_str(), type, space(shape), linkCreation(), H5P_DEFAULT, H5P_DEFAULT);
  if (!values.empty()) H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data());
  H5Dclose(set);
}

void Hdf5Writer::edges(const std::string& graph,
                       const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::vector<std::string> flat;
  for (const auto& [source, target] : pairs) {
    flat.push_back(source);
    flat.push_back(target);
  }
  texts(graph + "/edges", {pairs.size(), 2}, flat);
}

void Hdf5Writer::claim(const std::string& path, hsize_t elements) {
  const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  const hsize_t chunk = 1024;
  H5Pset_chunk(creation, 1, &chunk);
  H5Dclose(H5Dcreate2(file_, path.c_str(), H5T_IEEE_F32LE, space({elements}), linkCreation(), creation,
                      H5P_DEFAULT));
}

void Hdf5Writer::port(const std::string& path, const std::string& type, double size) {
  text(path + "/type", type);
  numbers(path + "/shape", {1}, {size}, H5T_STD_I64LE);
}

void Hdf5Writer::linear(const std::string& path, hsize_t outputs, hsize_t inputs) {
  text(path + "/type", "Linear");
  numbers(path + "/weight", {outputs, inputs}, std::vector<double>(outputs * inputs, 0.5), H5T_IEEE_F32LE,
          true);
}

void Hdf5Writer::lif(const std::string& path, hsize_t size) {
  text(path + "/type", "LIF");
  for (const char* name : {"tau", "r", "v_leak", "v_threshold"}) {
    const double value = std::string(name) == "tau" ? 0.01 : std::string(name) == "v_leak" ? 0 : 1;
    numbers(path + "/" + name, {size}, std::vector<double>(size, value));
  }
}

void writeNodes(Hdf5Writer& writer) {
  writer.text("/version", "0.1.1");
  writer.text("/node/type", "NIRGraph");
  writer.port("/node/nodes/in", "Input", 2);
  writer.linear("/node/nodes/fc", 3, 2);
  writer.lif("/node/nodes/lif", 3);
  writer.port("/node/nodes/out", "Output", 3);
}

void writeGood(Hdf5Writer& writer) {
  writeNodes(writer);
  writer.edges("/node", {{"lif", "out"}, {"fc", "lif"}, {"in", "fc"}});
}

}  // namespace rheo::nir::test
