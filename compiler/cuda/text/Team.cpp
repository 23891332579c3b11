// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/cuda/text/Team.h"

#include <algorithm>

namespace jit::gpu {
namespace {

constexpr unsigned warp = 32;
constexpr std::string_view types_that_pass[] = {"int", "long long", "float", "double"};

/// A truth passes as a number.
DType passing(DType dtype) { return dtype == DType::boolean ? DType::i32 : dtype; }

std::string passing(const Element &x) {
  return x.dtype == DType::boolean ? "(int)" + x.text : x.text;
}

Element received(Emitter &e, DType dtype, const std::string &expression) {
  return define(e, dtype, dtype == DType::boolean ? expression + " != 0" : expression);
}

} // namespace

std::string Team::place_of(DType dtype, const std::string &thread, unsigned place) {
  const std::string_view type = lane_type(passing(dtype));
  const auto number =
      static_cast<unsigned>(std::ranges::find(types_that_pass, type) - types_that_pass);
  types |= 1u << number;
  places = std::max(places, place + 1);
  const unsigned size = number % 2 == 0 ? 4 : 8;
  std::string text = "passed" + std::to_string(number) + "[";
  if (place > 0)
    text += std::to_string(place * shape.threads() * 8 / size) + "u + ";
  return text + thread + "]";
}

unsigned Team::near() const {
  return std::min(shape.members, shape.teams_first ? std::max(warp / shape.teams, 1u) : warp);
}

Element Team::of_partner(const Element &x, unsigned bit) {
  has_waited = true;
  const unsigned distance = bit * (shape.teams_first ? shape.teams : 1);
  return received(e, x.dtype,
                  "TJ_SHUFFLE_XOR(" + passing(x) + ", " + std::to_string(distance) + ", 32)");
}

void Team::publish(const Element &x, unsigned place) {
  e.lines().line(place_of(x.dtype, "TJ_THREAD", place) + " = " + passing(x) + ";");
}

std::vector<Element> Team::far_ones(DType dtype, unsigned members, unsigned place) {
  const unsigned others = members - near(); // the bits that they have
  std::vector<Element> all;
  for (unsigned other = 0; other <= others; other += near())
    all.push_back(published(
        dtype, "(member & " + std::to_string(~others) + "u) + " + std::to_string(other) + "u",
        place));
  return all;
}

Element Team::published(DType dtype, const std::string &member, unsigned place) {
  const std::string thread =
      shape.teams_first ? "(" + member + ") * " + std::to_string(shape.teams) + "u + team"
                        : "team * " + std::to_string(shape.members) + "u + (" + member + ")";
  return received(e, dtype, place_of(dtype, thread, place));
}

void Team::barrier() {
  if (shape.members == 1)
    return;
  has_waited = true;
  e.lines().line("TJ_BARRIER();");
}

std::string Team::declarations() const {
  Lines text{1};
  const std::string members = std::to_string(shape.members) + "u",
                    teams = std::to_string(shape.teams) + "u";
  text.line("const unsigned member = TJ_THREAD " +
            (shape.teams_first ? "/ " + teams : "% " + members) + ";");
  text.line("const unsigned team = TJ_THREAD " +
            (shape.teams_first ? "% " + teams : "/ " + members) + ";");
  for (unsigned number = 0; number < std::size(types_that_pass); ++number)
    if (types >> number & 1) {
      const std::string type(types_that_pass[number]);
      text.line(type + " *passed" + std::to_string(number) + " = (" + type + " *)TJ_SHARED;");
    }
  return text.text();
}

} // namespace jit::gpu
