// Valid NIR, NIRData and .net files to start from, written with libhdf5 in this process: these are not
// hostile.
#include "Originals.h"

#include <hdf5.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <utility>

#include "TemporaryFile.h"
#include "common/Guards.h"

namespace rheo::fuzz {
namespace {

class Writer {
 public:
  // `latest`: structures with checksums of their own, as h5py writes them when asked to.
  Writer(const std::string& path, bool latest) : links_(H5Pcreate(H5P_LINK_CREATE)) {
    H5Pset_create_intermediate_group(links_, 1);
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (latest) H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    file_ = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
    require(file_ >= 0, "an original file can be written");
    H5Pclose(access);
  }
  ~Writer() {
    H5Fclose(file_);
    H5Pclose(links_);
  }
  hid_t file() const { return file_; }

  enum class Storage { Contiguous, Compact, Chunked, Compressed };

  void numbers(const std::string& path, const std::vector<hsize_t>& shape, double value,
               hid_t type = H5T_IEEE_F32LE, Storage storage = Storage::Contiguous) const {
    const hid_t creation = creationList();
    if (storage == Storage::Compact) H5Pset_layout(creation, H5D_COMPACT);
    if (storage == Storage::Chunked || storage == Storage::Compressed)
      H5Pset_chunk(creation, static_cast<int>(shape.size()), shape.data());
    if (storage == Storage::Compressed) H5Pset_shuffle(creation), H5Pset_deflate(creation, 4);
    hsize_t size = 1;
    for (const hsize_t extent : shape) size *= extent;
    const std::vector<double> values(size, value);
    write(path, type, shape, creation, H5T_NATIVE_DOUBLE, values.data());
  }

  void text(const std::string& path, const std::string& value) const { texts(path, {}, {value}); }
  void texts(const std::string& path, const std::vector<hsize_t>& shape,
             const std::vector<std::string>& values) const {
    std::vector<const char*> pointers;
    for (const std::string& value : values) pointers.push_back(value.c_str());
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    write(path, type, shape, creationList(), type, pointers.data());
    H5Tclose(type);
  }
  void fixedText(const std::string& path, const std::string& value) const {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, value.size());
    write(path, type, {}, creationList(), type, value.data());
    H5Tclose(type);
  }

  // Of a group that is there: a text, or one number.
  void attribute(const std::string& group, const char* name, const char* value, double number = 0) const {
    const hid_t at = H5Gopen2(file_, group.c_str(), H5P_DEFAULT);
    const hid_t type = H5Tcopy(value == nullptr ? H5T_IEEE_F64LE : H5T_C_S1);
    if (value != nullptr) H5Tset_size(type, H5T_VARIABLE);
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t made = H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    const void* stored = value == nullptr ? static_cast<const void*>(&number) : &value;
    require(made >= 0 && H5Awrite(made, type, stored) >= 0, "an original attribute can be written");
    H5Aclose(made);
    H5Sclose(space);
    H5Tclose(type);
    H5Gclose(at);
  }

  void port(const std::string& path, const char* type, double size) const {
    text(path + "/type", type);
    numbers(path + "/shape", {1}, size, H5T_STD_I64LE);
  }
  void neurons(const std::string& path, const char* type, const std::vector<const char*>& parameters,
               hid_t stored, Storage storage) const {
    text(path + "/type", type);
    for (const char* parameter : parameters) numbers(path + "/" + parameter, {3}, 0.5, stored, storage);
  }
  void edges(const std::string& graph, const std::vector<std::pair<std::string, std::string>>& pairs) const {
    std::vector<std::string> flat;
    for (const auto& [source, target] : pairs) flat.insert(flat.end(), {source, target});
    texts(graph + "/edges", {pairs.size(), 2}, flat);
  }

 private:
  // Without the time of writing, which would make every run's files differ.
  static hid_t creationList() {
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(creation, false);
    return creation;
  }
  void write(const std::string& path, hid_t type, const std::vector<hsize_t>& shape, hid_t creation,
             hid_t memoryType, const void* values) const {
    const hid_t space = shape.empty()
                            ? H5Screate(H5S_SCALAR)
                            : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    const hid_t set = H5Dcreate2(file_, path.c_str(), type, space, links_, creation, H5P_DEFAULT);
    require(set >= 0 && H5Dwrite(set, memoryType, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0,
            "an original dataset can be written");
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(creation);
  }

  hid_t file_ = -1;
  hid_t links_;
};

using Storage = Writer::Storage;

// in[2] -> fc[3,2] -> lif[3] -> out[3].
void writeLayers(const Writer& writer, Storage storage) {
  writer.text("/version", "0.2.0");
  writer.text("/node/type", "NIRGraph");
  writer.port("/node/nodes/in", "Input", 2);
  writer.text("/node/nodes/fc/type", "Linear");
  writer.numbers("/node/nodes/fc/weight", {3, 2}, 0.5, H5T_IEEE_F32LE, storage);
  writer.neurons("/node/nodes/lif", "LIF", {"tau", "r", "v_leak", "v_threshold"}, H5T_IEEE_F32LE, storage);
  writer.port("/node/nodes/out", "Output", 3);
  writer.edges("/node", {{"in", "fc"}, {"fc", "lif"}, {"lif", "out"}});
}

// Every type of number, fixed strings, recurrence.
void writeTypes(const Writer& writer) {
  writer.fixedText("/version", "1.0.8");
  writer.fixedText("/node/type", "NIRGraph");
  writer.port("/node/nodes/in", "Input", 3);
  writer.text("/node/nodes/rec/type", "Affine");
  writer.numbers("/node/nodes/rec/weight", {1, 3, 3}, 2, H5T_STD_I16BE);
  writer.numbers("/node/nodes/rec/bias", {}, 0, H5T_STD_U8LE, Storage::Compact);
  const hid_t half = H5Tcopy(H5T_IEEE_F32LE);
  H5Tset_fields(half, 15, 10, 5, 0, 10);
  H5Tset_size(half, 2);
  H5Tset_ebias(half, 15);
  writer.neurons("/node/nodes/cuba", "CubaLIF", {"tau_mem", "tau_syn", "r"}, half, Storage::Compressed);
  writer.numbers("/node/nodes/cuba/v_leak", {}, 0, H5T_IEEE_F64BE);
  writer.numbers("/node/nodes/cuba/v_threshold", {3}, 1, H5T_IEEE_F64LE);
  writer.port("/node/nodes/out", "Output", 3);
  writer.edges("/node", {{"in", "cuba"}, {"cuba", "rec"}, {"rec", "cuba"}, {"cuba", "out"}});
  H5Tclose(half);
}

// A nested graph, links of every kind, and things that are no NIR.
void writeLinks(const Writer& writer) {
  writer.text("/version", "0.2.0");
  writer.text("/node/type", "NIRGraph");
  writer.port("/node/nodes/in", "Input", 3);
  writer.text("/node/nodes/sub/type", "NIRGraph");
  writer.port("/node/nodes/sub/nodes/input", "Input", 3);
  writer.text("/node/nodes/sub/nodes/scale/type", "Scale");
  writer.numbers("/node/nodes/sub/nodes/scale/scale", {3}, 2);
  writer.port("/node/nodes/sub/nodes/output", "Output", 3);
  writer.edges("/node/nodes/sub", {{"input", "scale"}, {"scale", "output"}});
  H5Lcreate_soft("/node/nodes/in/shape", writer.file(), "/node/nodes/soft", H5P_DEFAULT, H5P_DEFAULT);
  H5Ldelete(writer.file(), "/node/nodes/soft", H5P_DEFAULT);
  writer.text("/node/nodes/out/type", "Output");
  H5Lcreate_soft("/node/nodes/in/shape", writer.file(), "/node/nodes/out/shape", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_external("other.nir", "/node", writer.file(), "/elsewhere", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/nowhere", writer.file(), "/dangling", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_hard(writer.file(), "/node/nodes/in", writer.file(), "/same", H5P_DEFAULT, H5P_DEFAULT);
  writer.numbers("/node/nodes/sub/metadata/anything", {2, 2}, 1, H5T_IEEE_F32LE, Storage::Chunked);
  writer.edges("/node", {{"in", "sub"}, {"sub", "out"}});
}

// A .net file: two dense layers of CUBA neurons.
void writeNetx(const Writer& writer) {
  for (const std::string layer : {"/layer/0", "/layer/1"}) {
    writer.fixedText(layer + "/type", layer.ends_with('0') ? "dense" : "dense_rec");
    writer.numbers(layer + "/inFeatures", {}, 3, H5T_STD_I64LE);
    writer.numbers(layer + "/outFeatures", {}, 3, H5T_STD_I64LE);
    writer.numbers(layer + "/weight", {3, 3}, 2);
    writer.numbers(layer + "/weight_rec", {3, 3}, -2, H5T_IEEE_F32LE, Storage::Compressed);
    writer.numbers(layer + "/bias", {3}, 1);
    writer.text(layer + "/neuron/type", "CUBA");
    for (const char* field : {"iDecay", "vDecay", "vThMant"})
      writer.numbers(layer + "/neuron/" + field, {}, 64, H5T_STD_I64LE);
    writer.numbers(layer + "/neuron/gradedSpike", {}, 0, H5T_STD_I8LE);
  }
  writer.numbers("/simulation/Ts", {}, 1, H5T_STD_I64LE);
}

// A recording (NIRData): a grid, and events.
void writeRecording(const Writer& writer) {
  const std::string observables = "/nodes/in/observables";
  writer.numbers(observables + "/spikes/data", {2, 5, 3}, 1, H5T_STD_I8LE, Storage::Compressed);
  writer.attribute("/", "__type__", "NIRGraphData");
  writer.attribute("/nodes/in", "__type__", "NIRNodeData");
  writer.attribute(observables + "/spikes", "__type__", "TimeGriddedData");
  writer.attribute(observables + "/spikes", "dt", nullptr, 1e-3);
  writer.numbers(observables + "/events/idx", {2, 4}, 1, H5T_STD_I64LE);
  for (const char* column : {"/events/time", "/events/value"})
    writer.numbers(observables + column, {2, 4}, 1e-3, H5T_IEEE_F64LE);
  writer.attribute(observables + "/events", "__type__", "ValuedEventData");
  writer.attribute(observables + "/events", "n_neurons", nullptr, 3);
  writer.attribute(observables + "/events", "t_max", nullptr, 5e-3);
}

std::string readAll(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

std::vector<std::string> originalFiles() {
  const TemporaryFile file;
  std::vector<std::string> files;
  const auto add = [&](bool latest, const std::function<void(const Writer&)>& write) {
    write(Writer(file.path(), latest));
    files.push_back(readAll(file.path()));
  };
  for (const bool latest : {false, true}) {
    add(latest, [](const Writer& writer) { writeLayers(writer, Storage::Contiguous); });
    add(latest, [](const Writer& writer) { writeLayers(writer, Storage::Compressed); });
    add(latest, writeTypes);
    add(latest, writeLinks);
    add(latest, writeNetx);
    add(latest, writeRecording);
  }
  files.push_back(readAll(RHEO_SOURCE_DIR "/examples/reaching/reaching.nir"));
  for (const std::string& bytes : files) require(bytes.size() > 1000, "an original file can be read");
  return files;
}

}  // namespace rheo::fuzz
