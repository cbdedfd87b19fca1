// Runs the HDF5 reader as a limited child process and decodes what it sends.
#include "Hdf5Process.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "Messages.h"

extern char** environ;

namespace rheo::hdf5 {

namespace {

constexpr const char* kReaderName = "rheo-hdf5-reader";

bool isExecutableFile(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && access(path.c_str(), X_OK) == 0;
}

// The folder of the shared object or program that holds this code.
std::filesystem::path ownFolder() {
  std::error_code failed;
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&findReader), &info) != 0 && info.dli_fname != nullptr) {
    // For the main program dli_fname is argv[0], which need not be a path.
    if (std::strchr(info.dli_fname, '/') != nullptr) {
      const auto path = std::filesystem::canonical(info.dli_fname, failed);
      if (!failed) return path.parent_path();
    }
  }
  const auto path = std::filesystem::canonical("/proc/self/exe", failed);
  return failed ? std::filesystem::path() : path.parent_path();
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor = -1) : descriptor_(descriptor) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { reset(); }
  int get() const { return descriptor_; }
  void reset(int descriptor = -1) {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = descriptor;
  }

 private:
  int descriptor_;
};

Status checkFile(const std::string& path) {
  const auto error = [&](std::string message, std::string remedy) -> Status {
    return formatError("R0101", path, "", std::move(message), std::move(remedy));
  };
  struct stat info {};
  if (path.find('\0') != std::string::npos || stat(path.c_str(), &info) != 0) {
    return error(fmt::format("cannot open the file: {}", std::strerror(errno != 0 ? errno : EINVAL)),
                 "check the path");
  }
  if (S_ISDIR(info.st_mode))
    return error("this is a directory, not a NIR file", "name a .nir file inside it");
  if (!S_ISREG(info.st_mode)) return error("this is not a regular file", "copy its content to a file first");
  if (info.st_size == 0) return error("the file is empty (0 bytes)", "write it again");
  if (access(path.c_str(), R_OK) != 0) {
    return error(fmt::format("cannot read the file: {}", std::strerror(errno)), "check its permissions");
  }
  return ok();
}

// What is sent of a file mostly takes as much as the file; a hostile one may claim any size.
std::size_t expectedBytes(const std::string& path) {
  constexpr std::uintmax_t kMost = std::uintmax_t{1} << 30;
  std::error_code failed;
  const std::uintmax_t size = std::filesystem::file_size(path, failed);
  return failed ? 0 : static_cast<std::size_t>(std::min(size, kMost));
}

// Starts the reader with its standard output on `output`. Returns 0 or an errno.
int startReader(const std::string& reader, const std::string& path, const Limits& limits,
                const ProcessLimits& processLimits, int output, pid_t& child) {
  const std::string arguments[] = {reader,
                                   path,
                                   std::to_string(processLimits.memoryBytes),
                                   std::to_string(processLimits.cpuSeconds),
                                   std::to_string(limits.maxObjects),
                                   std::to_string(limits.maxElements),
                                   std::to_string(limits.maxTextBytes),
                                   std::to_string(limits.maxDepth)};
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int status = posix_spawn(&child, reader.c_str(), &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return status;
}

constexpr int kPipeBytes = 1 << 20;  // what an unprivileged process may ask for

enum class Ending : std::uint8_t { EndOfFile, TimeOut, TooLong, Failed };

// Reads until the writer closes, the time is over or the stream is longer than allowed.
Ending collect(int input, int wallSeconds, std::uint64_t maxBytes, std::string& bytes) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(wallSeconds);
  std::vector<char> buffer(kPipeBytes);
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return Ending::TimeOut;
    pollfd entry{input, POLLIN, 0};
    const int ready = poll(&entry, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) return Ending::Failed;
    if (ready <= 0) continue;
    const ssize_t count = read(input, buffer.data(), buffer.size());
    if (count == 0) return Ending::EndOfFile;
    if (count < 0) {
      if (errno == EINTR) continue;
      return Ending::Failed;
    }
    if (static_cast<std::uint64_t>(count) > maxBytes - bytes.size()) return Ending::TooLong;
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

// How a reader that did not finish its answer ended, in words.
std::string howItDied(Ending ending, int status, const ProcessLimits& limits) {
  if (ending == Ending::TimeOut)
    return fmt::format("did not finish within {} s and was stopped", limits.wallSeconds);
  if (ending == Ending::TooLong) return "sent more data than a network may have";
  if (WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    if (number == SIGXCPU || number == SIGKILL) {
      return fmt::format("used up its {} s of processor time and was stopped", limits.cpuSeconds);
    }
    return fmt::format("crashed on it ({})", strsignal(number));
  }
  if (WIFEXITED(status)) return fmt::format("gave up on it (exit status {})", WEXITSTATUS(status));
  return "ended early";
}

}  // namespace

std::string findReader() {
  if (const char* named = std::getenv("RHEOBASE_HDF5_READER"); named != nullptr && *named != '\0') {
    return isExecutableFile(named) ? named : "";
  }
  const std::filesystem::path folder = ownFolder();
  if (folder.empty()) return "";
  for (const char* relative : {".", "../libexec/rheobase", "../bin"}) {
    const auto candidate = folder / relative / kReaderName;
    if (isExecutableFile(candidate)) return candidate.lexically_normal().string();
  }
  return "";
}

Expected<Tree> readHdf5(const std::string& path, const Limits& limits, const ProcessLimits& processLimits) {
  if (Status checked = checkFile(path); !checked) return checked.error();
  const std::string reader = findReader();
  const auto cannotStart = [&](const std::string& why) {
    Error error = formatError("R0102", path, "", fmt::format("cannot start the HDF5 reader: {}", why),
                              "reinstall rheobase, or set RHEOBASE_HDF5_READER to the program's path");
    error.kind = ErrorKind::Internal;
    return error;
  };
  if (reader.empty()) return cannotStart(fmt::format("the program '{}' was not found", kReaderName));

  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return cannotStart(std::strerror(errno));
  FileDescriptor input(ends[0]);
  FileDescriptor output(ends[1]);
  pid_t child = -1;
  if (const int status = startReader(reader, path, limits, processLimits, output.get(), child); status != 0) {
    return cannotStart(std::strerror(status));
  }
  output.reset();
  fcntl(input.get(), F_SETPIPE_SZ, kPipeBytes);  // or what the system leaves it
  std::string bytes;
  bytes.reserve(expectedBytes(path));
  const Ending ending = collect(input.get(), processLimits.wallSeconds, limits.maxStreamBytes, bytes);
  input.reset();
  if (ending != Ending::EndOfFile) kill(child, SIGKILL);
  int status = 0;
  // A caller that ignores SIGCHLD has no status to give (ECHILD); the stream's own end mark then decides.
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (ending != Ending::EndOfFile || status != 0) {
    return formatError(
        "R0104", path, "",
        fmt::format("the file cannot be read: the HDF5 reader {}", howItDied(ending, status, processLimits)),
        "the file is damaged or hostile; write it again");
  }
  return decodeStream(bytes, limits, path);
}

}  // namespace rheo::hdf5
