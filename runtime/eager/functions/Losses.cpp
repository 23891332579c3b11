// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Losses. What a `where` does not take must be finite in its derivatives too, or its 0 times
// infinity is NaN: so arguments are replaced before a function, not results behind it.
#include "runtime/eager/functions/Term.h"
#include "runtime/kernels/Mxcsr.h"

#include <cmath>

namespace jit {

using detail::choose;
using detail::larger;
using detail::refuse;
using detail::tensor_term;
using detail::Term;

static Tensor reduced(const Term &losses, Reduction reduction) {
  switch (reduction) {
  case Reduction::mean:
    return mean(losses);
  case Reduction::sum:
    return sum(losses);
  case Reduction::none:
    break;
  }
  return losses.tensor();
}

// Of values
// ------------------------------------------------------------------------------------------

Tensor mse(Operand x, Operand y, Reduction reduction) {
  const Term difference = Term("mse", x) - Term("mse", y);
  return reduced(difference.with(square(difference)), reduction);
}

Tensor l1(Operand x, Operand y, Reduction reduction) {
  const Term difference = Term("l1", x) - Term("l1", y);
  return reduced(difference.with(abs(difference)), reduction);
}

Tensor huber(Operand x, Operand y, double delta, Reduction reduction) {
  const Term value("huber", x);
  if (!(delta > 0))
    refuse("huber", "delta must be above 0, got " + std::to_string(delta), value.site());
  const Term smooth = value.with(smooth_l1(value, Term("huber", y), Operand(delta, value.site())));
  return reduced(smooth * delta, reduction);
}

Tensor bce(Operand x, Operand y, Reduction reduction) {
  constexpr double smallest = 3.7200759760208361e-44; // exp(-100)
  const Term p = tensor_term("bce", x), label("bce", y);
  const Term is_zero = p < smallest;
  const Term is_one = p.with(greater_equal(p, Operand(1, p.site())));
  const Term log_true = choose(is_zero, -100, p.with(log(choose(is_zero, 1, p))));
  const Term log_false = choose(is_one, -100, p.with(log1p(-choose(is_one, 0, p))));
  return reduced(-(label * log_true + (1 - label) * log_false), reduction);
}

Tensor kl_div(Operand x, Operand y, bool log_target, Reduction reduction) {
  const Term log_p = tensor_term("kl_div", x), target = tensor_term("kl_div", y);
  if (log_target)
    return reduced(target.with(exp(target)) * (target - log_p), reduction);
  const Term is_zero = target == 0;
  const Term q = choose(is_zero, 1, target);
  return reduced(choose(is_zero, 0, q * (q.with(log(q)) - choose(is_zero, 0, log_p))), reduction);
}

Tensor hinge(Operand x, Operand y, Reduction reduction) {
  return reduced(larger(1 - Term("hinge", x) * Term("hinge", y), 0), reduction);
}

/// log(y!) by Stirling's formula; where y <= 1 it is taken as 0.
static Term stirling(const Term &y) {
  constexpr double two_pi = 6.28318530717958648;
  const Term is_large = y > 1;
  const Term n = choose(is_large, y, 1);
  const Term log_n = n.with(log(n));
  const Term value = n * log_n - n + 0.5 * n.with(log(n * two_pi));
  return choose(is_large, value, 0);
}

Tensor poisson_nll(Operand x, Operand y, bool log_input, bool full, double eps,
                   Reduction reduction) {
  const Term input = tensor_term("poisson_nll", x), target = tensor_term("poisson_nll", y);
  const Term loss = log_input ? input.with(exp(input)) - target * input
                              : input - target * input.with(log(input + eps));
  return reduced(full ? loss + stirling(target) : loss, reduction);
}

Tensor gaussian_nll(Operand x, Operand y, Operand variance, bool full, double eps,
                    Reduction reduction) {
  constexpr double half_log_two_pi = 0.91893853320467274;
  const Term difference = Term("gaussian_nll", x) - Term("gaussian_nll", y);
  const Term v = larger(tensor_term("gaussian_nll", variance), eps);
  const Term loss = 0.5 * (v.with(log(v)) + difference.with(square(difference)) / v);
  return reduced(full ? loss + half_log_two_pi : loss, reduction);
}

// Of vectors
// ------------------------------------------------------------------------------------------

Tensor margin_ranking(Operand x1, Operand x2, Operand y, double margin, Reduction reduction) {
  constexpr std::string_view function = "margin_ranking";
  const Term difference = Term(function, x1) - Term(function, x2);
  return reduced(larger(margin - Term(function, y) * difference, 0), reduction);
}

Tensor triplet(Operand anchor, Operand positive, Operand negative, double margin, double p,
               Reduction reduction) {
  const Term a = tensor_term("triplet", anchor);
  const Term near = a.with(pairwise_distance(a, tensor_term("triplet", positive), p));
  const Term far = a.with(pairwise_distance(a, tensor_term("triplet", negative), p));
  return reduced(larger(near - far + margin, 0), reduction);
}

Tensor cosine_embedding(Operand x1, Operand x2, Operand y, double margin, Reduction reduction) {
  constexpr std::string_view function = "cosine_embedding";
  const Term a = tensor_term(function, x1), label = tensor_term(function, y);
  const Term c = a.with(cosine_similarity(a, tensor_term(function, x2)));
  return reduced(choose(a.with(label.tensor()) == 1, 1 - c, larger(c - margin, 0)), reduction);
}

// Of classes
// ------------------------------------------------------------------------------------------

namespace {

/// What integer labels say about the rows of [n, classes, ...].
class Labels {
public:
  Labels(std::string_view function, const Term &scores, const Operand &labels,
         const ClassLoss &options)
      : given(scores.with(Term(function, labels).tensor())), index(given), weight(options.weight) {
    if (options.ignore_index) {
      counted.emplace_back(
          given.with(not_equal(given, Operand(*options.ignore_index, given.site()))));
      index = choose(counted[0], given, 0); // so that what is ignored need not be a class
    }
  }

  /// Zeros in the rows that do not count, so that nothing in them spreads.
  Term without_ignored(const Term &scores) const {
    if (counted.empty())
      return scores;
    const Term columns = scores.with(expand_dims(counted[0], 1));
    return choose(columns, scores, 0);
  }
  /// The element of each row at its label.
  Term pick(const Term &scores) const {
    const Term columns = scores.with(expand_dims(index, 1));
    return scores.with(squeeze(scores.with(take_along_axis(scores, columns, 1)), 1));
  }
  /// Weights of the labels.
  Term weighted(const Term &losses) const {
    return weight.empty() ? losses : losses * losses.with(take(losses.with(weight), index, 0));
  }
  /// The mean is over what counts: none gives NaN.
  Tensor reduce(const Term &losses, Reduction reduction) const {
    const Term kept = only_counted(losses);
    if (reduction != Reduction::mean || (counted.empty() && weight.empty()))
      return reduced(kept, reduction);
    const Term share =
        weight.empty() ? counted[0] : only_counted(kept.with(take(kept.with(weight), index, 0)));
    return (kept.with(sum(kept)) / kept.with(sum(share))).tensor();
  }

private:
  Term only_counted(const Term &values) const {
    return counted.empty() ? values : choose(counted[0], values, 0);
  }

  Term given, index;
  std::vector<Term> counted; ///< at most one: which rows count
  Tensor weight;
};

void check_classes(std::string_view function, const Term &scores, const Operand &labels,
                   const ClassLoss &options) {
  const Meta &given = scores.meta(), &classes = detail::tensor_meta(function, labels);
  if (given.rank < 2 || !(Dims(without_axis(given.dims(), 1)) == classes.dims()))
    refuse(function,
           "needs " + std::string(function == "nll_loss" ? "logarithms" : "logits") +
               " [n,classes,...] and labels [n,...], got " + describe(given) + " and " +
               describe(classes),
           scores.site());
  if (options.weight.empty())
    return;
  const Meta &weights = *detail::Access::impl(options.weight)->meta;
  if (weights.rank != 1 || weights.size != given.dim_values[1])
    refuse(function,
           "needs a weight for each of " + std::to_string(given.dim_values[1]) + " classes, got " +
               describe(weights),
           scores.site());
}

/// -sum of t * log_softmax over the classes.
Tensor soft_cross_entropy(const Term &scores, const Operand &labels, const ClassLoss &options) {
  const Term given = scores.with(Term("cross_entropy", labels).tensor());
  if (!(given.meta().dims() == scores.meta().dims()) || options.ignore_index)
    refuse("cross_entropy",
           options.ignore_index
               ? "ignore_index is for integer labels"
               : "labels that are probabilities need the shape of the logits, got " +
                     describe(scores.meta()) + " and " + describe(given.meta()),
           scores.site());
  const double share = options.smoothing / static_cast<double>(scores.extent(1));
  Term target = options.smoothing > 0 ? given * (1 - options.smoothing) + share : given;
  if (!options.weight.empty()) {
    DimList column{scores.extent(1)};
    for (std::size_t i = 2; i < scores.meta().rank; ++i)
      column.push_back(1);
    target = target * target.with(reshape(target.with(options.weight), column));
  }
  const Term log_p = scores.with(log_softmax(scores, 1));
  // A class that is impossible and does not occur costs nothing.
  const Term finite = choose(target == 0, larger(log_p, -1e38), log_p);
  const Term losses = -target.with(sum(target * finite, 1));
  if (options.reduction != Reduction::mean)
    return reduced(losses, options.reduction);
  return mean(losses);
}

/// The share of a loss that all classes have alike.
Term smoothed(const Term &losses, const Term &scores, const Term &sums, const ClassLoss &options) {
  const double e = options.smoothing;
  const auto classes = static_cast<double>(scores.extent(1));
  if (options.weight.empty())
    return losses * (1 - e) + (sums - scores.with(sum(scores, 1)) / classes) * e;
  const Term weight = scores.with(options.weight);
  DimList column{scores.extent(1)};
  for (std::size_t i = 2; i < scores.meta().rank; ++i)
    column.push_back(1);
  const Term by_class = scores.with(reshape(weight, column));
  const Term of_all = sums * scores.with(sum(weight)) - scores.with(sum(scores * by_class, 1));
  return losses * (1 - e) + of_all * (e / classes);
}

} // namespace

Tensor nll_loss(Operand log_probabilities, Operand labels, ClassLoss options) {
  const Term scores = tensor_term("nll_loss", log_probabilities);
  check_classes("nll_loss", scores, labels, options);
  if (options.smoothing != 0)
    refuse("nll_loss", "smoothing is for cross_entropy", scores.site());
  const Labels rows("nll_loss", scores, labels, options);
  const Term picked = rows.pick(rows.without_ignored(scores));
  return rows.reduce(rows.weighted(-picked), options.reduction);
}

Tensor cross_entropy(Operand logits, Operand labels, ClassLoss options) {
  const MxcsrGuard environment; // factors are computed here
  const Term given = tensor_term("cross_entropy", logits);
  if (!(options.smoothing >= 0 && options.smoothing <= 1))
    refuse("cross_entropy", "smoothing must be in [0, 1], got " + std::to_string(options.smoothing),
           given.site());
  if (is_float(detail::tensor_meta("cross_entropy", labels).dtype) && given.meta().rank >= 2)
    return soft_cross_entropy(given, labels, options);
  check_classes("cross_entropy", given, labels, options);
  const Labels rows("cross_entropy", given, labels, options);
  const Term scores = rows.without_ignored(given);
  const Term picked = rows.pick(scores);
  const Term sums = scores.with(logsumexp(scores, 1));
  const Term losses = rows.weighted(sums - picked);
  return rows.reduce(options.smoothing > 0 ? smoothed(losses, scores, sums, options) : losses,
                     options.reduction);
}

} // namespace jit
