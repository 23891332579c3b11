// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// einsum: the equation is parsed, each term reduced to what the others need, and the terms
// multiplied from left to right. The order is the user's, since another one would give other bits.
#include "runtime/eager/functions/Contract.h"

#include <algorithm>
#include <array>

namespace jit {

using detail::refuse;
using detail::Term;
using std::source_location;

namespace {

/// A label is a letter; axes of "..." are numbered from the last one, as '0', '1', ...
using Labels = std::string;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

class Equation {
public:
  Equation(std::string_view text, const source_location &site) : text(text), site(site) {
    std::size_t place = 0;
    terms.push_back(read_term(place));
    while (place < text.size() && text[place] == ',')
      terms.push_back(read_term(++place));
    if (place == text.size())
      return;
    if (text.substr(place, 2) != "->")
      fail(place, "expected a letter, '...', ',' or '->'");
    place += 2;
    result = read_term(place);
    if (place < text.size())
      fail(place, "expected a letter or '...'");
  }

  /// Letters with '.' where the ellipsis is.
  std::vector<Labels> terms;
  std::optional<Labels> result;

  [[noreturn]] void fail(std::size_t place, const std::string &why) const {
    refuse("einsum",
           "\"" + std::string(text) + "\", position " + std::to_string(place) + ": " + why, site);
  }
  [[noreturn]] void fail(const std::string &why) const {
    refuse("einsum", "\"" + std::string(text) + "\": " + why, site);
  }

private:
  Labels read_term(std::size_t &place) const {
    Labels labels;
    for (; place < text.size(); ++place) {
      const char c = text[place];
      if (c == ' ')
        continue;
      if (c == '.') {
        if (text.substr(place, 3) != "...")
          fail(place, "an ellipsis has three dots");
        if (labels.find('.') != labels.npos)
          fail(place, "a second ellipsis in one term");
        place += 2;
      } else if (!is_letter(c)) {
        break;
      }
      labels += c;
    }
    return labels;
  }

  std::string_view text;
  const source_location &site;
};

/// A tensor whose axes have labels, all different.
struct Labelled {
  Term value;
  Labels labels;

  std::int64_t extent(char label) const { return value.extent(labels.find(label)); }
  bool has(char label) const { return labels.find(label) != labels.npos; }
};

/// One letter or digit an axis: '.' becomes what the letters leave.
Labels spread(const Labels &term, std::size_t rank, const Equation &equation, std::size_t number) {
  const bool has_ellipsis = term.find('.') != term.npos;
  const std::size_t letters = term.size() - has_ellipsis;
  if (letters > rank || (!has_ellipsis && letters < rank))
    equation.fail("term " + std::to_string(number) + " has " + std::to_string(letters) +
                  " labels for " + std::to_string(rank) + " axes");
  Labels labels;
  for (const char c : term)
    if (c != '.')
      labels += c;
    else
      for (std::size_t left = rank - letters; left-- > 0;)
        labels += static_cast<char>('0' + left);
  return labels;
}

/// Repeated labels take the diagonal; the axis goes to the end.
Labelled without_repeats(Labelled t, const Equation &equation) {
  for (std::size_t i = 0; i < t.labels.size(); ++i) {
    const char label = t.labels[i];
    const std::size_t again = t.labels.find(label, i + 1);
    if (again == t.labels.npos)
      continue;
    if (t.value.extent(i) != t.value.extent(again))
      equation.fail(std::string("label '") + label + "' has extents " +
                    std::to_string(t.value.extent(i)) + " and " +
                    std::to_string(t.value.extent(again)));
    const Axes pair{static_cast<std::int64_t>(i), static_cast<std::int64_t>(again)};
    const Term last = t.value.with(moveaxis(t.value, pair, {-2, -1}));
    t.value = t.value.with(diagonal(last));
    t.labels.erase(again, 1);
    t.labels.erase(i, 1);
    t.labels += label;
    i = static_cast<std::size_t>(-1); // once more from the front
  }
  return t;
}

/// Sums the axes that nobody needs any more.
Labelled without(Labelled t, const Labels &needed) {
  DimList axes;
  Labels rest;
  for (std::size_t i = 0; i < t.labels.size(); ++i)
    if (needed.find(t.labels[i]) == needed.npos)
      axes.push_back(static_cast<std::int64_t>(i));
    else
      rest += t.labels[i];
  if (axes.size()) {
    const DType dtype = t.value.meta().dtype;
    t.value = t.value.with(sum(t.value, {.axis = axes, .dtype = dtype}));
  }
  t.labels = rest;
  return t;
}

/// Axes of extent 1 that the other term has longer broadcast; they are dropped here.
Labelled without_ones(Labelled t, const Labelled &other) {
  DimList axes;
  Labels rest;
  for (std::size_t i = 0; i < t.labels.size(); ++i)
    if (other.has(t.labels[i]) && t.value.extent(i) == 1 && other.extent(t.labels[i]) != 1)
      axes.push_back(static_cast<std::int64_t>(i));
    else
      rest += t.labels[i];
  if (axes.size())
    t.value = t.value.with(squeeze(t.value, axes));
  t.labels = rest;
  return t;
}

/// Its axes in the order of `labels`, with extents of 1 for labels that it has not.
Term with_axes(const Labelled &t, const Labels &labels) {
  DimList order, shape;
  for (const char label : labels) {
    const std::size_t place = t.labels.find(label);
    if (place != t.labels.npos)
      order.push_back(static_cast<std::int64_t>(place));
    shape.push_back(place == t.labels.npos ? 1 : t.value.extent(place), t.value.site());
  }
  return t.value.with(reshape(t.value.with(permute_dims(t.value, order)), shape));
}

/// The product of two terms, summed over common labels that are not needed.
Labelled multiplied(const Labelled &given_x, const Labelled &given_y, const Labels &needed) {
  const Labelled x = without_ones(given_x, given_y), y = without_ones(given_y, given_x);
  DimList x_batch, y_batch, x_sum, y_sum;
  Labels batch, rest;
  for (std::size_t i = 0; i < x.labels.size(); ++i) {
    const char label = x.labels[i];
    if (!y.has(label)) {
      rest += label;
      continue;
    }
    const bool is_kept = needed.find(label) != needed.npos;
    (is_kept ? x_batch : x_sum).push_back(static_cast<std::int64_t>(i));
    (is_kept ? y_batch : y_sum).push_back(static_cast<std::int64_t>(y.labels.find(label)));
    if (is_kept)
      batch += label;
  }
  for (const char label : y.labels)
    if (!x.has(label))
      rest += label;
  if (x_sum.size() == 0)
    return without({with_axes(x, batch + rest) * with_axes(y, batch + rest), batch + rest}, needed);
  const Term product =
      x.value.with(detail::contract("einsum", x.value, y.value, x_sum, y_sum, x_batch, y_batch));
  return without({product, batch + rest}, needed);
}

/// Without an arrow: axes of the ellipsis, then the letters that occur once, sorted.
Labels implied_result(const std::vector<Labelled> &terms, const Equation &equation) {
  std::array<int, 256> counts{};
  for (const Labels &term : equation.terms)
    for (const char c : term)
      ++counts[static_cast<unsigned char>(c)];
  Labels dots, letters;
  for (char digit = '8'; digit >= '0'; --digit)
    if (std::ranges::any_of(terms, [&](const Labelled &t) { return t.has(digit); }))
      dots += digit;
  for (int c = 0; c < 256; ++c)
    if (is_letter(static_cast<char>(c)) && counts[static_cast<std::size_t>(c)] == 1)
      letters += static_cast<char>(c);
  return dots + letters;
}

Labels explicit_result(const std::vector<Labelled> &terms, const Equation &equation) {
  Labels labels;
  for (const char c : *equation.result) {
    const bool known =
        c == '.' || std::ranges::any_of(terms, [&](const Labelled &t) { return t.has(c); });
    if (!known || (c != '.' && labels.find(c) != labels.npos))
      equation.fail(std::string("label '") + c + "' of the result " +
                    (known ? "is repeated" : "is in no term"));
    if (c != '.')
      labels += c;
    else
      for (char digit = '8'; digit >= '0'; --digit)
        if (std::ranges::any_of(terms, [&](const Labelled &t) { return t.has(digit); }))
          labels += digit;
  }
  return labels;
}

/// Extents of a label are equal, or 1.
void check_extents(const std::vector<Labelled> &terms, const Equation &equation) {
  std::array<std::int64_t, 256> extents;
  extents.fill(1);
  for (const Labelled &t : terms)
    for (const char label : t.labels) {
      std::int64_t &known = extents[static_cast<unsigned char>(label)];
      const std::int64_t extent = t.extent(label);
      if (known != 1 && extent != 1 && extent != known)
        equation.fail(is_letter(label)
                          ? std::string("label '") + label + "' has extents " +
                                std::to_string(known) + " and " + std::to_string(extent)
                          : "axes of '...' do not broadcast: extents " + std::to_string(known) +
                                " and " + std::to_string(extent));
      if (known == 1)
        known = extent;
    }
}

Term in_order(const Labelled &t, const Labels &result) {
  DimList order;
  bool is_there = true;
  for (std::size_t i = 0; i < result.size(); ++i) {
    const std::size_t place = t.labels.find(result[i]);
    is_there &= place == i;
    order.push_back(static_cast<std::int64_t>(place));
  }
  return is_there ? t.value : t.value.with(permute_dims(t.value, order));
}

} // namespace

Tensor einsum(std::string_view text, std::vector<Tensor> xs, source_location site) {
  const Equation equation(text, site);
  if (equation.terms.size() != xs.size())
    equation.fail(std::to_string(equation.terms.size()) + " terms for " +
                  std::to_string(xs.size()) + " tensors");
  std::vector<Labelled> terms;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    const Term value("einsum", Operand(xs[i], site));
    const Labels labels = spread(equation.terms[i], value.meta().rank, equation, i);
    terms.push_back(without_repeats({value, labels}, equation));
  }
  check_extents(terms, equation);
  const Labels result =
      equation.result ? explicit_result(terms, equation) : implied_result(terms, equation);
  if (result.size() > max_rank)
    equation.fail("the result has more than 8 axes");
  // What the terms behind number i and the result need.
  const auto needed_behind = [&](std::size_t i) {
    Labels needed = result;
    for (std::size_t j = i + 1; j < terms.size(); ++j)
      needed += terms[j].labels;
    return needed;
  };
  for (std::size_t i = 0; i < terms.size(); ++i) {
    Labels needed = result;
    for (std::size_t j = 0; j < terms.size(); ++j)
      if (j != i)
        needed += terms[j].labels;
    terms[i] = without(terms[i], needed);
  }
  Labelled product = terms[0];
  for (std::size_t i = 1; i < terms.size(); ++i)
    product = multiplied(product, terms[i], needed_behind(i));
  return in_order(product, result).tensor();
}

} // namespace jit
