# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Targets that use LLVM and MLIR. One rule keeps them sound: everything links tracejit_llvm, which is
# either the shared libraries or the archives; only a TableGen backend (tracejit_tblgen_tool) always
# links archives. A program that mixes both registers options twice and aborts.

find_package(MLIR 22.1 REQUIRED CONFIG HINTS /usr/lib/llvm-22/lib/cmake/mlir)
separate_arguments(tracejit_llvm_definitions NATIVE_COMMAND "${LLVM_DEFINITIONS}")
set(TRACEJIT_MLIR_TBLGEN ${LLVM_TOOLS_BINARY_DIR}/mlir-tblgen)
set(TRACEJIT_LLVM_BIN ${LLVM_TOOLS_BINARY_DIR})

# shared: quick to link, for everyday work; runs only where this LLVM is installed. static: what users
# get; the linker takes what is used, and nothing of it is visible outside.
set(TRACEJIT_LLVM shared CACHE STRING "How LLVM and MLIR are linked: shared or static")
set_property(CACHE TRACEJIT_LLVM PROPERTY STRINGS shared static)
add_library(tracejit_llvm INTERFACE)
if(TRACEJIT_LLVM STREQUAL "shared")
  target_link_libraries(tracejit_llvm INTERFACE MLIR LLVM)
elseif(TRACEJIT_LLVM STREQUAL "static")
  # Files and not LLVM's CMake targets: those of Debian's MLIR drag the shared libraries in.
  file(GLOB archives ${LLVM_LIBRARY_DIR}/libMLIR*.a ${LLVM_LIBRARY_DIR}/libLLVM*.a)
  if(NOT archives)
    message(FATAL_ERROR "TRACEJIT_LLVM=static: ${LLVM_LIBRARY_DIR} has no archives of LLVM and MLIR")
  endif()
  find_library(TRACEJIT_ZLIB_ARCHIVE libz.a REQUIRED)
  find_library(TRACEJIT_ZSTD_ARCHIVE libzstd.a REQUIRED)
  find_package(Threads REQUIRED)
  target_link_libraries(tracejit_llvm INTERFACE -Wl,--start-group ${archives} -Wl,--end-group
    ${TRACEJIT_ZLIB_ARCHIVE} ${TRACEJIT_ZSTD_ARCHIVE} Threads::Threads ${CMAKE_DL_LIBS})
  target_link_options(tracejit_llvm INTERFACE -Wl,--gc-sections,--exclude-libs,ALL)
else()
  message(FATAL_ERROR "TRACEJIT_LLVM is shared or static, not '${TRACEJIT_LLVM}'")
endif()

# Include paths, definitions and flags of code that includes LLVM headers.
add_library(tracejit_llvm_settings INTERFACE)
target_include_directories(tracejit_llvm_settings SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
target_include_directories(tracejit_llvm_settings INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
target_compile_definitions(tracejit_llvm_settings INTERFACE ${tracejit_llvm_definitions})
# Debian builds LLVM with RTTI and without exceptions: none may cross its frames. Every target is
# -fPIC, tools too, because all share one precompiled header.
# What mlir-tblgen writes leaves parameters unused; this must follow -Wextra of tracejit_settings.
target_compile_options(tracejit_llvm_settings INTERFACE -fno-exceptions -fPIC -Wno-unused-parameter)

# Only our own code is instrumented: what is compiled from LLVM's headers meets what lies compiled in
# its libraries.
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=")
  target_compile_options(tracejit_llvm_settings INTERFACE
    -fsanitize-ignorelist=${PROJECT_SOURCE_DIR}/tools/cmake/sanitizers.ignore)
endif()

# Everything mlir-tblgen writes. It takes a second, so all code that uses MLIR waits for all of it.
add_custom_target(tracejit_mlir_generated)

# The headers that every dialect and pass includes anyway, compiled once (clang only).
option(TRACEJIT_MLIR_PCH "Precompile the MLIR headers" ON)

function(tracejit_mlir_precompile name)
  if(NOT TRACEJIT_MLIR_PCH OR NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
    return()
  endif()
  if(NOT TARGET tracejit_mlir_pch)
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/tracejit_mlir_pch.cpp CONTENT "")
    add_library(tracejit_mlir_pch OBJECT ${PROJECT_BINARY_DIR}/tracejit_mlir_pch.cpp)
    target_link_libraries(tracejit_mlir_pch PRIVATE tracejit_settings tracejit_llvm_settings)
    # ccache can reuse results only when the header holds no time stamp.
    target_compile_options(tracejit_mlir_pch PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    target_precompile_headers(tracejit_mlir_pch PRIVATE
      <mlir/IR/Builders.h> <mlir/IR/BuiltinAttributes.h> <mlir/IR/BuiltinOps.h>
      <mlir/IR/BuiltinTypes.h> <mlir/IR/Dialect.h> <mlir/IR/DialectImplementation.h>
      <mlir/IR/OpImplementation.h> <mlir/IR/PatternMatch.h>
      <mlir/Interfaces/InferTypeOpInterface.h> <mlir/Interfaces/SideEffectInterfaces.h>
      <mlir/Pass/Pass.h> <llvm/ADT/TypeSwitch.h>)
  endif()
  target_compile_options(${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  target_precompile_headers(${name} REUSE_FROM tracejit_mlir_pch)
endfunction()

# tracejit_mlir_library(NAME FILE... [LINK TARGET...] [NO_PCH])
# An archive of code that uses MLIR, for libtracejit-compiler and the tools. LINK names other
# archives. A program links either the archives or libtracejit-compiler, never both: type ids would
# exist twice.
function(tracejit_mlir_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "NO_PCH" "" "LINK")
  add_library(${name} STATIC ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC tracejit_settings tracejit_llvm_settings ${arg_LINK} tracejit tracejit_llvm)
  add_dependencies(${name} tracejit_mlir_generated)
  if(NOT arg_NO_PCH)
    tracejit_mlir_precompile(${name})
  endif()
endfunction()

# tracejit_mlir_tool(NAME FILE... [LINK TARGET...] [NO_PCH])
# A program that uses MLIR.
function(tracejit_mlir_tool name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "NO_PCH" "" "LINK")
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE tracejit_settings tracejit_llvm_settings ${arg_LINK} tracejit tracejit_llvm)
  add_dependencies(${name} tracejit_mlir_generated)
  if(NOT arg_NO_PCH)
    tracejit_mlir_precompile(${name})
  endif()
endfunction()

# tracejit_mlir_unit_test(NAME FILE... [LINK TARGET...] [NO_PCH]): a GoogleTest program that uses
# MLIR, one ctest entry.
function(tracejit_mlir_unit_test name)
  tracejit_mlir_tool(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name} --gtest_output=xml:${TRACEJIT_RESULTS}/${name}.xml)
endfunction()

# tracejit_tblgen_tool(NAME FILE...): a TableGen backend, the one kind of program with static LLVM.
function(tracejit_tblgen_tool name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE tracejit_settings tracejit_llvm_settings MLIRTblgenLib MLIRTableGen LLVMTableGen)
endfunction()

# tracejit_mlir_tablegen(NAME FILE.td OUTPUT GENERATOR... [OUTPUT GENERATOR...])
# Runs mlir-tblgen on FILE.td of the current folder; every OUTPUT lands in the same folder of the
# build tree, so that `#include "dialects/trace/TraceOps.h.inc"` finds it. NAME is the target of the run.
#   tracejit_mlir_tablegen(trace_ops_gen TraceOps.td
#     OUTPUT TraceOps.h.inc -gen-op-decls
#     OUTPUT TraceOps.cpp.inc -gen-op-defs)
# TableGen includes are relative to the repository root or to MLIR's include folder.
function(tracejit_mlir_tablegen name source)
  set(outputs)
  set(output)
  set(flags)
  list(APPEND ARGN OUTPUT "") # closes the last group
  foreach(word IN LISTS ARGN)
    if(word STREQUAL "OUTPUT" OR word STREQUAL "")
      if(output)
        tracejit_tablegen_command(${TRACEJIT_MLIR_TBLGEN} ${source} ${output} "${flags}")
        list(APPEND outputs ${CMAKE_CURRENT_BINARY_DIR}/${output})
      endif()
      set(output)
      set(flags)
    elseif(NOT output)
      set(output ${word})
    else()
      list(APPEND flags ${word})
    endif()
  endforeach()
  add_custom_target(${name} DEPENDS ${outputs})
  add_dependencies(tracejit_mlir_generated ${name})
endfunction()

# tracejit_tablegen_command(GENERATOR FILE.td OUTPUT FLAGS): one run of a TableGen generator (a
# program or a target), with the dependencies that its includes give.
function(tracejit_tablegen_command generator source output flags)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${output})
  get_filename_component(folder ${out} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${generator} ${flags} -I ${PROJECT_SOURCE_DIR} -I ${MLIR_INCLUDE_DIRS}
            ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${out} -d ${out}.d
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${source} ${generator}
    DEPFILE ${out}.d
    COMMENT "TableGen ${output}")
endfunction()
