# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What `cmake --install` puts where, and the package that find_package(tracejit CONFIG) finds.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# tracejit_install(): called once, after every target exists.
function(tracejit_install)
  set(libraries tracejit)
  if(TARGET tracejit-compiler)
    list(APPEND libraries tracejit-compiler)
  endif()
  set_target_properties(${libraries} PROPERTIES INSTALL_RPATH "$ORIGIN")
  install(TARGETS ${libraries} EXPORT tracejitTargets DESTINATION ${CMAKE_INSTALL_LIBDIR})
  if(TARGET tracec)
    set_target_properties(tracec PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
    install(TARGETS tracec DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()

  # Written headers and generated ones are one set to the user.
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/runtime/include/tracejit
                    ${PROJECT_BINARY_DIR}/runtime/include/tracejit
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
          FILES_MATCHING PATTERN "*.h" PATTERN "*.inc")

  set(package ${CMAKE_INSTALL_LIBDIR}/cmake/tracejit)
  install(EXPORT tracejitTargets NAMESPACE tracejit:: DESTINATION ${package})
  configure_package_config_file(${PROJECT_SOURCE_DIR}/tools/cmake/tracejitConfig.cmake.in
    ${PROJECT_BINARY_DIR}/tracejitConfig.cmake INSTALL_DESTINATION ${package})
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/tracejitConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/tracejitConfig.cmake
                ${PROJECT_BINARY_DIR}/tracejitConfigVersion.cmake DESTINATION ${package})
endfunction()
