# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Kernels of eager ops for NVIDIA GPUs, as PTX inside libtracejit: printed by cuda-pack, compiled by
# a clang, without anything of CUDA. Sets TRACEJIT_HAS_CUDA_PACK.
set(TRACEJIT_CUDA AUTO CACHE STRING
  "Kernels for NVIDIA GPUs in libtracejit: AUTO, if there is a clang that makes PTX, ON or OFF")
set_property(CACHE TRACEJIT_CUDA PROPERTY STRINGS AUTO ON OFF)
find_program(TRACEJIT_CUDA_CLANG NAMES clang++-22 clang++ DOC "A clang that makes PTX")
mark_as_advanced(TRACEJIT_CUDA_CLANG)

set(targets "")
if(TRACEJIT_CUDA_CLANG)
  execute_process(COMMAND ${TRACEJIT_CUDA_CLANG} --print-targets OUTPUT_VARIABLE targets ERROR_QUIET)
endif()
set(TRACEJIT_HAS_CUDA_PACK FALSE)
if(NOT TRACEJIT_CUDA STREQUAL "OFF" AND TRACEJIT_COMPILER AND targets MATCHES "nvptx64")
  set(TRACEJIT_HAS_CUDA_PACK TRUE)
elseif(TRACEJIT_CUDA STREQUAL "ON")
  message(FATAL_ERROR "TRACEJIT_CUDA=ON needs TRACEJIT_COMPILER=ON and a clang++-22 with the target nvptx64")
endif()
if(NOT TRACEJIT_HAS_CUDA_PACK)
  return()
endif()

# As many texts as tools/cuda-pack/main.cpp prints.
set(folder ${PROJECT_BINARY_DIR}/cuda-pack)
set(units elements0 elements1 elements2 elements3 moves products rows)
file(MAKE_DIRECTORY ${folder}/emu)
set(texts)
set(ptx)
foreach(unit IN LISTS units)
  list(APPEND texts ${folder}/${unit}.cu ${folder}/${unit}.emu.cpp)
  list(APPEND ptx ${folder}/${unit}.ptx)
endforeach()
add_custom_command(OUTPUT ${folder}/printed BYPRODUCTS ${texts}
  COMMAND cuda-pack print ${folder}
  COMMAND ${CMAKE_COMMAND} -E touch ${folder}/printed
  DEPENDS cuda-pack COMMENT "Printing kernels for NVIDIA GPUs")
foreach(unit IN LISTS units)
  add_custom_command(OUTPUT ${folder}/${unit}.ptx
    COMMAND ${TRACEJIT_CUDA_CLANG} -x cuda --cuda-device-only --cuda-gpu-arch=sm_80 -nocudainc -nocudalib
            --cuda-feature=+ptx78 -std=c++20 -ffp-contract=off -fno-strict-aliasing -O2 -w
            -Wno-unknown-cuda-version -S -o ${unit}.ptx ${unit}.cu
    WORKING_DIRECTORY ${folder} DEPENDS ${folder}/${unit}.cu ${folder}/printed COMMENT "PTX of ${unit}")
endforeach()
add_custom_command(OUTPUT ${folder}/Pack.data.cpp ${folder}/Pack.data.bin
  COMMAND cuda-pack embed ${folder}/Pack.data ${ptx}
  DEPENDS cuda-pack ${ptx} COMMENT "Packing PTX")
add_custom_target(tracejit_cuda_pack DEPENDS ${folder}/Pack.data.cpp ${folder}/Pack.data.bin)
add_dependencies(tracejit tracejit_cuda_pack)
set_source_files_properties(${folder}/Pack.data.cpp TARGET_DIRECTORY tracejit
  PROPERTIES GENERATED TRUE OBJECT_DEPENDS ${folder}/Pack.data.bin)
target_sources(tracejit PRIVATE ${folder}/Pack.data.cpp)

# The same kernels as C++, for tests without a GPU: what a first line `// tracejit pack UNIT` means is
# UNIT.emu.so here.
if(TRACEJIT_TESTS)
  add_custom_target(tracejit_cuda_pack_emulated)
  foreach(unit IN LISTS units)
    add_library(${unit}.emu MODULE EXCLUDE_FROM_ALL ${folder}/${unit}.emu.cpp)
    set_target_properties(${unit}.emu PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${folder}/emu)
    target_compile_options(${unit}.emu PRIVATE -std=c++20 -O1 -g0 -w -march=x86-64-v3 -ffp-contract=off -fno-strict-aliasing)
    add_dependencies(${unit}.emu tracejit_cuda_pack)
    add_dependencies(tracejit_cuda_pack_emulated ${unit}.emu)
  endforeach()
endif()
