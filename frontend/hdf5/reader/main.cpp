// The program that opens an HDF5 file in a process of its own and writes what it holds to standard output as
// the flat stream of ../Stream.h. Started by Hdf5Process.cpp; a file that makes libhdf5 crash or hang ends
// this process only.
//
//   rheo-hdf5-reader FILE MEMORY_BYTES CPU_SECONDS MAX_OBJECTS MAX_ELEMENTS MAX_TEXT_BYTES MAX_DEPTH
#include <hdf5.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr int kMaxRank = 8;
enum : std::uint8_t { kFloat16, kFloat32, kFloat64, kInt64 };

struct Settings {
  std::uint64_t maxObjects = 0;
  std::uint64_t maxElements = 0;
  std::uint64_t maxTextBytes = 0;
  int maxDepth = 0;
};

void put(const void* bytes, std::size_t count) {
  if (count > 0 && std::fwrite(bytes, 1, count, stdout) != count) std::_Exit(4);  // the parent is gone
}
template <class T>
void putNumber(T value) {
  put(&value, sizeof value);
}
void putText(const std::string& text) {
  putNumber(static_cast<std::uint32_t>(text.size()));
  put(text.data(), text.size());
}

// Ends the stream with a message; the parent makes it a diagnostic.
[[noreturn]] void giveUp(const std::string& where, const std::string& message) {
  putNumber('!');
  putText(where);
  putText(message);
  std::fflush(stdout);
  std::_Exit(0);  // libhdf5's own clean-up is not to be trusted after an error
}

// The innermost reason libhdf5 gives, e.g. "truncated file: eof = 100, ...".
std::string libraryReason() {
  std::string reason;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned position, const H5E_error2_t* error, void* data) -> herr_t {
        if (position == 0 && error->desc != nullptr) *static_cast<std::string*>(data) = error->desc;
        return 0;
      },
      &reason);
  for (char& c : reason) {
    if (c < 0x20 || c >= 0x7f) c = '?';
  }
  if (reason.size() > 200) reason.resize(200);
  return reason.empty() ? "no reason given" : reason;
}

// Where values lie: a dataset, or an attribute of a group.
struct Stored {
  hid_t id;
  bool isAttribute;

  bool read(hid_t memoryType, void* target) const {
    return (isAttribute ? H5Aread(id, memoryType, target)
                        : H5Dread(id, memoryType, H5S_ALL, H5S_ALL, H5P_DEFAULT, target)) >= 0;
  }
};

class Walker {
 public:
  explicit Walker(const Settings& settings) : settings_(settings), linkAccess_(H5Pcreate(H5P_LINK_ACCESS)) {
    // A soft link's path may lead through a link to another file: such a step fails.
    const H5L_elink_traverse_t refuse = [](const char*, const char*, const char*, const char*, unsigned*,
                                           hid_t, void*) -> herr_t { return -1; };
    H5Pset_elink_cb(linkAccess_, refuse, nullptr);
  }

  void group(hid_t id, const std::string& path, int depth) {
    H5G_info_t info;
    if (H5Gget_info(id, &info) < 0) giveUp(path, "a group cannot be read: " + libraryReason());
    if (info.nlinks > settings_.maxObjects - objects_) giveUp(path, "the file holds too many objects");
    attributes(id, path);
    const bool isGraph = path.size() < 6 || path.compare(path.size() - 6, 6, "/nodes") != 0;
    for (const std::string& name : linksOf(id, path, info.nlinks)) {
      // NIR says that a reader must not depend on metadata, and it may hold anything: that it is there is all
      // we say.
      if (isGraph && name == "metadata") {
        countObject(path);
        unreadable(name, "metadata are not read");
        continue;
      }
      link(id, name, path + "/" + name, depth);
    }
  }

 private:
  // The names of a group, in order; `count` of them at most. (Asked for by number, each costs a search.)
  std::vector<std::string> linksOf(hid_t id, const std::string& path, hsize_t count) {
    struct Found {
      Walker& walker;
      const std::string& path;
      hsize_t count;
      std::vector<std::string> names;
    } found{*this, path, count, {}};
    const H5L_iterate_t take = [](hid_t, const char* name, const H5L_info_t*, void* data) -> herr_t {
      auto& all = *static_cast<Found*>(data);
      if (all.names.size() >= all.count) return 1;
      all.walker.countText(all.path, std::strlen(name));
      all.names.emplace_back(name);
      return 0;
    };
    if (H5Literate(id, H5_INDEX_NAME, H5_ITER_INC, nullptr, take, &found) < 0)
      giveUp(path, "a name in a group cannot be read: " + libraryReason());
    return std::move(found.names);
  }

  void attributes(hid_t group, const std::string& path) {
    H5O_info_t info;
    if (H5Oget_info(group, &info) < 0) giveUp(path, "a group cannot be read: " + libraryReason());
    for (hsize_t i = 0; i < info.num_attrs; ++i) {
      countObject(path);
      const hid_t id = H5Aopen_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT);
      const ssize_t length = id < 0 ? -1 : H5Aget_name(id, 0, nullptr);
      if (length < 0) giveUp(path, "an attribute cannot be read: " + libraryReason());
      countText(path, static_cast<std::uint64_t>(length));
      std::string name(static_cast<std::size_t>(length) + 1, '\0');
      if (H5Aget_name(id, name.size(), name.data()) < 0)
        giveUp(path, "an attribute cannot be read: " + libraryReason());
      name.resize(std::strlen(name.c_str()));
      putNumber('@');
      shaped({id, true}, H5Aget_space(id), H5Aget_type(id), name, path + "@" + name);
      H5Aclose(id);
    }
  }

  void countObject(const std::string& path) {
    if (++objects_ > settings_.maxObjects) giveUp(path, "the file holds too many objects");
  }

  void countText(const std::string& path, std::uint64_t bytes) {
    if (bytes > settings_.maxTextBytes - textBytes_) giveUp(path, "the file holds too much text");
    textBytes_ += bytes;
  }

  void unreadable(const std::string& name, const std::string& reason) {
    putNumber('U');
    putText(name);
    putText(reason);
  }

  void link(hid_t parent, const std::string& name, const std::string& path, int depth) {
    countObject(path);
    H5L_info_t info;
    if (H5Lget_info(parent, name.c_str(), &info, H5P_DEFAULT) < 0) {
      giveUp(path, "a link cannot be read: " + libraryReason());
    }
    if (info.type != H5L_TYPE_HARD && info.type != H5L_TYPE_SOFT) {
      return unreadable(name, "a link to another file");
    }
    const hid_t object = H5Oopen(parent, name.c_str(), linkAccess_);
    if (object < 0) {
      if (info.type == H5L_TYPE_SOFT) return unreadable(name, "a link that leads nowhere");
      giveUp(path, "an object cannot be opened: " + libraryReason());
    }
    switch (H5Iget_type(object)) {
      case H5I_GROUP:
        if (depth >= settings_.maxDepth)
          giveUp(path, "groups are nested too deeply, or a link leads in a circle");
        putNumber('G');
        putText(name);
        group(object, path, depth + 1);
        putNumber('E');
        break;
      case H5I_DATASET:
        dataset(object, name, path);
        break;
      default:
        unreadable(name, "neither a group nor a dataset");
    }
    H5Oclose(object);
  }

  // Of most datasets the place in this file is known; asking for it costs less than for how they were made.
  static bool isHere(hid_t id) { return H5Dget_offset(id) != HADDR_UNDEF; }

  void dataset(hid_t id, const std::string& name, const std::string& path) {
    if (isHere(id)) return shaped({id, false}, H5Dget_space(id), H5Dget_type(id), name, path);
    const hid_t creation = H5Dget_create_plist(id);
    if (creation < 0) giveUp(path, "a dataset cannot be read: " + libraryReason());
    const bool elsewhere =
        H5Pget_layout(creation) == H5D_VIRTUAL ||
        (H5Pget_layout(creation) == H5D_CONTIGUOUS && H5Pget_external_count(creation) != 0);
    H5Pclose(creation);
    if (elsewhere) return unreadable(name, "a dataset whose values are in another file");

    shaped({id, false}, H5Dget_space(id), H5Dget_type(id), name, path);
  }

  // Sends what is stored, and closes its space and type.
  void shaped(Stored stored, hid_t space, hid_t type, const std::string& name, const std::string& path) {
    if (space < 0 || type < 0) giveUp(path, "a dataset cannot be read: " + libraryReason());
    const H5S_class_t spaceClass = H5Sget_simple_extent_type(space);
    if (spaceClass == H5S_NULL) {
      unreadable(name, "an empty value");
    } else {
      const int rank = H5Sget_simple_extent_ndims(space);
      if (rank < 0 || rank > kMaxRank) giveUp(path, "a dataset has more than 8 dimensions");
      hsize_t extents[kMaxRank] = {};
      if (H5Sget_simple_extent_dims(space, extents, nullptr) < 0) {
        giveUp(path, "a dataset's shape cannot be read: " + libraryReason());
      }
      values(stored, type, name, path, std::vector<std::uint64_t>(extents, extents + rank));
    }
    H5Tclose(type);
    H5Sclose(space);
  }

  std::uint64_t elementCount(const std::vector<std::uint64_t>& shape, const std::string& path) {
    const std::uint64_t most = settings_.maxElements - elements_;
    unsigned __int128 count = 1;
    std::string text;
    for (const std::uint64_t extent : shape) {
      text += (text.empty() ? "" : ", ") + std::to_string(extent);
      if (extent == 0) return 0;
      if (count <= most) count *= extent;
    }
    if (count > most) {
      giveUp(path, "the dataset claims to have the shape [" + text + "], and at most " +
                       std::to_string(most) + " elements can still be read");
    }
    elements_ += static_cast<std::uint64_t>(count);
    return static_cast<std::uint64_t>(count);
  }

  void header(char tag, const std::string& name) {
    putNumber(tag);
    putText(name);
  }
  void putShape(const std::vector<std::uint64_t>& shape) {
    putNumber(static_cast<std::uint8_t>(shape.size()));
    for (const std::uint64_t extent : shape) putNumber(extent);
  }

  void values(Stored stored, hid_t type, const std::string& name, const std::string& path,
              const std::vector<std::uint64_t>& shape) {
    switch (H5Tget_class(type)) {
      case H5T_FLOAT: {
        const std::size_t size = H5Tget_size(type);
        if (size != 2 && size != 4 && size != 8)
          return unreadable(name, "floating-point numbers of an unusual size");
        const std::uint8_t tag = size == 2 ? kFloat16 : size == 4 ? kFloat32 : kFloat64;
        return numbers(stored, size == 8 ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT, size == 8 ? 8 : 4, tag, name,
                       path, shape);
      }
      case H5T_INTEGER:
        if (H5Tget_size(type) > 8) return unreadable(name, "integers of an unusual size");
        return numbers(stored, H5T_NATIVE_INT64, 8, kInt64, name, path, shape);
      case H5T_ENUM:  // how booleans are stored: FALSE = 0, TRUE = 1
        return enumeration(stored, type, name, path, shape);
      case H5T_STRING:
        return strings(stored, type, name, path, shape);
      default:
        return unreadable(name, "a type that is neither numbers nor strings");
    }
  }

  void numbers(Stored stored, hid_t memoryType, std::size_t each, std::uint8_t tag, const std::string& name,
               const std::string& path, const std::vector<std::uint64_t>& shape) {
    const std::uint64_t count = elementCount(shape, path);
    std::vector<char> bytes(count * each);
    if (count > 0 && !stored.read(memoryType, bytes.data())) {
      giveUp(path, "the dataset's values cannot be read: " + libraryReason());
    }
    if (tag == kInt64) checkExact(bytes, path);
    header('A', name);
    putNumber(tag);
    putShape(shape);
    put(bytes.data(), bytes.size());
  }

  // The parent holds every number as a double. (An unsigned integer above 2^63 reads as 2^63 - 1.)
  static void checkExact(const std::vector<char>& bytes, const std::string& path) {
    constexpr std::int64_t kLargestExact = std::int64_t{1} << 53;
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::int64_t)) {
      std::int64_t value = 0;
      std::memcpy(&value, bytes.data() + at, sizeof value);
      if (value <= kLargestExact && value >= -kLargestExact) continue;
      giveUp(path, "the dataset holds the integer " + std::to_string(value) + " at index " +
                       std::to_string(at / sizeof value) + ", beyond 2^53 = 9007199254740992");
    }
  }

  void enumeration(Stored stored, hid_t type, const std::string& name, const std::string& path,
                   const std::vector<std::uint64_t>& shape) {
    if (H5Tget_size(type) != 1) return unreadable(name, "an enumeration");
    const std::uint64_t count = elementCount(shape, path);
    std::vector<std::int8_t> bytes(count);
    // Read as stored, one byte each: converting by member names would need a twin of the file's type.
    if (count > 0 && !stored.read(type, bytes.data())) {
      giveUp(path, "the dataset's values cannot be read: " + libraryReason());
    }
    header('A', name);
    putNumber(static_cast<std::uint8_t>(kInt64));
    putShape(shape);
    for (const std::int8_t value : bytes) putNumber(static_cast<std::int64_t>(value));
  }

  void strings(Stored stored, hid_t type, const std::string& name, const std::string& path,
               const std::vector<std::uint64_t>& shape) {
    const std::uint64_t count = elementCount(shape, path);
    std::vector<std::string> texts;
    texts.reserve(count);
    if (H5Tis_variable_str(type) > 0) {
      const hid_t memoryType = H5Tcopy(type);
      std::vector<char*> pointers(count, nullptr);
      if (count > 0 && !stored.read(memoryType, pointers.data())) {
        giveUp(path, "the dataset's strings cannot be read: " + libraryReason());
      }
      for (const char* pointer : pointers) texts.emplace_back(pointer == nullptr ? "" : pointer);
      for (char* pointer : pointers) H5free_memory(pointer);
      H5Tclose(memoryType);
    } else {
      const std::size_t size = H5Tget_size(type);
      if (size == 0 || count > settings_.maxTextBytes / size) giveUp(path, "the file holds too much text");
      std::vector<char> bytes(count * size);
      if (count > 0 && !stored.read(type, bytes.data())) {
        giveUp(path, "the dataset's strings cannot be read: " + libraryReason());
      }
      const bool spacePadded = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
      for (std::uint64_t i = 0; i < count; ++i) {
        std::string text(bytes.data() + i * size, strnlen(bytes.data() + i * size, size));
        while (spacePadded && !text.empty() && text.back() == ' ') text.pop_back();
        texts.push_back(std::move(text));
      }
    }
    for (const std::string& text : texts) countText(path, text.size());
    header('S', name);
    putShape(shape);
    for (const std::string& text : texts) putText(text);
  }

  const Settings& settings_;
  hid_t linkAccess_;
  std::uint64_t objects_ = 0;
  std::uint64_t elements_ = 0;
  std::uint64_t textBytes_ = 0;
};

void limit(decltype(RLIMIT_CPU) resource, rlim_t value) {
  const rlimit both{value, value};
  setrlimit(resource, &both);  // fails only where a lower limit is already set
}

void limitProcess(std::uint64_t memoryBytes, std::uint64_t cpuSeconds) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  limit(RLIMIT_AS, memoryBytes);  // a sanitizer reserves terabytes of addresses
#endif
  limit(RLIMIT_CPU, cpuSeconds);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) {
    std::fputs("this program is started by rheobase; it is of no use alone\n", stderr);
    return 2;
  }
  const auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
  limitProcess(number(2), number(3));
  const Settings settings{number(4), number(5), number(6), static_cast<int>(number(7))};
  std::setvbuf(stdout, nullptr, _IOFBF, 1 << 18);
  put("RHEOH5\x02\n", 8);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  H5PLset_loading_state(0);  // a file must not make the library load filter plug-ins
  const htri_t isHdf5 = H5Fis_hdf5(argv[1]);
  if (isHdf5 < 0) giveUp("", "the file cannot be read: " + libraryReason());
  if (isHdf5 == 0) giveUp("", "this is not an HDF5 file, so it is not a NIR file");
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fapl_sec2(access);
  const hid_t file = H5Fopen(argv[1], H5F_ACC_RDONLY, access);
  if (file < 0) giveUp("", "the HDF5 file cannot be opened: " + libraryReason());
  const hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
  if (root < 0) giveUp("", "the HDF5 file cannot be opened: " + libraryReason());
  Walker(settings).group(root, "", 0);
  putNumber('Z');
  if (std::fflush(stdout) != 0) std::_Exit(4);
  std::_Exit(0);
}
