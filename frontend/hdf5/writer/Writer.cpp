// Groups, attributes, numbers and strings through the C library, into a file that exists in memory alone.
#include "Writer.h"

#include <fmt/format.h>
#include <hdf5.h>

#include <utility>

#include "hdf5/Messages.h"

namespace rheo::hdf5 {
namespace {

// An identifier of the library, closed at the end of its scope.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle(hid_t id, Close close) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  explicit operator bool() const { return id_ >= 0; }
  hid_t id() const { return id_; }

 private:
  hid_t id_;
  Close close_;
};

// What the library would print about its errors is ours to say; whoever else uses it keeps his setting.
class Silence {
 public:
  Silence() {
    H5Eget_auto2(H5E_DEFAULT, &print_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() { H5Eset_auto2(H5E_DEFAULT, print_, data_); }

 private:
  H5E_auto2_t print_ = nullptr;
  void* data_ = nullptr;
};

Error refused(const std::string& place) {
  return Error::of(ErrorKind::Internal, {.code = "R0699",
                                         .message = "libhdf5 cannot write this object",
                                         .where = place,
                                         .remedy = "please report it with what you did"});
}

// IEEE half precision, which the library knows no name for.
Handle float16() {
  Handle type(H5Tcopy(H5T_IEEE_F32LE), H5Tclose);
  H5Tset_fields(type.id(), 15, 10, 5, 0, 10);
  H5Tset_size(type.id(), 2);
  H5Tset_ebias(type.id(), 15);
  return type;
}

// How h5py stores truth values.
Handle boolean() {
  Handle type(H5Tenum_create(H5T_NATIVE_INT8), H5Tclose);
  std::int8_t value = 0;
  H5Tenum_insert(type.id(), "FALSE", &value);
  value = 1;
  H5Tenum_insert(type.id(), "TRUE", &value);
  return type;
}

Handle stored(DType type) {
  switch (type) {
    case DType::Float16:
      return float16();
    case DType::Float32:
      return {H5Tcopy(H5T_IEEE_F32LE), H5Tclose};
    case DType::Float64:
      return {H5Tcopy(H5T_IEEE_F64LE), H5Tclose};
    case DType::Int64:
      return {H5Tcopy(H5T_STD_I64LE), H5Tclose};
  }
  return {-1, H5Tclose};
}

class FileWriter {
 public:
  Expected<std::string> run(const Tree& root) {
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    constexpr std::size_t kGrowth = 1 << 20;  // bytes by which the file in memory grows
    constexpr hbool_t kOnDisk = 0;
    H5Pset_fapl_core(access.id(), kGrowth, kOnDisk);
    const Handle file(H5Fcreate("memory", H5F_ACC_TRUNC, H5P_DEFAULT, access.id()), H5Fclose);
    const Handle top(H5Gopen2(file.id(), "/", H5P_DEFAULT), H5Gclose);
    if (!file || !top) return refused("/");
    H5Pset_char_encoding(linking_.id(), H5T_CSET_UTF8);
    H5Pset_char_encoding(attribute_.id(), H5T_CSET_UTF8);
    H5Pset_obj_track_times(group_.id(), 0);  // else every object holds the time at which it was made
    H5Pset_obj_track_times(dataset_.id(), 0);
    if (Status written = children(root, top.id(), ""); !written) return std::move(written).error();
    if (H5Fflush(file.id(), H5F_SCOPE_LOCAL) < 0) return refused("/");
    const ssize_t size = H5Fget_file_image(file.id(), nullptr, 0);
    if (size < 0) return refused("/");
    std::string bytes(static_cast<std::size_t>(size), '\0');
    if (H5Fget_file_image(file.id(), bytes.data(), bytes.size()) < 0) return refused("/");
    return bytes;
  }

 private:
  Status children(const Tree& tree, hid_t parent, const std::string& place) {
    for (const Tree& attribute : tree.attributes)
      if (Status written = values(attribute, parent, true, place + "@" + escaped(attribute.name)); !written)
        return written;
    for (const Tree& child : tree.children) {
      const std::string here = place + "/" + escaped(child.name);
      if (!isName(child.name))
        return Error::of(ErrorKind::Compile,
                         {.code = "R0670",
                          .message = fmt::format("'{}' cannot be a name in an HDF5 file, where '/' and '.' "
                                                 "make paths",
                                                 escaped(child.name)),
                          .where = here,
                          .remedy = "give it another name"});
      if (Status written = object(child, parent, here); !written) return written;
    }
    return ok();
  }

  Status object(const Tree& tree, hid_t parent, const std::string& place) {
    if (tree.kind != Tree::Kind::Group) return values(tree, parent, false, place);
    const Handle group(H5Gcreate2(parent, tree.name.c_str(), linking_.id(), group_.id(), H5P_DEFAULT),
                       H5Gclose);
    return group ? children(tree, group.id(), place) : refused(place);
  }

  Status values(const Tree& tree, hid_t parent, bool isAttribute, const std::string& place) {
    if (tree.kind == Tree::Kind::Strings) {
      std::vector<const char*> texts;
      for (const std::string& text : tree.strings) texts.push_back(text.c_str());
      const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
      H5Tset_size(type.id(), H5T_VARIABLE);
      H5Tset_cset(type.id(), H5T_CSET_UTF8);
      return values({tree.name, tree.shape, isAttribute, type.id(), type.id(), texts.data(), texts.size()},
                    parent, place);
    }
    if (tree.kind != Tree::Kind::Array) return refused(place);
    const std::vector<double>& numbers = tree.array.values;
    if (tree.boolean) {
      const std::vector<std::int8_t> bytes(numbers.begin(), numbers.end());
      const Handle type = boolean();
      return values({tree.name, tree.array.shape, isAttribute, type.id(), type.id(), bytes.data(),
                     bytes.size(), !isAttribute},
                    parent, place);
    }
    // The library converts from double, which holds every value of every dtype.
    const Handle type = stored(tree.array.dtype);
    return values({tree.name, tree.array.shape, isAttribute, type.id(), H5T_NATIVE_DOUBLE, numbers.data(),
                   numbers.size()},
                  parent, place);
  }

  // A dataset or an attribute: its type in the file, and that of the values in memory.
  struct Written {
    const std::string& name;
    const std::vector<std::int64_t>& shape;
    bool isAttribute;
    hid_t type;
    hid_t memory;
    const void* values;
    std::size_t count;
    bool compressed = false;
  };

  Status values(const Written& what, hid_t parent, const std::string& place) {
    const std::vector<hsize_t> extents(what.shape.begin(), what.shape.end());
    std::size_t expected = 1;
    for (const hsize_t extent : extents) expected *= extent;
    if (expected != what.count) return refused(place);
    const Handle space(extents.empty()
                           ? H5Screate(H5S_SCALAR)
                           : H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr),
                       H5Sclose);
    if (what.isAttribute) {
      const Handle made(
          H5Acreate2(parent, what.name.c_str(), what.type, space.id(), attribute_.id(), H5P_DEFAULT),
          H5Aclose);
      return space && made && H5Awrite(made.id(), what.memory, what.values) >= 0 ? ok() : refused(place);
    }
    const Handle creation(H5Pcopy(dataset_.id()), H5Pclose);
    if (what.compressed && what.count > 0 && !extents.empty()) {
      std::vector<hsize_t> chunk = extents;  // one sample, where the first axis counts samples
      if (chunk.size() > 1) chunk[0] = 1;
      constexpr unsigned kLevel = 4;
      H5Pset_chunk(creation.id(), static_cast<int>(chunk.size()), chunk.data());
      H5Pset_deflate(creation.id(), kLevel);
    }
    const Handle made(H5Dcreate2(parent, what.name.c_str(), what.type, space.id(), linking_.id(),
                                 creation.id(), H5P_DEFAULT),
                      H5Dclose);
    if (!space || !made) return refused(place);
    if (what.count > 0 && H5Dwrite(made.id(), what.memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, what.values) < 0)
      return refused(place);
    return ok();
  }

  Silence silence_;  // before what may fail
  Handle linking_{H5Pcreate(H5P_LINK_CREATE), H5Pclose};
  Handle group_{H5Pcreate(H5P_GROUP_CREATE), H5Pclose};
  Handle dataset_{H5Pcreate(H5P_DATASET_CREATE), H5Pclose};
  Handle attribute_{H5Pcreate(H5P_ATTRIBUTE_CREATE), H5Pclose};
};

}  // namespace

bool isName(const std::string& name) {
  const auto holds = [&](char letter) { return name.find(letter) != std::string::npos; };
  return !name.empty() && name != "." && !holds('/') && !holds('\0');
}

Expected<std::string> fileOf(const Tree& root) { return FileWriter().run(root); }

}  // namespace rheo::hdf5
