// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/unit/eager/Lines.h"
#include "test/ErrorLine.h"

#include <cstdlib>
#include <sstream>

namespace jit::lines {

namespace {

/// "add", "gradient of add" from a line of a saved trace.
void note_op(const std::string &line) {
  const std::size_t name = line.find("= "), mark = line.find("gradient of ");
  if (name == line.npos || line[0] != '%')
    return;
  met.insert(line.substr(name + 2, line.find('(') - name - 2));
  if (mark != line.npos)
    met.insert(line.substr(mark, line.find(" \"", mark) - mark));
}

} // namespace

void expect_near(const std::string &text, const Location &call) {
  const std::string path = call.file_name();
  const std::string file = path.substr(path.rfind('/') + 1) + ":";
  const std::size_t begin = text.find(file);
  ASSERT_NE(begin, text.npos) << text << " called at line " << call.line();
  const int line = std::stoi(text.substr(begin + file.size()));
  EXPECT_LE(std::abs(line - static_cast<int>(call.line())), 8) << text;
}

void check_calls(FunctionRef<void()> f, const Location &call) {
  const std::string name = call.file_name() + (":" + std::to_string(call.line()));
  set_mode(Mode::log);
  auto traced = trace(f, {.name = name}, call);
  traced();
  const std::vector<TraceReport> reports = traced.explain();
  ASSERT_FALSE(reports.empty()) << "nothing was recorded at line " << call.line();
  for (const TraceReport &report : reports) {
    expect_near(report.begin, call);
    for (const std::string &site : report.sites)
      expect_near(site, call);
  }
  std::stringstream text;
  save_trace(text, name);
  for (std::string line; std::getline(text, line);)
    note_op(line);
}

void check_gradient(FunctionRef<Tensor()> f, Location call) {
  check(f, call);
  check(
      [&] {
        Tape tape;
        for (const Tensor &source : {x, y, v})
          tape.watch(source);
        tape.gradient(f(), {x, y, v}, call);
      },
      call);
}

void check_throws(FunctionRef<void()> f, const Location &call) {
  for (const Mode mode : {Mode::off, Mode::log}) {
    set_mode(mode);
    try {
      trace(f, {.name = "error"})();
      ADD_FAILURE() << "no error at line " << call.line();
    } catch (const Error &error) {
      const std::string message = error.what();
      EXPECT_TRUE(message.starts_with(without_line(message, call) + " (")) << message;
    }
  }
}

} // namespace jit::lines
