# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Run by CPack before it makes packages: the files that Debian wants in each package, under the
# package's own name.
if(NOT CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()
file(READ ${CPACK_RESOURCE_FILE_LICENSE} licence)
string(FIND "${licence}" "---- LLVM Exceptions" begin)
string(SUBSTRING "${licence}" ${begin} -1 exception)
set(copyright "The Apache License 2.0 is in /usr/share/common-licenses/Apache-2.0. The exception:\n\n${exception}")
foreach(component IN LISTS CPACK_COMPONENTS_ALL)
  string(TOUPPER ${component} upper)
  set(package ${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
  set(root ${CPACK_TEMPORARY_DIRECTORY}/${component}/usr/share)
  file(READ ${CPACK_TRACEJIT_SOURCE}/NOTICE notice)
  file(WRITE ${root}/doc/${package}/copyright "${notice}\n${copyright}")
  execute_process(COMMAND gzip -9nc ${CPACK_TRACEJIT_SOURCE}/CHANGELOG.md
    OUTPUT_FILE ${root}/doc/${package}/changelog.gz COMMAND_ERROR_IS_FATAL ANY)
endforeach()
# gdb trusts this place; elsewhere the script lies beside the library.
set(runtime ${CPACK_TEMPORARY_DIRECTORY}/runtime)
file(GLOB_RECURSE script RELATIVE ${runtime} ${runtime}/usr/lib/*-gdb.py)
cmake_path(GET script PARENT_PATH folder)
file(MAKE_DIRECTORY ${runtime}/usr/share/gdb/auto-load/${folder})
file(RENAME ${runtime}/${script} ${runtime}/usr/share/gdb/auto-load/${script})
# LLVM wants them, and what it is linked with may not show.
file(WRITE ${CPACK_TEMPORARY_DIRECTORY}/compiler/usr/share/lintian/overrides/tracejit-compiler
  "tracejit-compiler: embedded-library zlib *\n")
