# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Installs BUILD below WORK, moves it, builds SOURCE against it alone and runs the program.

function(step)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${ARGN}\nfailed (${status}):\n${out}")
  endif()
  message("${out}")
endfunction()

file(REMOVE_RECURSE ${WORK}/install ${WORK}/moved ${WORK}/project)
step(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/install)
# A package must work wherever it is put.
file(RENAME ${WORK}/install ${WORK}/moved)
step(${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/project -G Ninja -DCMAKE_CXX_COMPILER=${COMPILER}
  "-DCMAKE_CXX_FLAGS=${FLAGS}" -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH=${WORK}/moved)
step(${CMAKE_COMMAND} --build ${WORK}/project)
step(${WORK}/project/consumer)
