# MLIR and LLVM 19 as shared libraries; never mixed with the static archives.
find_package(MLIR 19.1 REQUIRED CONFIG HINTS /usr/lib/llvm-19/lib/cmake/mlir)
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(AddLLVM)
include(AddMLIR)

# What everything above layer 1 links: headers, definitions, and the two shared libraries.
add_library(rheo_mlir INTERFACE)
target_include_directories(rheo_mlir SYSTEM INTERFACE ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
separate_arguments(RHEO_LLVM_DEFINITIONS NATIVE_COMMAND "${LLVM_DEFINITIONS}")
target_compile_definitions(rheo_mlir INTERFACE ${RHEO_LLVM_DEFINITIONS})
target_compile_options(rheo_mlir INTERFACE -fno-exceptions)
target_link_libraries(rheo_mlir INTERFACE MLIR LLVM)

# rheo_precompile_mlir(TARGET): the MLIR headers that every file of layer 2 and above includes, compiled once
# per target (9-18 s a file become 2-3 s). ccache needs to be told that it may cache such compilations.
function(rheo_precompile_mlir target)
  target_precompile_headers(${target} PRIVATE <optional> <string> <vector>
                            <mlir/IR/Builders.h> <mlir/IR/BuiltinOps.h> <mlir/IR/Dialect.h>
                            <mlir/IR/OpImplementation.h> <mlir/IR/SymbolTable.h>)
  target_compile_options(${target} PRIVATE -fpch-preprocess)
  if(RHEO_CCACHE)
    set_target_properties(${target} PROPERTIES CXX_COMPILER_LAUNCHER
                          "env;CCACHE_SLOPPINESS=pch_defines,time_macros;${RHEO_CCACHE}")
  endif()
endfunction()
