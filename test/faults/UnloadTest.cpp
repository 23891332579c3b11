// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Plug-ins whose ops were traced and that are unloaded: what is known of their lines stays.
#include "runtime/jit/Anchor.h"
#include "test/faults/Compilers.h"
#include "test/unit/jit/CompiledTest.h"

#include <algorithm>
#include <dlfcn.h>
#include <sstream>

namespace jit::faults {
namespace {

using test::ramp;

/// A plug-in while it is loaded.
class Plugin {
public:
  explicit Plugin(const char *path)
      : path(path), library(dlopen(path, RTLD_NOW | RTLD_LOCAL)),
        step(reinterpret_cast<Step *>(dlsym(library, "plugin_step"))) {}
  ~Plugin() {
    dlclose(library);
    EXPECT_EQ(dlopen(path, RTLD_NOW | RTLD_NOLOAD), nullptr) << "the plug-in is still there";
  }
  Plugin(const Plugin &) = delete;
  float operator()(const Tensor &x) const { return step(x); }

private:
  using Step = float(const Tensor &);
  const char *path;
  void *library;
  Step *step;
};

/// A trace that calls a plug-in, whichever is loaded.
auto traced(const std::string &name) {
  return trace([](const Plugin &plugin, const Tensor &x) { return plugin(x); }, {.name = name});
}

class UnloadTest : public testing::Test {
protected:
  void SetUp() override {
    plug_in_compiler();
    set_mode(Mode::on);
  }
  /// Loads a plug-in, calls it until its paths run compiled, and unloads it.
  template <class F> static void run_compiled(F &f, const char *path) {
    const Plugin plugin(path);
    const Tensor x = ramp(16);
    const float expected = test::plainly([&] { return plugin(x); });
    const std::uint64_t before = test::hits(f);
    test::repeat(5, [&](int) { EXPECT_EQ(f(plugin, x), expected); });
    EXPECT_GE(test::hits(f), before + 4);
  }
};

std::vector<std::string> lines(const std::vector<TraceReport> &reports) {
  std::vector<std::string> all;
  for (const TraceReport &report : reports) {
    all.push_back("from " + report.begin.substr(report.begin.rfind('/') + 1));
    all.insert(all.end(), report.sites.begin(), report.sites.end());
  }
  return all;
}

TEST_F(UnloadTest, ReportsAndTracesKnowTheLines) {
  auto f = traced("unloaded");
  run_compiled(f, FIRST_PLUGIN);
  const std::vector<std::string> seen = lines(f.explain());
  for (const char *line : {"first.cpp:101", "first.cpp:102", "from first.cpp:102", "first.cpp:103"})
    EXPECT_TRUE(std::ranges::find(seen, line) != seen.end()) << line;
  EXPECT_FALSE(explain().empty());
  std::ostringstream text;
  save_trace(text, "unloaded");
  EXPECT_NE(text.str().find("at \"folder/first.cpp\":102"), std::string::npos) << text.str();
}

TEST_F(UnloadTest, ACompilationThatIsLateKnowsTheLines) {
  auto f = traced("late");
  hold_compilations(true);
  {
    const Plugin plugin(FIRST_PLUGIN);
    for (int i = 0; i < 3; ++i)
      f(plugin, ramp(16));
  }
  const int made = programs_made();
  hold_compilations(false);
  ASSERT_TRUE(wait_compiled());
  EXPECT_GT(programs_made(), made);
}

TEST_F(UnloadTest, AnotherPluginAtTheSameAddressHasItsOwnLines) {
  auto f = traced("two");
  run_compiled(f, FIRST_PLUGIN);
  run_compiled(f, SECOND_PLUGIN);
  const std::vector<std::string> seen = lines(f.explain());
  for (const char *line : {"from first.cpp:102", "from second.cpp:102"})
    EXPECT_TRUE(std::ranges::find(seen, line) != seen.end()) << line;
}

TEST_F(UnloadTest, AReloadedPluginFindsItsPrograms) {
  auto f = traced("again");
  run_compiled(f, FIRST_PLUGIN);
  const std::size_t paths = f.explain().size();
  run_compiled(f, SECOND_PLUGIN); // takes the place of the first one
  const int made = programs_made();
  {
    const Plugin neighbour(SECOND_PLUGIN); // so that the first one lies elsewhere
    run_compiled(f, FIRST_PLUGIN);
  }
  EXPECT_EQ(programs_made(), made);
  EXPECT_LE(f.explain().size(), 2 * paths);
}

TEST_F(UnloadTest, ATapeThatAPluginHasUsedUpNamesTheLine) {
  Tape tape;
  const Tensor x = ramp(5);
  tape.watch(x);
  {
    void *library = dlopen(FIRST_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    const auto use_up =
        reinterpret_cast<void (*)(Tape &, const Tensor &)>(dlsym(library, "plugin_gradient"));
    use_up(tape, x);
    dlclose(library);
  }
  try {
    tape.watch(x);
    ADD_FAILURE() << "a tape can be used twice";
  } catch (const Error &error) {
    EXPECT_NE(std::string(error.what()).find("first.cpp:106"), std::string::npos) << error.what();
  }
}

} // namespace
} // namespace jit::faults
