// Decodes the reader process's byte stream into a Tree.
#include "Stream.h"

#include <fmt/format.h>

#include <cstring>
#include <unordered_set>

#include "Messages.h"

namespace rheo::hdf5 {

namespace {

template <class T>
const Tree* findChild(const T& children, const std::string& name) {
  for (const Tree& tree : children) {
    if (tree.name == name) return &tree;
  }
  return nullptr;
}

}  // namespace

const Tree* Tree::child(const std::string& childName) const { return findChild(children, childName); }
Tree* Tree::child(const std::string& childName) { return const_cast<Tree*>(findChild(children, childName)); }
const Tree* Tree::attribute(const std::string& attributeName) const {
  return findChild(attributes, attributeName);
}

namespace {

// Reads from the front of the bytes. After the first failure every further read fails too.
class Decoder {
 public:
  Decoder(std::string_view bytes, const Limits& limits) : rest_(bytes), limits_(limits) {}

  bool failed() const { return !failure_.empty(); }
  const std::string& failure() const { return failure_; }
  bool reported() const { return reported_; }
  const std::string& reportedWhere() const { return reportedWhere_; }

  Tree decode() {
    Tree root;
    if (rest_.substr(0, kStreamMagic.size()) != kStreamMagic) {
      fail("it does not begin with the expected mark");
      return root;
    }
    rest_.remove_prefix(kStreamMagic.size());
    children(root, 0);
    if (!failed() && !rest_.empty()) fail("bytes follow its end");
    return root;
  }

 private:
  void fail(std::string why) {
    if (failure_.empty()) failure_ = std::move(why);
  }

  bool take(void* target, std::size_t count) {
    if (failed()) return false;
    if (rest_.size() < count) {
      fail("it is cut short");
      return false;
    }
    if (count > 0) std::memcpy(target, rest_.data(), count);
    rest_.remove_prefix(count);
    return true;
  }

  template <class T>
  T number() {
    T value{};
    take(&value, sizeof value);
    return value;
  }

  std::string text() {
    const auto length = number<std::uint32_t>();
    if (failed()) return {};
    if (length > rest_.size()) {
      fail("it is cut short");
      return {};
    }
    if (length > limits_.maxTextBytes - textBytes_) {
      fail("it holds more text than allowed");
      return {};
    }
    textBytes_ += length;
    std::string result(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return result;
  }

  // The extents and their product, at most `most`.
  std::uint64_t extents(std::vector<std::int64_t>& shape, std::uint64_t most) {
    const auto rank = number<std::uint8_t>();
    if (rank > limits_.maxRank) fail(fmt::format("it holds an array of {} dimensions", rank));
    std::uint64_t count = 1;
    bool empty = false;
    for (int i = 0; i < rank && !failed(); ++i) {
      const auto extent = number<std::uint64_t>();
      if (extent > static_cast<std::uint64_t>(INT64_MAX)) fail("it holds an extent above 2^63");
      shape.push_back(static_cast<std::int64_t>(extent));
      if (extent == 0) {
        empty = true;
      } else if (count > most / extent) {
        count = most + 1;  // sticks: only grows from here unless an extent is 0
      } else {
        count *= extent;
      }
    }
    if (empty) return 0;
    if (count > most) fail("it claims more elements than allowed");
    return failed() ? 0 : count;
  }

  void array(Tree& tree) {
    tree.kind = Tree::Kind::Array;
    const auto type = number<std::uint8_t>();
    if (type > static_cast<std::uint8_t>(DType::Int64)) fail("it names an unknown number type");
    tree.array.dtype = static_cast<DType>(type);
    const std::uint64_t count = extents(tree.array.shape, limits_.maxElements - elements_);
    if (failed()) return;
    const std::size_t each = storedBytes(tree.array.dtype);
    if (count > rest_.size() / each) return fail("it is cut short");
    elements_ += count;
    std::vector<double>& values = tree.array.values;
    values.resize(count);
    if (tree.array.dtype == DType::Int64) {
      for (double& value : values) value = integer();
    } else if (tree.array.dtype == DType::Float64) {
      take(values.data(), count * each);
    } else {
      for (std::uint64_t i = 0; i < count; ++i) {
        float value = 0;
        std::memcpy(&value, rest_.data() + i * each, each);
        values[i] = static_cast<double>(value);
      }
      rest_.remove_prefix(count * each);
    }
  }

  double integer() {
    constexpr std::int64_t kLargestExact = std::int64_t{1} << 53;
    const auto value = number<std::int64_t>();
    if (value > kLargestExact || value < -kLargestExact)
      fail(fmt::format("it holds the integer {}, beyond 2^53", value));
    return static_cast<double>(value);
  }

  void strings(Tree& tree) {
    tree.kind = Tree::Kind::Strings;
    const std::uint64_t count = extents(tree.shape, limits_.maxStrings - strings_);
    if (failed()) return;
    if (count > rest_.size() / sizeof(std::uint32_t)) return fail("it is cut short");
    strings_ += count;
    tree.strings.reserve(count);
    for (std::uint64_t i = 0; i < count && !failed(); ++i) tree.strings.push_back(text());
  }

  void children(Tree& group, int depth) {
    std::unordered_set<std::string> names;
    std::unordered_set<std::string> attributeNames;
    for (;;) {
      auto tag = number<char>();
      if (failed()) return;
      if (tag == (depth == 0 ? 'Z' : 'E')) return;
      const bool isAttribute = tag == '@';
      if (isAttribute) tag = number<char>();
      if (tag == '!') return report();
      if (++objects_ > limits_.maxObjects) return fail("it holds more objects than allowed");
      Tree tree;
      tree.name = text();
      if (failed()) return;
      if (!(isAttribute ? attributeNames : names).insert(tree.name).second)
        return fail("a group holds two objects of one name");
      if (tag == 'G' && !isAttribute) {
        if (depth >= limits_.maxDepth) return fail("groups are nested too deeply");
        children(tree, depth + 1);
      } else if (tag == 'A') {
        array(tree);
      } else if (tag == 'S') {
        strings(tree);
      } else if (tag == 'U') {
        tree.kind = Tree::Kind::Unreadable;
        tree.reason = text();
      } else {
        fail("it holds an unknown record");
      }
      if (failed()) return;
      (isAttribute ? group.attributes : group.children).push_back(std::move(tree));
    }
  }

  void report() {
    reportedWhere_ = text();
    std::string message = text();
    if (failed()) return;
    reported_ = true;
    fail(std::move(message));
    if (failure_.empty()) failure_ = "unreadable";
  }

  std::string_view rest_;
  const Limits& limits_;
  std::uint64_t objects_ = 0;
  std::uint64_t elements_ = 0;
  std::uint64_t strings_ = 0;
  std::uint64_t textBytes_ = 0;
  bool reported_ = false;
  std::string reportedWhere_;
  std::string failure_;
};

}  // namespace

Expected<Tree> decodeStream(std::string_view bytes, const Limits& limits, const std::string& file) {
  Decoder decoder(bytes, limits);
  Tree root = decoder.decode();
  if (!decoder.failed()) return root;
  if (decoder.reported()) {
    return formatError("R0103", file, escaped(decoder.reportedWhere()), escaped(decoder.failure()),
                       "write the file again; if it was copied, compare its size with the original");
  }
  return formatError("R0104", file, "", "the reader's answer could not be understood: " + decoder.failure(),
                     "the file is damaged or hostile; write it again");
}

}  // namespace rheo::hdf5
