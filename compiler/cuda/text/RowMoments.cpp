// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Variance and mean in one reduction: two walks over each chunk, then the chunks join in order
// (docs/numerics.md). Every member joins all of them.
#include "compiler/cuda/text/RowKernel.h"
#include "runtime/scalar/Orders.h"

#include <algorithm>

namespace jit::gpu {
namespace {

using nest::ReduceKind;

/// A number of points, rounded to the dtype once.
template <int t> Name<t> count_of(std::int64_t points) {
  if constexpr (t == 0)
    return Emitter::f32(static_cast<float>(points));
  else
    return Emitter::f64(static_cast<double>(points));
}

template <int t> Name<t> rounded(Emitter &e, Emitter::F64 x) {
  if constexpr (t == 0)
    return e.to_f32(x);
  else
    return x;
}

} // namespace

/// Mean of the group's chunk and the sum of squared distances from it, which all its members have.
template <int t>
RowKernel::Moments RowKernel::chunk_moments(const RowOrder &order, unsigned node,
                                            const std::string &first) {
  const unsigned operand = nest.nodes[node].operands[0], pass = nest.nodes[node].pass - 1;
  const DType dtype = nest.nodes[operand].dtype;
  const Element start = neutral(ReduceKind::varmean, dtype);
  const auto total_of = [&](const std::function<std::string(const std::string &sum)> &term) {
    const std::string sum = variable(start);
    each_point(order, first, [&] { out.line(sum + " = " + term(sum) + ";"); });
    return Name<t>{fold_lanes(order, ReduceKind::sum, {sum, dtype}).text};
  };
  const Name<t> total = total_of([&](const std::string &sum) {
    return e.add(Name<t>{sum}, Name<t>{value(operand, pass).text}).text;
  });
  const std::int64_t last = row_points - (order.counts[0] - 1) * order.chunk;
  Name<t> count = count_of<t>(last);
  if (order.counts[0] > 1 && last != order.chunk)
    count = e.define<t>(first + " == " + points.number(row_points - last) + " ? " + count.text +
                        " : " + count_of<t>(order.chunk).text);
  const Name<t> mean = e.div(total, count);
  const Name<t> squares = total_of([&](const std::string &sum) {
    return scalar::add_deviation(e, Name<t>{sum}, Name<t>{value(operand, pass).text}, mean).text;
  });
  return {{mean.text, dtype}, {squares.text, dtype}};
}

/// The moments of the groups' chunks join those of all before them.
template <int t>
void RowKernel::join_moments(const RowOrder &order, const Moments &all, const Moments &here) {
  const DType dtype = here.mean.dtype;
  if (order.groups > 1) {
    team.publish(here.mean, 0);
    team.publish(here.squares, 1);
    team.barrier();
  }
  const std::string groups = points.number(order.groups), count = points.number(order.counts[0]);
  out.open("for (" + type + " g = 0; g < " + groups + "; ++g) {");
  out.line("const " + type +
           " part = " + (order.rounds() == 1 ? "g" : "round * " + groups + " + g") + ";");
  out.open("if (part < " + count + ") {");
  const std::string member = "(unsigned)g * " + std::to_string(order.lanes) + "u";
  const auto of_group = [&](const Element &x, unsigned place) {
    return Name<t>{order.groups == 1 ? x.text : team.published(dtype, member, place).text};
  };
  const Name<t> mean = of_group(here.mean, 0), squares = of_group(here.squares, 1);
  const std::string chunk = std::to_string(order.chunk) + "ll";
  const Emitter::I64 before = e.define<3>("(long long)part * " + chunk);
  const Emitter::I64 points_here =
      e.define<3>("part == " + points.number(order.counts[0] - 1) + " ? " +
                  std::to_string(row_points) + "ll - " + before.text + " : " + chunk);
  const auto weights = scalar::join_weights(e, e.to_f64(before), e.to_f64(points_here));
  const Name<t> shift = rounded<t>(e, weights.shift), spread = rounded<t>(e, weights.spread);
  using M = scalar::MomentsOf<Name<t>>;
  const M joined = scalar::join_moments(e, M{{all.mean.text}, {all.squares.text}}, M{mean, squares},
                                        shift, spread);
  out.line(all.mean.text + " = part == 0 ? " + mean.text + " : " + joined.mean.text + ";");
  out.line(all.squares.text + " = part == 0 ? " + squares.text + " : " + joined.squares.text + ";");
  out.close("}");
  out.close("}");
  if (order.groups > 1)
    team.barrier();
}

template <int t> RowKernel::Moments RowKernel::moments(unsigned node) {
  const DType dtype = nest.nodes[nest.nodes[node].operands[0]].dtype;
  const RowOrder order = order_of(dtype);
  if (order.counts[0] == 1) {
    const Moments all = chunk_moments<t>(order, node, open_rounds(order));
    return {of_first_group(order, all.mean), of_first_group(order, all.squares)};
  }
  const Element zero = constant(dtype, 0);
  const std::string mean = variable(zero), squares = variable(zero);
  const Moments all{{mean, dtype}, {squares, dtype}};
  const std::string first = open_rounds(order);
  join_moments<t>(order, all, chunk_moments<t>(order, node, first));
  close_rounds(order);
  return all;
}

void RowKernel::varmean(unsigned node) {
  const nest::Node &n = nest.nodes[node];
  const DType dtype = nest.nodes[n.operands[0]].dtype;
  const std::int64_t divisor = std::max<std::int64_t>(row_points - n.correction, 0);
  Moments found;
  Element variance{{}, dtype};
  const auto run = [&]<int t>(std::type_identity<Name<t>>) {
    found = moments<t>(node);
    variance.text = e.div(Name<t>{found.squares.text}, count_of<t>(divisor)).text;
  };
  if (dtype == DType::f32)
    run(std::type_identity<Emitter::F32>());
  else
    run(std::type_identity<Emitter::F64>());
  values.set(node, variance);
  for (unsigned other = node + 1; other < nest.nodes.size(); ++other)
    if (nest.nodes[other].kind == nest::NodeKind::second && nest.nodes[other].operands[0] == node)
      values.set(other, found.mean);
}

} // namespace jit::gpu
