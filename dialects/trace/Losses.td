// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Losses, norms and distances: functions written with other ops.
#ifndef TRACEJIT_DIALECTS_TRACE_LOSSES
#define TRACEJIT_DIALECTS_TRACE_LOSSES

include "dialects/trace/TraceBase.td"

//===- Of values ---------------------------------------------------------------------------------===//

def : Composite<"Tensor mse(Operand x, Operand y, Reduction reduction = Reduction::mean)", "Of square(x - y).">;
def : Composite<"Tensor l1(Operand x, Operand y, Reduction reduction = Reduction::mean)", "Of |x - y|.">;
def : Composite<"Tensor huber(Operand x, Operand y, double delta = 1, Reduction reduction = Reduction::mean)",
                "Of d * d / 2 for d = |x - y| < delta, else delta * (d - delta / 2).">;
def : Composite<"Tensor bce(Operand x, Operand y, Reduction reduction = Reduction::mean)",
                "Of -(y * log(x) + (1 - y) * log(1 - x)) for probabilities x and labels y in [0, 1]. The logarithms are at\n"
                "least -100; where they are less, the gradient is 0.">;
def : Composite<"Tensor kl_div(Operand x, Operand y, bool log_target = false, Reduction reduction = Reduction::mean)",
                "Of y * (log(y) - x) for logarithms x of probabilities, 0 where y is 0; of exp(y) * (y - x) for a target y\n"
                "of logarithms too.">;
def : Composite<"Tensor hinge(Operand x, Operand y, Reduction reduction = Reduction::mean)",
                "Of max(0, 1 - x * y) for labels y of -1 or 1.">;
def : Composite<"Tensor poisson_nll(Operand x, Operand y, bool log_input = true, bool full = false, double eps = 1e-8, Reduction reduction = Reduction::mean)",
                "Of exp(x) - y * x, or x - y * log(x + eps) without log_input. `full` adds Stirling's y * log(y) - y +\n"
                "log(2 pi y) / 2 where y > 1.">;
def : Composite<"Tensor gaussian_nll(Operand x, Operand y, Operand variance, bool full = false, double eps = 1e-6, Reduction reduction = Reduction::mean)",
                "Of (log(v) + square(x - y) / v) / 2 with v = max(variance, eps); `full` adds log(2 pi) / 2.">;

//===- Of vectors --------------------------------------------------------------------------------===//

def : Composite<"Tensor margin_ranking(Operand x1, Operand x2, Operand y, double margin = 0, Reduction reduction = Reduction::mean)",
                "Of max(0, margin - y * (x1 - x2)); y is 1 where x1 should be the larger, else -1.">;
def : Composite<"Tensor triplet(Operand anchor, Operand positive, Operand negative, double margin = 1, double p = 2, Reduction reduction = Reduction::mean)",
                "Of max(0, margin + d(anchor, positive) - d(anchor, negative)) with d = pairwise_distance.">;
def : Composite<"Tensor cosine_embedding(Operand x1, Operand x2, Operand y, double margin = 0, Reduction reduction = Reduction::mean)",
                "With c = cosine_similarity(x1, x2), of 1 - c where y is 1 and of max(0, c - margin) elsewhere.">;

//===- Of classes --------------------------------------------------------------------------------===//

def : Composite<"Tensor nll_loss(Operand log_probabilities, Operand labels, ClassLoss options = {})",
                "Of -log_probabilities[i, labels[i]]; axis 1 has the classes, labels the other axes.">;
def : Composite<"Tensor cross_entropy(Operand logits, Operand labels, ClassLoss options = {})",
                "Of logsumexp(row) - row[label], by default their mean; axis 1 has the classes, integer labels the other axes.\n"
                "Floating labels have the shape of the logits and are the probability of each class.">;

//===- Norms and distances -----------------------------------------------------------------------===//

def : Composite<"Tensor vector_norm(Operand x, Norm options = {})",
                "Norm of all elements, or along axes; its gradient at 0 is 0.">;
def : Composite<"Tensor l2_normalize(Operand x, int axis = -1, double eps = 1e-12)",
                "x / max(norm, eps) with the norm along an axis.">;
def : Composite<"Tensor cosine_similarity(Operand x, Operand y, int axis = -1, double eps = 1e-8)",
                "Sum of products along an axis, divided by max(norm, eps) of both.">;
def : Composite<"Tensor pairwise_distance(Operand x, Operand y, double p = 2, double eps = 1e-6, bool keepdims = false)",
                "Norm of x - y + eps along the last axis.">;
def : Composite<"Tensor cdist(Operand x, Operand y, double p = 2)",
                "Norms of the differences of every row of x, [..., n, d], and every row of y, [..., m, d]: [..., n, m].">;

#endif // TRACEJIT_DIALECTS_TRACE_LOSSES
