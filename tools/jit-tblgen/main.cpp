// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// jit-tblgen: makes the C++ side of the ops from their records. One back end a file; a run writes
// one output. An incomplete record ends it with file:line:col.
#include <llvm/Support/CommandLine.h>
#include <llvm/TableGen/Main.h>
#include <llvm/TableGen/TableGenBackend.h>

int main(int argc, char **argv) {
  llvm::cl::ParseCommandLineOptions(argc, argv, "op records to C++\n");
  return llvm::TableGenMain(argv[0], static_cast<llvm::MultiFileTableGenMainFn>(nullptr));
}
