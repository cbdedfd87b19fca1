// Reading a file at once and writing one beside its target.
#include "support/File.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace rheo {
namespace {

Error fileError(const std::string& path, const char* doing, int number) {
  Diagnostic diagnostic;
  diagnostic.code = "R0501";
  diagnostic.message = fmt::format("cannot {} the file: {}", doing, std::strerror(number));
  diagnostic.file = path;
  diagnostic.remedy = "check the path, its permissions and the free space";
  return Error::of(ErrorKind::Format, std::move(diagnostic));
}

// Closes on every way out.
struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

}  // namespace

Expected<std::vector<std::uint8_t>> readFile(const std::string& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.number < 0) return fileError(path, "open", errno);
  struct stat status {};
  if (::fstat(file.number, &status) != 0) return fileError(path, "read", errno);
  if (S_ISDIR(status.st_mode)) return fileError(path, "read", EISDIR);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(status.st_size));
  std::size_t filled = 0;
  for (;;) {  // a pipe has no size, and a file may grow or shrink under the reader
    if (filled == bytes.size()) bytes.resize(bytes.size() + 4096);
    const ssize_t got = ::read(file.number, bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fileError(path, "read", errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

Status writeFileAtomically(const std::string& path, std::span<const std::uint8_t> bytes) {
  static std::atomic<unsigned> serial{0};
  const std::string beside = fmt::format("{}.{}.{}.part", path, ::getpid(), serial++);
  Descriptor file{::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)};
  if (file.number < 0) return fileError(path, "write", errno);
  auto fail = [&](int number) -> Status {
    ::unlink(beside.c_str());
    return fileError(path, "write", number);
  };
  while (!bytes.empty()) {
    const ssize_t put = ::write(file.number, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail(errno);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  if (::fsync(file.number) != 0 && errno != EINVAL && errno != EROFS) return fail(errno);
  if (::close(std::exchange(file.number, -1)) != 0) return fail(errno);
  if (std::rename(beside.c_str(), path.c_str()) != 0) return fail(errno);
  return ok();
}

}  // namespace rheo
