// Signals, limits and the sanitizers' hook, all of which end in one line: how to replay.
#include "common/Guards.h"

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#include <sanitizer/common_interface_defs.h>
#define RHEO_SANITIZED 1
#else
#define RHEO_SANITIZED 0
#endif

namespace {

// Far above what any input needs, far below what any machine has.
constexpr rlim_t kAddressSpace = rlim_t{4} << 30;
constexpr int kSecondsOfOneInput = 60;

const char* fuzzerName = "";
std::uint64_t runSeed = 0;
std::atomic<std::uint64_t> currentInput{0};
std::atomic<std::uint64_t> inputsBegun{0};

void printReplay() {
  std::array<char, 200> line{};
  const int length =
      std::snprintf(line.data(), line.size(),
                    "\n%s: died on input %llu; replay it with: %s --seed %llu --from %llu --count 1\n",
                    fuzzerName, static_cast<unsigned long long>(currentInput), fuzzerName,
                    static_cast<unsigned long long>(runSeed), static_cast<unsigned long long>(currentInput));
  if (write(STDERR_FILENO, line.data(), static_cast<std::size_t>(length)) < 0) _exit(1);
}

void onDeath(int signal) {
  printReplay();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

// Once for each second of processor time.
void onTick(int) {
  static std::uint64_t seen = 0;
  static int ticks = 0;
  ticks = seen == inputsBegun ? ticks + 1 : 0;
  seen = inputsBegun;
  if (ticks < kSecondsOfOneInput) return;
  constexpr char kLine[] = "\nthe input takes more than a minute of processor time\n";
  if (write(STDERR_FILENO, kLine, sizeof kLine - 1) < 0) _exit(1);
  std::abort();
}

}  // namespace

#if RHEO_SANITIZED
// A sanitizer reserves terabytes of addresses, so that the limit has to be the allocator's own.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "max_allocation_size_mb=2048:hard_rss_limit_mb=4096";
}
// Its runtime is apart from ASan's and knows no hook.
extern "C" const char* __ubsan_default_options();
extern "C" const char* __ubsan_default_options() { return "abort_on_error=1:print_stacktrace=1"; }
#endif

namespace rheo::fuzz {

void guard(const char* fuzzer, std::uint64_t seed) {
  fuzzerName = fuzzer;
  runSeed = seed;
  std::signal(SIGABRT, onDeath);
#if RHEO_SANITIZED
  __sanitizer_set_death_callback(printReplay);
#else
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(signal, onDeath);
  const rlimit limit{kAddressSpace, kAddressSpace};
  setrlimit(RLIMIT_AS, &limit);
#endif
  struct sigaction action {};
  action.sa_handler = onTick;
  action.sa_flags = SA_RESTART;
  sigaction(SIGVTALRM, &action, nullptr);
  const itimerval second{{1, 0}, {1, 0}};
  setitimer(ITIMER_VIRTUAL, &second, nullptr);
}

void begin(std::uint64_t input) {
  currentInput = input;
  ++inputsBegun;
}

void broken(const std::string& rule) {
  std::fprintf(stderr, "\nbroken: %s\n", rule.c_str());
  std::abort();
}

}  // namespace rheo::fuzz
