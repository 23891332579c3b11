# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# How targets of this project are made. Every folder of sources calls these and nothing else.

# Settings of every target of ours, as usage requirements.
add_library(tracejit_settings INTERFACE)
target_compile_features(tracejit_settings INTERFACE cxx_std_20)
target_compile_options(tracejit_settings INTERFACE
  -Wall -Wextra -Werror -ffp-contract=off -fno-fast-math
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)

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
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  add_test(NAME ${name} COMMAND ${name} --gtest_output=xml:${TRACEJIT_RESULTS}/${name}.xml)
endfunction()

# tracejit_lit_test(NAME FOLDER): all lit tests below FOLDER, which holds a lit.site.cfg.py, as one
# ctest entry.
function(tracejit_lit_test name folder)
  add_test(NAME ${name} COMMAND ${TRACEJIT_LLVM_BIN}/lit -sv
    --xunit-xml-output ${TRACEJIT_RESULTS}/${name}.xml ${folder})
endfunction()
