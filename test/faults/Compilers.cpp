// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/faults/Compilers.h"

#include "runtime/base/Options.h"
#include "runtime/jit/CompileThread.h"
#include "test/faults/FailingMemory.h"
#ifdef REAL_COMPILER
#include "runtime/jit/LoadCompiler.h"
#else
#include "test/unit/jit/InterpretingCompiler.h"
#endif

#include <cstdio>
#include <cstdlib>
#include <mutex>

namespace jit::faults {
namespace {

std::atomic<bool> refusing{false}, holding{false};
std::atomic<int> made{0};

/// A program whose death is LLVM's business. Its runs are the runtime's, if it is compiled code.
class WatchedProgram final : public Program {
public:
  explicit WatchedProgram(std::unique_ptr<Program> inner) : inner(std::move(inner)) {
    details = this->inner->info();
  }
  ~WatchedProgram() override {
    const Uncounted scope;
    inner.reset();
  }
  bool run(const ProgramCall &call) const noexcept override {
    if (real_compiler)
      return inner->run(call);
    const Uncounted scope; // the interpreter allocates
    return inner->run(call);
  }

private:
  std::unique_ptr<Program> inner;
};

class WatchedCompiler final : public Compiler {
public:
  explicit WatchedCompiler(std::unique_ptr<Compiler> inner) : inner(std::move(inner)) {}
  CompileResult compile(const Graph &graph, const CompileOptions &options) override {
    const Uncounted scope;
    holding.wait(true);
    if (refusing)
      return {nullptr, "refused by the test"};
    CompileResult result = inner->compile(graph, options);
    if (result.program) {
      result.program = std::make_unique<WatchedProgram>(std::move(result.program));
      ++made;
    }
    return result;
  }
  bool dump(const Graph &graph, const CompileOptions &options, std::string_view stage,
            std::string &text) override {
    return inner->dump(graph, options, stage, text);
  }

private:
  std::unique_ptr<Compiler> inner;
};

#ifdef REAL_COMPILER
std::unique_ptr<Compiler> make_compiler() {
  std::string message;
  auto compiler = load_compiler(message);
  if (!compiler) {
    std::fprintf(stderr, "%s\n", message.c_str());
    std::abort();
  }
  return compiler;
}
#else
std::unique_ptr<Compiler> make_compiler() { return test::make_interpreter(); }
#endif

} // namespace

#ifdef REAL_COMPILER
const bool real_compiler = true;
#else
const bool real_compiler = false;
#endif

void plug_in_compiler() {
  static std::once_flag once;
  std::call_once(once, [] {
    const Uncounted scope;
    mutable_options().trial = false;
    mutable_options().budget = false;
    CompileThread::get().set_compiler(std::make_unique<WatchedCompiler>(make_compiler()));
  });
}

void refuse_compilations(bool refuse) noexcept { refusing = refuse; }
void hold_compilations(bool hold) noexcept {
  holding = hold;
  holding.notify_all();
}
int programs_made() noexcept { return made; }

} // namespace jit::faults
