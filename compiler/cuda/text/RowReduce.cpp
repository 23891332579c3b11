// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions in the canonical orders of docs/numerics.md, section 3. A member has one chain of a
// chunk; chains become one by exchanges between members, parts of chunks go to chains of their own.
#include "compiler/cuda/text/RowKernel.h"
#include "runtime/scalar/Orders.h"

#include <bit>

namespace jit::gpu {

using nest::ReduceKind;

bool Chain::ordered() const {
  return is_float(dtype) &&
         (kind == ReduceKind::sum || kind == ReduceKind::prod || kind == ReduceKind::varmean);
}

RowOrder RowKernel::order_of(DType dtype) const {
  RowOrder order{};
  const unsigned chains = nest.outer ? outer_chains : inner_lanes(itemsize(dtype));
  order.chunk = nest.outer ? outer_block : inner_chunk;
  order.lanes = chains;
  if (row_points < chains)
    order.lanes = std::bit_ceil(static_cast<unsigned>(row_points));
  order.groups = team.size().members / order.lanes;
  for (std::int64_t count = row_points; order.counts.empty() || count > 1;) {
    count = (count + order.chunk - 1) / order.chunk;
    order.counts.push_back(count);
  }
  return order;
}

RowOrder RowKernel::any_order() const { return {team.size().members, 1, row_points, {1}}; }

std::string RowKernel::lane(const RowOrder &order) const {
  return order.groups == 1 ? "member" : "member % " + std::to_string(order.lanes) + "u";
}
std::string RowKernel::group(const RowOrder &order) const {
  return "member / " + std::to_string(order.lanes) + "u";
}

std::string RowKernel::open_rounds(const RowOrder &order) {
  const bool one = order.rounds() == 1;
  if (one && order.groups == 1)
    return "";
  if (!one)
    out.open("for (" + type + " round = 0; round < " + points.number(order.rounds()) +
             "; ++round) {");
  std::string chunk = one ? group(order) : "round";
  if (!one && order.groups > 1)
    chunk = "round * " + points.number(order.groups) + " + " + group(order);
  const std::string first = e.fresh("first");
  out.line("const " + type + " " + first + " = (" + chunk + ") * " + points.number(order.chunk) +
           ";");
  return first;
}

void RowKernel::close_rounds(const RowOrder &order) {
  if (order.rounds() > 1)
    out.close("}");
}

std::string RowKernel::variable(const Element &initial) {
  const std::string name = e.fresh("v");
  out.line(std::string(lane_type(initial.dtype)) + " " + name + " = " + initial.text + ";");
  return name;
}

void RowKernel::assign(const std::string &variable, const Element &x) {
  out.line(variable + " = " + x.text + ";");
}

void RowKernel::declare(Chain &chain, const RowOrder &order) {
  const Element start = neutral(chain.kind, chain.dtype);
  chain.value = variable(start);
  // Right if nothing beats the neutral element, and behind the end if there is no such point.
  if (finds_winner(chain.kind)) {
    std::string first = lane(order);
    if (order.groups > 1)
      first = group(order) + " * " + points.number(order.chunk) + " + " + first;
    chain.index = variable({"(long long)(" + first + ")", DType::i64});
  }
  if (chain.ordered())
    for (std::size_t level = 1; level < order.counts.size(); ++level)
      chain.above.push_back(variable(start));
}

/// A pass over the row: what it stores, and the results of its reductions.
void RowKernel::reduce(unsigned pass, const RowOrder &order, const std::vector<unsigned> &effects,
                       std::vector<Chain> &chains) {
  for (Chain &chain : chains)
    declare(chain, order);
  const std::string first = open_rounds(order);
  for (const Chain &chain : chains)
    if (chain.ordered() && order.rounds() > 1)
      assign(chain.value, neutral(chain.kind, chain.dtype));
  each_point(order, first, [&] {
    for (unsigned node : effects)
      value(nest.nodes[node].operands[0], pass);
    for (Chain &chain : chains)
      step(chain, value(nest.nodes[chain.node].operands[0], pass));
    point_stores(effects);
  });
  if (order.counts.size() > 1)
    for (Chain &chain : chains)
      if (chain.ordered())
        join_parts(order, chain, fold_lanes(order, chain.kind, {chain.value, chain.dtype}));
  close_rounds(order);
  for (const Chain &chain : chains)
    values.set(chain.node, finish(order, chain));
}

void RowKernel::publish(const Partial &x) {
  for (unsigned k = 0; k < x.size(); ++k)
    team.publish(x[k], k);
  team.barrier();
}

Partial RowKernel::fold_near(unsigned members, ReduceKind kind, Partial x) {
  for (unsigned half = std::min(members, team.near()) / 2; half > 0; half /= 2) {
    Partial other;
    for (const Element &one : x)
      other.push_back(team.of_partner(one, half));
    x = join(e, kind, x, other);
  }
  return x;
}

/// The chains of a chunk, or of the sums of chunks, in the canonical order: by halves, the far ones
/// first. All members of the group have the result.
Element RowKernel::fold_lanes(const RowOrder &order, ReduceKind kind, Element x) {
  if (order.lanes > team.near()) {
    publish({x});
    std::vector<Element> far = team.far_ones(x.dtype, order.lanes, 0);
    team.barrier();
    scalar::fold_by_halves(far.size(), [&](std::size_t k, std::size_t other) {
      far[k] = combine(e, kind, far[k], far[other]);
    });
    x = far[0];
  }
  return fold_near(order.lanes, kind, {x})[0];
}

/// What has no order: the near ones first, the others one by one, for the sake of registers.
Partial RowKernel::fold_members(const Chain &chain, Partial x) {
  const unsigned members = team.size().members, near = team.near();
  x = fold_near(members, chain.kind, std::move(x));
  if (members == near)
    return x;
  publish(x);
  Partial all;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const Element start = finds_winner(chain.kind) ? x[k] : neutral(chain.kind, chain.dtype);
    all.push_back({variable(start), x[k].dtype});
  }
  out.open("for (unsigned m = member % " + std::to_string(near) + "u; m < " +
           std::to_string(members) + "u; m += " + std::to_string(near) + "u) {");
  Partial other;
  for (unsigned k = 0; k < x.size(); ++k)
    other.push_back(team.published(x[k].dtype, "m", k));
  const Partial joined = join(e, chain.kind, all, other);
  for (std::size_t k = 0; k < x.size(); ++k)
    assign(all[k].text, joined[k]);
  out.close("}");
  team.barrier();
  return all;
}

/// The part of the group's chunk goes to the chain whose turn it is, and so, at the end of a chunk
/// of parts, does their part.
void RowKernel::join_parts(const RowOrder &order, Chain &chain, const Element &part) {
  const std::string lanes = std::to_string(order.lanes - 1) + "u";
  const bool one = order.rounds() == 1;
  const auto add = [&](std::size_t level, const Element &x) {
    assign(chain.above[level], combine(e, chain.kind, {chain.above[level], chain.dtype}, x));
  };
  if (order.groups == 1) {
    out.open("if ((round & " + lanes + ") == member) {");
    add(0, part);
    out.close("}");
  } else {
    const std::string before = one ? points.number(0) : "round * " + points.number(order.groups);
    team.publish(part);
    team.barrier();
    out.open("for (" + type + " g = (" + lane(order) + " - " + before + ") & " + lanes + "; g < " +
             points.number(order.groups) + " && " + before + " + g < " +
             points.number(order.counts[0]) + "; g += " + points.number(order.lanes) + ") {");
    add(0, team.published(chain.dtype, "(unsigned)g * " + std::to_string(order.lanes) + "u"));
    out.close("}");
    team.barrier();
  }
  std::int64_t rounds = order.chunk / order.groups; // of a chunk of parts
  for (std::size_t level = 1; level < chain.above.size(); ++level, rounds *= order.chunk) {
    out.open("if (round % " + points.number(rounds) + " == " + points.number(rounds - 1) +
             " || round == " + points.number(order.rounds() - 1) + ") {");
    const Element x = fold_lanes(order, chain.kind, {chain.above[level - 1], chain.dtype});
    assign(chain.above[level - 1], neutral(chain.kind, chain.dtype));
    out.open("if ((round / " + points.number(rounds) + " & " + lanes + ") == " + "(" + lane(order) +
             ")) {");
    add(level, x);
    out.close("}");
    out.close("}");
  }
}

Element RowKernel::finish(const RowOrder &order, const Chain &chain) {
  if (!chain.ordered()) {
    Partial own{{chain.value, chain.dtype}};
    if (finds_winner(chain.kind))
      own.push_back({chain.index, DType::i64});
    return fold_members(chain, own).back();
  }
  const std::string &last = chain.above.empty() ? chain.value : chain.above.back();
  return of_first_group(order, fold_lanes(order, chain.kind, {last, chain.dtype}));
}

/// What all members shall have, of which other groups have nothing if there is one chunk.
Element RowKernel::of_first_group(const RowOrder &order, const Element &x) {
  if (order.groups == 1 || order.counts[0] > 1)
    return x;
  team.publish(x);
  team.barrier();
  Element first = team.published(x.dtype, "0u");
  team.barrier();
  return first;
}

/// A member sees its points in order, so the first of equal ones is there already.
void RowKernel::step(Chain &chain, const Element &x) {
  if (!finds_winner(chain.kind)) {
    assign(chain.value, combine(e, chain.kind, {chain.value, chain.dtype}, x));
    return;
  }
  const bool largest = chain.kind == ReduceKind::argmax;
  std::string wins = x.text + (largest ? " > " : " < ") + chain.value;
  if (is_float(chain.dtype)) // a number that wins, or a NaN; nothing beats a NaN
    wins = "!(" + x.text + (largest ? " <= " : " >= ") + chain.value + ") && " + chain.value +
           " == " + chain.value;
  const Element taken = define(e, DType::boolean, wins);
  out.line(chain.value + " = " + taken.text + " ? " + x.text + " : " + chain.value + ";");
  out.line(chain.index + " = " + taken.text + " ? (long long)j : " + chain.index + ";");
}

} // namespace jit::gpu
