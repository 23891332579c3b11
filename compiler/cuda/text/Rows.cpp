// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Each pass walks the row once; the members of a team take its points in turn. What is the same for
// all points of a row is computed by every member. Teams behind the last row compute it once more
// and store nothing.
#include "compiler/cuda/text/Rows.h"

#include "compiler/cuda/text/RowKernel.h"
#include "runtime/scalar/Orders.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace jit::gpu {
namespace {

using nest::Nest;
using nest::Node;
using nest::NodeKind;

constexpr unsigned warp = 32, most_threads = 256;
/// Of a block whose row is long, where there are fewer rows than a device has places for blocks.
constexpr unsigned most_for_long = 1024;
constexpr std::int64_t long_row = 65536, few_rows = 128;
/// What every device gives a block without being asked.
constexpr unsigned most_shared_bytes = 48 * 1024;

unsigned power_of_2(std::int64_t n, unsigned most) {
  return std::bit_ceil(static_cast<unsigned>(std::clamp<std::int64_t>(n, 1, most)));
}

/// Members that share a row, up to `most`: those of a chunk's chains, then chunks side by side.
unsigned choose_members(const Nest &nest, std::int64_t row_points, std::int64_t rows,
                        unsigned most) {
  unsigned lanes = 0;
  for (const Node &node : nest.nodes)
    if (node.kind == NodeKind::reduce && is_float(nest.nodes[node.operands[0]].dtype))
      lanes = std::max(lanes, inner_lanes(itemsize(nest.nodes[node.operands[0]].dtype)));
  if (nest.outer) {
    const unsigned columns = power_of_2(rows, warp);
    const unsigned blocks =
        power_of_2((row_points + outer_block - 1) / outer_block, most / outer_chains / columns);
    return power_of_2(row_points, outer_chains) * std::max(blocks, 1u);
  }
  if (lanes == 0)
    return std::max(power_of_2(row_points, warp), power_of_2(row_points / 16, most));
  return power_of_2(row_points, lanes) *
         power_of_2((row_points + inner_chunk - 1) / inner_chunk, most / lanes);
}

/// Whether more loads have neighbours in the next row than in the row.
bool has_neighbours_across(const Nest &nest) {
  unsigned last_row = static_cast<unsigned>(nest.axes.size());
  while (last_row > 0 && nest.axes[last_row - 1].extent == 1)
    --last_row;
  unsigned across = 0;
  for (unsigned axis = 0; axis < nest.axes.size(); ++axis)
    if (!nest.axes[axis].row && nest.axes[axis].extent > 1)
      across = axis + 1;
  int votes = 0;
  for (const Node &node : nest.nodes)
    if (node.kind == NodeKind::load && across > 0) {
      votes += node.access.strides[across - 1] == 1;
      votes -= last_row > across && node.access.strides[last_row - 1] == 1;
    }
  return votes > 0;
}

std::int64_t rows_of(const Nest &nest) {
  std::int64_t rows = 1;
  for (const nest::Axis &axis : nest.axes)
    rows *= axis.row ? 1 : axis.extent;
  return rows;
}

/// Bytes of a row's kept values.
std::int64_t kept_row_bytes(const Nest &nest) {
  std::int64_t bytes = 0;
  for (const Node &node : nest.nodes)
    if (node.kind == NodeKind::keep && (node.axes & nest.row_axes()))
      bytes += nest.row_points() * static_cast<std::int64_t>(itemsize(node.dtype));
  return bytes;
}

} // namespace

TeamShape RowKernel::choose_shape(const Nest &nest) {
  const std::int64_t rows = rows_of(nest);
  const bool is_long = nest.row_points() >= long_row && rows <= few_rows && !is_heavy(nest);
  const unsigned threads = is_long ? most_for_long : most_threads;
  const unsigned members = choose_members(nest, nest.row_points(), rows, threads);
  unsigned teams = std::min(threads / members, power_of_2(rows, threads));
  // Fewer rows a block where that lets all of them keep their values.
  const std::int64_t room = most_shared_bytes - 2 * 8 * std::int64_t{threads};
  while (teams > 1 && kept_row_bytes(nest) <= room && teams * kept_row_bytes(nest) > room)
    teams /= 2;
  teams = std::max({teams, 1u, warp / std::min(members, warp)});
  return {members, teams, nest.outer || has_neighbours_across(nest)};
}

/// Whether copies of the loop's body would take more registers than they give.
bool RowKernel::is_heavy(const Nest &nest) {
  constexpr int many = 4;
  const auto is_costly = [](const Node &n) {
    return n.kind == NodeKind::element && is_transcendental(n.function);
  };
  const auto reduces = [](const Node &n) { return n.kind == NodeKind::reduce; };
  return std::ranges::any_of(nest.nodes, is_costly) ||
         std::ranges::count_if(nest.nodes, reduces) >= many;
}

RowKernel::RowKernel(ModuleText &module, const Nest &nest)
    : module(module), nest(nest), points(nest, 1), row_points(nest.row_points()),
      rows(rows_of(nest)), type(points.index_type()), heavy(is_heavy(nest)),
      team(e, choose_shape(nest)) {}

/// Kept values take shared memory while there is some; others are computed again.
void RowKernel::choose_kept() {
  const unsigned room = most_shared_bytes - 2 * 8 * team.size().threads();
  for (unsigned node = 0; node < nest.nodes.size(); ++node) {
    const Node &n = nest.nodes[node];
    if (n.kind != NodeKind::keep || !along_row(node))
      continue;
    const std::int64_t bytes =
        (row_points * team.size().teams * static_cast<std::int64_t>(itemsize(n.dtype)) + 15) / 16 *
        16;
    if (kept_bytes + bytes > room)
      continue;
    kept[node] = kept_bytes;
    kept_bytes += static_cast<unsigned>(bytes);
  }
}

KernelResult RowKernel::run() {
  if (values.argument_bytes() > max_argument_bytes)
    return {too_many_arguments(values.argument_bytes())};
  if (row_points == 0)
    return {"its rows have no points"};
  const unsigned teams = team.size().teams;
  const std::int64_t units = (rows + teams - 1) / teams;
  choose_kept();
  const std::string body = kernel_text(points.number(units));
  if (!values.failure().empty())
    return {values.failure()};
  const std::string kernel = identifier(nest.name);
  const unsigned threads = team.size().threads(), shared = team.shared_bytes() + kept_bytes;
  module.add({kernel, std::string(name(form_of(nest))), threads, shared, team.waits(),
              values.members(), body});
  return {{},   kernel, static_cast<std::uint64_t>(units), threads, shared, values.argument_bytes(),
          false};
}

std::string RowKernel::kernel_text(const std::string &units) {
  values.fixed_values();
  out.open("for (" + type + " unit = TJ_BLOCK; unit < " + units + "; unit += TJ_BLOCKS) {");
  const unsigned teams = team.size().teams;
  std::string row = "unit * " + points.number(teams) + " + team";
  if (rows % teams != 0) {
    out.line("const bool live = " + row + " < " + points.number(rows) + ";");
    values.live = "live";
    row = "(live ? " + row + " : " + points.number(rows - 1) + ")";
  } else {
    row = "(" + row + ")";
  }
  out.line("const " + type + " i = " + row + " * " + points.number(row_points) + ";");
  out.line("const " + type + " row = i;");
  row_bases();
  for (unsigned number = 0; number < nest.passes(); ++number)
    pass(number);
  if (!kept.empty())
    team.barrier();
  out.close("}");
  Lines own{1};
  for (const auto &[node, offset] : kept) {
    const std::string type(lane_type(nest.nodes[node].dtype) == "bool"
                               ? std::string_view("unsigned char")
                               : memory_type(nest.nodes[node].dtype));
    own.line(type + " *kept" + std::to_string(node) + " = (" + type + " *)(TJ_SHARED + " +
             std::to_string(team.shared_bytes() + offset) + ");");
  }
  return team.declarations() + own.text() + out.text();
}

/// Where an access would take quotients at every point, its place at the begin of the row is
/// computed once.
void RowKernel::row_bases() {
  unsigned first = 0;
  while (!nest.axes[first].row)
    ++first;
  const auto axes = static_cast<unsigned>(nest.axes.size());
  for (unsigned node = 0; node < nest.nodes.size(); ++node) {
    const Node &n = nest.nodes[node];
    if (!along_row(node) || !(nest::touches_memory(n.kind) || n.kind == NodeKind::inside) ||
        !nest::is_linear(nest, n.access, first, axes))
      continue;
    const auto more = static_cast<double>(n.index_extent) *
                      std::max(1.0, std::abs(static_cast<double>(n.index_stride)));
    const Offset full = offset_of(points, n.access, "i", more);
    if (full.text.find_first_of("/%") == full.text.npos)
      continue;
    nest::Access begin = n.access;
    std::fill(begin.strides.begin() + first, begin.strides.end(), 0);
    std::string text = e.fresh("at");
    out.line(std::string(full.wide ? "const long long " : "const int ") + text + " = " +
             offset_of(points, begin, "row", more).text + ";");
    if (const std::int64_t step = n.access.strides[axes - 1]; step != 0)
      text += std::string(full.wide ? " + (long long)j * " : " + (int)j * ") +
              std::to_string(step) + (full.wide ? "ll" : "");
    along[&n.access] = {text, full.wide};
  }
  values.offset = [this](const nest::Access &access, double more) {
    const auto found = along.find(&access);
    return found == along.end() ? offset_of(points, access, "i", more) : found->second;
  };
}

void RowKernel::pass(unsigned number) {
  row_values(number);
  std::vector<unsigned> effects;
  std::map<unsigned, std::vector<Chain>> ordered; // by lanes
  std::vector<Chain> others;
  bool keeps = false;
  for (unsigned root : nest.roots_of(number, nest.row_axes())) {
    const Node &n = nest.nodes[root];
    if (n.kind == NodeKind::reduce && n.reduction == nest::ReduceKind::varmean) {
      varmean(root);
    } else if (n.kind == NodeKind::reduce) {
      const Chain chain{root, n.reduction, nest.nodes[n.operands[0]].dtype};
      (chain.ordered() ? ordered[order_of(chain.dtype).lanes] : others).push_back(chain);
    } else if (n.kind == NodeKind::store || kept.contains(root)) {
      effects.push_back(root);
      keeps |= n.kind == NodeKind::keep;
    }
  }
  // Whatever needs no order goes with the first that has one.
  for (auto &[lanes, chains] : ordered) {
    const RowOrder order = order_of(chains[0].dtype);
    chains.insert(chains.end(), others.begin(), others.end());
    reduce(number, order, effects, chains);
    others.clear();
    effects.clear();
  }
  if (!others.empty() || !effects.empty())
    reduce(number, any_order(), effects, others);
  if (keeps)
    team.barrier();
  row_stores(number);
}

/// What this pass finds the same for all points of the row.
void RowKernel::row_values(unsigned pass) {
  for (unsigned node = 0; node < nest.nodes.size(); ++node)
    if (const Node &n = nest.nodes[node];
        n.pass == pass && !along_row(node) && n.kind != NodeKind::store)
      value(node, pass);
}

void RowKernel::row_stores(unsigned pass) {
  for (unsigned node = 0; node < nest.nodes.size(); ++node) {
    const Node &n = nest.nodes[node];
    if (n.kind != NodeKind::store || n.pass != pass || along_row(node))
      continue;
    out.line("if (" + (values.live.empty() ? "" : values.live + " && ") + "member == 0)");
    out.line("  p.b" + std::to_string(n.access.buffer) + "[" +
             offset_of(points, n.access, "i").text + "] = " + narrow(values.of(n.operands[0])) +
             ";");
  }
}

void RowKernel::point_stores(const std::vector<unsigned> &effects) {
  for (unsigned node : effects) {
    const Node &n = nest.nodes[node];
    const std::string value = narrow(values.of(n.operands[0]));
    if (n.kind == NodeKind::keep) {
      out.line(kept_place(node) + " = " + value + ";");
      continue;
    }
    out.line((values.live.empty() ? "" : "if (" + values.live + ") ") + "p.b" +
             std::to_string(n.access.buffer) + "[" + values.offset(n.access, 0).text +
             "] = " + value + ";");
  }
}

std::string RowKernel::kept_place(unsigned node) const {
  const TeamShape &shape = team.size();
  return "kept" + std::to_string(node) + "[" +
         (shape.teams_first ? "j * " + points.number(shape.teams) + " + team"
                            : "team * " + points.number(row_points) + " + j") +
         "]";
}

/// The value of a node at the point of index `i`; what it needs comes first.
const Element &RowKernel::value(unsigned node, unsigned pass) {
  const Node &n = nest.nodes[node];
  if (!values.of(node).text.empty())
    return values.of(node);
  if (along_row(node))
    of_point.push_back(node);
  if (kept.contains(node) && n.pass < pass) {
    values.set(node, widen(e, kept_place(node), n.dtype));
    return values.of(node);
  }
  for (unsigned operand : n.operands)
    value(operand, pass);
  if (n.kind == NodeKind::keep)
    values.set(node, values.of(n.operands[0]));
  else
    values.compute(node);
  return values.of(node);
}

/// The points of a chunk, or of the row if it is one, that a member takes.
void RowKernel::each_point(const RowOrder &order, const std::string &first,
                           const std::function<void()> &at_point) {
  std::string begin = lane(order), end = points.number(row_points);
  if (!first.empty()) {
    const std::string whole = first + " + " + points.number(order.chunk);
    begin = first + " + " + begin;
    if (row_points % order.chunk == 0 && order.counts[0] % order.groups == 0) {
      end = whole;
    } else {
      const std::string bound = e.fresh("end");
      out.line("const " + type + " " + bound + " = " + whole + " < " + end + " ? " + whole + " : " +
               end + ";");
      end = bound;
    }
  }
  if (heavy)
    out.line("#pragma unroll 1");
  out.open("for (" + type + " j = " + begin + "; j < " + end +
           "; j += " + points.number(order.lanes) + ") {");
  out.line("const " + type + " i = row + j;");
  at_point();
  out.close("}");
  for (unsigned node : of_point)
    values.set(node, {});
  of_point.clear();
}

KernelResult add_rows(ModuleText &module, const Nest &nest) {
  return RowKernel(module, nest).run();
}

} // namespace jit::gpu
