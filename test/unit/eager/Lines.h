// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Public functions are called here and there, and every op that they record must have the line of
// the call, whatever they are made of; so must the ops of their gradients, and their errors.
#pragma once

#include "runtime/autograd/Backward.h"
#include "test/ErrorLine.h"

#include <tracejit/tracejit.h>

#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <sstream>

namespace jit::lines {

using Location = std::source_location;

inline const Tensor x = ones({2, 3}) * 0.5, y = ones({2, 3}) * 0.25, v = ones({3}) * 2;
inline const Tensor positions = Tensor::copy_of<std::int64_t>({1, 0}, {2});
inline const Tensor labels = Tensor::copy_of<std::int64_t>({1, 0, 1, 0, 0, 1}, {2, 3});
inline const Tensor mask = x > y;

/// Ops met so far; of gradients as "gradient of add".
inline std::set<std::string> met;

/// "add", "gradient of add" from a line of a saved trace.
inline void note_op(const std::string &line) {
  const std::size_t name = line.find("= "), mark = line.find("gradient of ");
  if (name == line.npos || line[0] != '%')
    return;
  met.insert(line.substr(name + 2, line.find('(') - name - 2));
  if (mark != line.npos)
    met.insert(line.substr(mark, line.find(" \"", mark) - mark));
}

/// A line of the test's file, not far from the call.
inline void expect_near(const std::string &text, const Location &call) {
  const std::string path = call.file_name();
  const std::string file = path.substr(path.rfind('/') + 1) + ":";
  const std::size_t begin = text.find(file);
  ASSERT_NE(begin, text.npos) << text << " called at line " << call.line();
  const int line = std::stoi(text.substr(begin + file.size()));
  EXPECT_LE(std::abs(line - static_cast<int>(call.line())), 8) << text;
}

/// Records what f does, twice, and looks at all places.
template <class F> void check(F f, Location call = Location::current()) {
  const std::string name = "line " + std::to_string(call.line());
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

/// The same with the gradient of the function's value by all tensors above.
template <class F> void check_gradient(F f, Location call = Location::current()) {
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

/// f throws an error that ends with the line of the call.
template <class F> void check_error(F f, Location call = Location::current()) {
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

inline const Tensor none;

} // namespace jit::lines
