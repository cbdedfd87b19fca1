# What `cmake --install` puts under a prefix for C++ projects: layer 0, the NIR reader and the chip records, found
# with find_package(rheobase). Component `cpp`; the Python package is component `python`.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# rheo_install_library(TARGET NAME HEADERS FOLDER...): exports the library as rheobase::NAME and installs the
# headers below the folders. A folder with a trailing slash gives its content, one without gives itself.
function(rheo_install_library target name)
  cmake_parse_arguments(ARG "" "" "HEADERS" ${ARGN})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(${target} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/rheobase>)
  target_compile_features(${target} INTERFACE cxx_std_20)
  install(TARGETS ${target} EXPORT rheobase ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT cpp)
  install(DIRECTORY ${ARG_HEADERS} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/rheobase COMPONENT cpp
          FILES_MATCHING PATTERN "*.h" PATTERN "*.inc" PATTERN "*.def" PATTERN "writer" EXCLUDE)
endfunction()

set(rheo_cmake_folder ${CMAKE_INSTALL_LIBDIR}/cmake/rheobase)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/rheobase-config.cmake.in
                              ${CMAKE_BINARY_DIR}/rheobase-config.cmake INSTALL_DESTINATION ${rheo_cmake_folder}
                              PATH_VARS CMAKE_INSTALL_LIBEXECDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/rheobase-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/rheobase-config.cmake ${CMAKE_BINARY_DIR}/rheobase-config-version.cmake
        DESTINATION ${rheo_cmake_folder} COMPONENT cpp)
install(EXPORT rheobase NAMESPACE rheobase:: FILE rheobase-targets.cmake DESTINATION ${rheo_cmake_folder} COMPONENT cpp)
