# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# How targets of this project are made. Every folder of sources calls these and nothing else.

# Settings of every target of ours, as usage requirements.
add_library(tracejit_settings INTERFACE)
target_compile_features(tracejit_settings INTERFACE cxx_std_20)
target_compile_options(tracejit_settings INTERFACE
  -Wall -Wextra -Werror -ffp-contract=off -fno-fast-math
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(TRACEJIT_SEEDED_BUGS)
  target_compile_definitions(tracejit_settings INTERFACE TRACEJIT_WITH_SEEDED_BUGS)
endif()

# tracejit_add_folders(FOLDER...): those that exist, so that parts of the tree can be built alone. A
# folder that appears later is noticed by the next build.
function(tracejit_add_folders)
  foreach(folder IN LISTS ARGN)
    file(GLOB lists CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt)
    if(lists)
      add_subdirectory(${folder})
    endif()
  endforeach()
endfunction()

# tracejit_runtime_sources(FILE...): sources of libtracejit in the current folder.
function(tracejit_runtime_sources)
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  target_sources(tracejit PRIVATE ${ARGN})
endfunction()

# tracejit_isa_sources(FILE...): sources of libtracejit that are compiled once for every ISA level.
# They see TRACEJIT_ISA (v3 or v4) and put everything they define in namespace jit::TRACEJIT_ISA.
function(tracejit_isa_sources)
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  foreach(isa v3 v4)
    target_sources(tracejit_kernels_${isa} PRIVATE ${ARGN})
  endforeach()
endfunction()

# Where test programs write one XML report each, by the name of their ctest entry; tools/dev counts
# the cases in them.
set(TRACEJIT_RESULTS ${PROJECT_BINARY_DIR}/results)

# tracejit_unit_test(NAME FILE...): a GoogleTest program, one ctest entry.
function(tracejit_unit_test name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE tracejit tracejit_settings GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
  add_test(NAME ${name} COMMAND ${name} --gtest_output=xml:${TRACEJIT_RESULTS}/${name}.xml)
endfunction()

# tracejit_any_passes(TEST...): tests by the real compiler that must pass whatever passes TRACEJIT
# leaves out; `tools/dev test --passes-off` runs them so.
function(tracejit_any_passes)
  set_property(TEST ${ARGN} APPEND PROPERTY LABELS passes-off)
endfunction()

# tracejit_lit_test(NAME): the lit tests of the current folder and below as one ctest entry. They
# find our tools (bin/ of the build folder) and LLVM's in PATH, the repository in %root and MLIR's
# includes in %mlir_include. Feature `compiler`: libtracejit-compiler is built.
function(tracejit_lit_test name)
  set(folder ${CMAKE_CURRENT_SOURCE_DIR})
  set(site ${CMAKE_CURRENT_BINARY_DIR}/${name})
  set(tracejit_has_compiler FALSE)
  if(TARGET tracejit-compiler)
    set(tracejit_has_compiler TRUE)
  endif()
  configure_file(${PROJECT_SOURCE_DIR}/tools/cmake/lit.site.cfg.py.in ${site}/lit.site.cfg.py @ONLY)
  add_test(NAME ${name} COMMAND ${TRACEJIT_LLVM_BIN}/lit -sv
    --xunit-xml-output ${TRACEJIT_RESULTS}/${name}.xml ${site})
endfunction()
