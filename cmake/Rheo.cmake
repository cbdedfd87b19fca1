# Settings and helper functions that every room uses.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
find_program(RHEO_CCACHE ccache)
if(RHEO_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${RHEO_CCACHE})
endif()
add_compile_options(-Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers)
# The same sources give the same bytes in any checkout.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(RHEO_SANITIZE)
  add_compile_options(-fsanitize=${RHEO_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${RHEO_SANITIZE})
endif()

# rheo_add_library(NAME DEPENDS lib...): a static library of the .cpp files in this folder and the folders
# below it that have no CMakeLists.txt of their own.
function(rheo_add_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS})
endfunction()

# rheo_add_test(NAME DEPENDS lib...): one GoogleTest program of this folder's .cpp files, one CTest entry
# for each of its tests.
function(rheo_add_test name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(NOT sources)
    return()
  endif()
  foreach(library ${ARG_DEPENDS})
    if(NOT TARGET ${library})
      return() # this build leaves out what the tests are about
    endif()
  endforeach()
  find_package(GTest REQUIRED)
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE RHEO_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  include(GoogleTest)
  # The HDF5 reader is found beside an installed library; a test's build folder says where it is.
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 120 PROPERTIES LABELS ${name}
                       ENVIRONMENT RHEOBASE_HDF5_READER=${CMAKE_BINARY_DIR}/bin/rheo-hdf5-reader)
endfunction()

# Header-only packages without a CMake package of their own.
find_path(RHEO_XXHASH_INCLUDE xxhash.h REQUIRED)
find_path(RHEO_HIGHWAY_INCLUDE hwy/highway.h REQUIRED)

include(RheoInstall)
