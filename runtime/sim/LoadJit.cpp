// Finds librheo_jit beside the library or program that this code is part of.
#include "sim/LoadJit.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

namespace rheo {
namespace {

constexpr const char* kLibrary = "librheo_jit.so";
using Factory = Expected<std::unique_ptr<Engine>> (*)(std::shared_ptr<const Program>);

Error missing(const std::string& why) {
  return Error::of(ErrorKind::Usage, {.code = "R0621",
                                      .message = fmt::format("the jit engine is not available: {}", why),
                                      .remedy = "use the engine 'vector', which gives the same bits"});
}

Expected<Factory> loadFactory() {
  std::filesystem::path folder;
  if (const char* own = std::getenv("RHEOBASE_JIT_FOLDER")) {
    folder = own;
  } else {
    Dl_info here{};
    if (dladdr(reinterpret_cast<void*>(&loadFactory), &here) == 0 || !here.dli_fname)
      return missing("the folder of this library is not known");
    folder = std::filesystem::absolute(here.dli_fname).parent_path();
  }
  const std::string path = (folder / kLibrary).string();
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) return missing(dlerror());
  void* symbol = dlsym(library, "rheoMakeJit");
  if (!symbol) return missing(dlerror());
  return reinterpret_cast<Factory>(symbol);
}

}  // namespace

Expected<std::unique_ptr<Engine>> makeJit(std::shared_ptr<const Program> program) {
  static const Expected<Factory> factory = loadFactory();
  if (!factory) return factory.error();
  return (*factory)(std::move(program));
}

}  // namespace rheo
