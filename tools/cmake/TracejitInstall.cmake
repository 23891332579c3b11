# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What `cmake --install` puts where, and the package that find_package(tracejit CONFIG) and pkg-config
# find. Everything is relative to the place of the files, so that the folder may be moved. Components:
# runtime, dev, compiler, rt, tools; TracejitPackage.cmake makes packages of them.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# One install covers whatever was built before it: it builds the rest itself.
add_custom_target(tracejit_installed)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
install(CODE "execute_process(COMMAND \"${CMAKE_COMMAND}\" --build \"${PROJECT_BINARY_DIR}\"
  --target tracejit_installed COMMAND_ERROR_IS_FATAL ANY)" ALL_COMPONENTS)

# tracejit_install_target(TARGET COMPONENT EXPORT FOLDER): a library or program.
function(tracejit_install_target target component export folder)
  add_dependencies(tracejit_installed ${target})
  install(TARGETS ${target} EXPORT ${export}
    RUNTIME DESTINATION ${folder} COMPONENT ${component}
    ARCHIVE DESTINATION ${folder} COMPONENT ${component}
    LIBRARY DESTINATION ${folder} COMPONENT ${component} NAMELINK_COMPONENT dev)
endfunction()

# tracejit_install_config(COMPONENT EXPORT): the CMake file of a set of targets.
function(tracejit_install_config component export)
  install(EXPORT ${export} NAMESPACE tracejit:: COMPONENT ${component}
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/tracejit)
endfunction()

# tracejit_install_headers(): written headers and generated ones are one set to the user.
function(tracejit_install_headers)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/runtime/include/tracejit
                    ${PROJECT_BINARY_DIR}/runtime/include/tracejit
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev
          FILES_MATCHING PATTERN "*.h" PATTERN "*.inc")
endfunction()

# tracejit_install_finders(): what find_package and pkg-config read.
function(tracejit_install_finders)
  set(package ${CMAKE_INSTALL_LIBDIR}/cmake/tracejit)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/tools/cmake/tracejitConfig.cmake.in
    ${PROJECT_BINARY_DIR}/tracejitConfig.cmake INSTALL_DESTINATION ${package}
    PATH_VARS CMAKE_INSTALL_LIBDIR)
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/tracejitConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/tracejitConfig.cmake
                ${PROJECT_BINARY_DIR}/tracejitConfigVersion.cmake
                ${PROJECT_SOURCE_DIR}/tools/cmake/TracejitAddProgram.cmake
          DESTINATION ${package} COMPONENT dev)
  set(pkgconfig ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
  file(RELATIVE_PATH to_prefix /${pkgconfig} /)
  string(REGEX REPLACE "/$" "" to_prefix ${to_prefix})
  foreach(name_component tracejit:dev tracejit-c:dev tracejit-rt:rt)
    string(REPLACE : ";" name_component ${name_component})
    list(POP_FRONT name_component name component)
    configure_file(${PROJECT_SOURCE_DIR}/tools/cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${pkgconfig} COMPONENT ${component})
  endforeach()
endfunction()

# tracejit_install_gdb_script(): gdb looks for it beside the library, and loads it where it trusts the
# folder. A link of that name serves the build folder.
function(tracejit_install_gdb_script)
  set(script ${PROJECT_SOURCE_DIR}/tools/gdb/tracejit-gdb.py)
  set(name libtracejit.so.${PROJECT_VERSION}-gdb.py)
  file(MAKE_DIRECTORY ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
  file(CREATE_LINK ${script} ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/${name} SYMBOLIC)
  install(FILES ${script} DESTINATION ${CMAKE_INSTALL_LIBDIR} RENAME ${name} COMPONENT runtime)
endfunction()

# tracejit_install_documents(): guides, the list of ops, licences.
function(tracejit_install_documents)
  add_dependencies(tracejit_installed tracejit_generated)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT dev
    PATTERN CMakeLists.txt EXCLUDE)
  install(FILES ${PROJECT_BINARY_DIR}/runtime/ops/ops.md
    DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs COMPONENT dev)
  foreach(file README.md CHANGELOG.md SECURITY.md LICENSE NOTICE)
    install(FILES ${PROJECT_SOURCE_DIR}/${file} DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT dev)
  endforeach()
  # What is linked into the compiler is under these; their texts lie where Debian's packages put them.
  foreach(package llvm-22-dev libmlir-22-dev zlib1g-dev libzstd-dev)
    install(FILES /usr/share/doc/${package}/copyright OPTIONAL RENAME ${package}
      DESTINATION ${CMAKE_INSTALL_DOCDIR}/licences COMPONENT compiler)
  endforeach()
endfunction()

# tracejit_install(): called once, after every target exists.
function(tracejit_install)
  tracejit_install_target(tracejit runtime tracejitTargets ${CMAKE_INSTALL_LIBDIR})
  set_target_properties(tracejit PROPERTIES INSTALL_RPATH "$ORIGIN")
  tracejit_install_target(tracejit-c runtime tracejitTargets ${CMAKE_INSTALL_LIBDIR})
  set_target_properties(tracejit-c PROPERTIES INSTALL_RPATH "$ORIGIN")
  tracejit_install_config(dev tracejitTargets)
  if(TARGET tracejit-compiler)
    # Opened by libtracejit and linked by nobody. With shared LLVM it runs where that LLVM is.
    tracejit_install_target(tracejit-compiler compiler tracejitCompilerTargets ${CMAKE_INSTALL_LIBDIR})
    set(places "$ORIGIN")
    if(TRACEJIT_LLVM STREQUAL "shared")
      list(APPEND places ${LLVM_LIBRARY_DIR})
    endif()
    set_target_properties(tracejit-compiler PROPERTIES INSTALL_RPATH "${places}")
  endif()
  # Of use without everything else: to build what tracec has made.
  tracejit_install_target(tracejit-rt rt tracejitRtTargets ${CMAKE_INSTALL_LIBDIR})
  set_target_properties(tracejit-rt PROPERTIES EXPORT_NAME rt)
  install(FILES ${PROJECT_SOURCE_DIR}/runtime/rt/rt.h
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tracejit COMPONENT rt)
  tracejit_install_config(rt tracejitRtTargets)
  if(TARGET tracec)
    tracejit_install_target(tracec tools tracejitToolsTargets ${CMAKE_INSTALL_BINDIR})
    set_target_properties(tracec PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
    tracejit_install_config(tools tracejitToolsTargets)
    install(FILES ${PROJECT_BINARY_DIR}/tools/tracec/tracec.1
      DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT tools)
  endif()
  tracejit_install_headers()
  tracejit_install_finders()
  tracejit_install_gdb_script()
  tracejit_install_documents()
endfunction()
